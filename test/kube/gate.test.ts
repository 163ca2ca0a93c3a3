import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Gate, type Passenger } from "../../src/kube/gate.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A gate for six brisk writes and three slow ones, and those that it has let in. */
function open() {
  const gate = new Gate({ brisk: 6, slow: 3, slowMs: 1_000, now: () => performance.now() });
  const inside = new Map<string, () => void>();
  const enter = async (name: string, more: Partial<Passenger> = {}) => {
    void gate
      .enter({ namespace: name.split("/")[0]!, pool: name.split("/")[1]!, part: "slices", urgent: true, ...more })
      .then((leave) => inside.set(name, leave));
    await vi.advanceTimersByTimeAsync(0);
  };
  const leave = async (name: string) => {
    inside.get(name)!();
    inside.delete(name);
    await vi.advanceTimersByTimeAsync(0);
  };
  return { gate, enter, leave, names: () => [...inside.keys()] };
}

const pools = (namespace: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${namespace}/${index}`);

describe("writes under way at once", () => {
  test("are as many as there is room for, and the next begins when one ends", async () => {
    const { enter, leave, names } = open();
    for (const name of [...pools("a", 4), ...pools("b", 4)]) await enter(name);
    expect(names()).toHaveLength(6);
    await leave("a/0");
    expect(names()).toHaveLength(6);
  });

  test("that last move out of the way, and are let in beside the others only as many as there is room for", async () => {
    const { enter, leave, names } = open();
    for (const name of pools("a", 6)) await enter(name);
    for (const name of pools("b", 3)) await enter(name);
    expect(names().filter((name) => name.startsWith("b"))).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(names().filter((name) => name.startsWith("b"))).toEqual(pools("b", 3));
    for (const name of names()) await leave(name);
    // What was slow is expected to be slow again: of one namespace two at once, and nobody waits for them.
    for (const name of pools("a", 6)) await enter(name);
    expect(names()).toEqual(pools("a", 2));
    for (const name of pools("b", 3)) await enter(name);
    expect(names()).toEqual([...pools("a", 2), ...pools("b", 3)]);
  });

  test("of what was slow and is not any more are brisk again", async () => {
    const { enter, leave, names } = open();
    for (const name of pools("a", 4)) await enter(name);
    await vi.advanceTimersByTimeAsync(1_000);
    for (const name of pools("a", 4)) await leave(name);
    for (const name of pools("a", 4)) {
      await enter(name);
      await leave(name);
    }
    for (const name of pools("a", 4)) await enter(name);
    expect(names()).toEqual(pools("a", 4));
  });

  test("leave room for other namespaces, however many one has that hang", async () => {
    const { enter, names } = open();
    for (const name of pools("a", 50)) await enter(name);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(names()).toHaveLength(6);
    for (const name of pools("b", 2)) await enter(name);
    expect(names().slice(6)).toEqual(pools("b", 2));
  });
});

test("who has the fewest under way is next, and what is urgent before what is not", async () => {
  const { enter, leave, names } = open();
  for (const name of pools("a", 6)) await enter(name);
  await enter("a/later", { urgent: false });
  await enter("a/next");
  await enter("b/report", { urgent: false });
  await enter("b/first");
  await leave("a/0");
  expect(names().at(-1)).toBe("b/first");
  await leave("a/1");
  expect(names().at(-1)).toBe("a/next");
  await leave("a/2");
  expect(names().at(-1)).toBe("b/report");
  await leave("a/3");
  expect(names().at(-1)).toBe("a/later");
});
