import { describe, expect, test } from "vitest";
import {
  firstState,
  type Pressed,
  press,
  settle,
  type WatchScene,
  type WatchState,
} from "../../../../src/cli/kubectl/watch/state.ts";

const scene = (parts: Partial<WatchScene> = {}): WatchScene => ({
  rows: ["a", "b", "c", "d"],
  drained: new Set(),
  hasList: true,
  page: 2,
  ...parts,
});

/** All of these keys, one after the other. */
function pressAll(state: WatchState, keys: readonly string[], given = scene()): Pressed {
  let pressed: Pressed = { state };
  for (const key of keys) pressed = press(settle(pressed.state, given.rows), key, given);
  return pressed;
}

const pools = firstState(undefined);
const pods = firstState("shop/web");

describe("what is selected", () => {
  test.each([
    [["down"], "b"],
    [["j", "j"], "c"],
    [["down", "up"], "a"],
    [["up"], "a"],
    [["pagedown"], "c"],
    [["end"], "d"],
    [["end", "down"], "d"],
    [["end", "home"], "a"],
    [["end", "pageup"], "b"],
  ])("is, after %j, %s", (keys, selected) => {
    expect(pressAll(pods, keys).state.selected).toBe(selected);
  });

  test("stays the same when rows move, and becomes the first when it goes", () => {
    const { state } = pressAll(pods, ["down"]);
    expect(settle(state, ["d", "c", "b", "a"]).selected).toBe("b");
    expect(settle(state, ["d", "c"]).selected).toBe("d");
    expect(settle(state, []).selected).toBeUndefined();
  });
});

describe("a filter", () => {
  test("is typed letter by letter, whatever those do else", () => {
    const { state, action } = pressAll(pods, ["/", "q", "d", "x", "backspace", "return"]);
    expect({ filter: state.filter, isTyping: state.isTyping, action }).toEqual({
      filter: "qd",
      isTyping: false,
      action: undefined,
    });
  });

  test("goes by Escape, while it is typed and afterwards", () => {
    expect(pressAll(pods, ["/", "w", "escape"]).state).toMatchObject({ filter: "", isTyping: false });
    expect(pressAll(pods, ["/", "w", "return", "escape"]).state.filter).toBe("");
  });
});

describe("a drain", () => {
  test("is done once it is confirmed, and not otherwise", () => {
    const asked = pressAll(pods, ["down", "d"]);
    expect(asked).toMatchObject({ state: { question: { pod: "b", undo: false } } });
    expect(asked.action).toBeUndefined();
    expect(press(asked.state, "y", scene())).toMatchObject({ action: { kind: "drain", pod: "b", undo: false } });
    for (const key of ["n", "escape", "return", "d", "q", "down"]) {
      const { state, action } = press(asked.state, key, scene());
      expect({ action, question: state.question, selected: state.selected }).toEqual({
        action: undefined,
        question: undefined,
        selected: "b",
      });
    }
  });

  test("is taken back where the pod is drained", () => {
    const given = scene({ drained: new Set(["a"]) });
    expect(pressAll(pods, ["d", "y"], given).action).toEqual({ kind: "drain", pod: "a", undo: true });
  });

  test("is confirmed by the first answer, whatever came to lie over the picture meanwhile", () => {
    const { state } = pressAll(pods, ["d"]);
    const covered = { ...state, panel: { title: "web", lines: [], top: 0 } };
    expect(press(covered, "y", scene()).action).toEqual({ kind: "drain", pod: "a", undo: false });
    expect(press(covered, "n", scene()).state).toMatchObject({ question: undefined, panel: { title: "web" } });
  });

  test("is of pods alone", () => {
    const { state, action } = pressAll(pools, ["d"]);
    expect(action).toBeUndefined();
    expect(state.question).toBeUndefined();
    expect(state.note?.text).toContain("open the pool");
  });

  test("of nothing is none", () => {
    expect(pressAll(pods, ["d"], scene({ rows: [] }))).toEqual({
      state: { ...pods, note: undefined, selected: undefined },
    });
  });
});

test("a pool is opened, and left again with it selected", () => {
  const opened = pressAll(pools, ["down", "return"]).state;
  expect(opened).toMatchObject({ opened: "b", selected: undefined });
  expect(pressAll(opened, ["escape"], scene({ rows: ["pod"] })).state).toMatchObject({
    opened: undefined,
    selected: "b",
  });
  expect(pressAll(pods, ["escape"], scene({ hasList: false })).state.opened).toBe("shop/web");
});

test("e explains the pod that is selected, E its pool", () => {
  expect(pressAll(pods, ["down", "e"]).action).toEqual({ kind: "explain", pod: "b" });
  expect(pressAll(pods, ["E"]).action).toEqual({ kind: "explain" });
  expect(pressAll(pools, ["e"]).action).toEqual({ kind: "explain" });
  expect(pressAll(pools, ["e"], scene({ rows: [] })).action).toBeUndefined();
});

test("orders follow each other, and come round", () => {
  const seen = new Set<string>();
  let state = pods;
  for (let n = 0; n < 12; n += 1) {
    seen.add(state.podOrder);
    state = press(state, "s", scene()).state;
  }
  expect([...seen]).toEqual(["rank", "connections", "load", "weight", "age", "name"]);
  expect(state.podOrder).toBe("rank");
  expect(press(pools, "s", scene()).state).toMatchObject({ poolOrder: "trouble", podOrder: "rank" });
});

test("a panel scrolls within its lines, and any other key takes it away", () => {
  const lines = Array.from({ length: 5 }, () => []);
  const state = { ...pods, panel: { title: "web", lines, top: 0 } };
  const topAfter = (...keys: readonly string[]) => pressAll(state, keys).state.panel?.top;
  expect([topAfter("down"), topAfter("end"), topAfter("end", "up"), topAfter("up")]).toEqual([1, 3, 2, 0]);
  expect(pressAll(state, ["x"]).state.panel).toBeUndefined();
  expect(pressAll(pods, ["?"]).state.panel?.title).toBe("keys");
  expect(pressAll(state, ["q"]).action).toEqual({ kind: "quit" });
});

test("q ends it", () => {
  expect(pressAll(pods, ["q"]).action).toEqual({ kind: "quit" });
});
