import { describe, expect, test } from "vitest";
import { ByPod, columnOf, Roster, rosterOf } from "../../../src/decide/basics/by-pod.ts";

const roster = new Roster(["a", "b", "c"]);
const known = new ByPod(roster, [1, undefined, 3]);

describe("a column by pod", () => {
  test("is the map of what is known", () => {
    const map = new Map([
      ["a", 1],
      ["c", 3],
    ]);
    expect([...known]).toEqual([...map]);
    expect([[...known.keys()], [...known.values()], known.size]).toEqual([
      [...map.keys()],
      [...map.values()],
      map.size,
    ]);
    expect(["a", "b", "c", "d"].map((uid) => [known.get(uid), known.has(uid)])).toEqual([
      [1, true],
      [undefined, false],
      [3, true],
      [undefined, false],
    ]);
    const seen: unknown[] = [];
    known.forEach((value, uid) => void seen.push([uid, value]));
    expect(seen).toEqual([...map]);
  });

  test("is itself where the pods are the same, and looked up where they are others", () => {
    expect(columnOf(known, new Roster(["a", "b", "c"]))).toBe(known.column);
    expect(columnOf(known, new Roster(["c", "d", "a"]))).toEqual([3, undefined, 1]);
    expect(columnOf(new Map([["c", 4]]), roster)).toEqual([undefined, undefined, 4]);
  });
});

test("a roster stays as long as its pods do", () => {
  const pods = (...uids: string[]) => uids.map((uid) => ({ pod: { uid } }));
  expect(rosterOf(pods("a", "b", "c"), known)).toBe(roster);
  expect(rosterOf(pods("a", "c"), known).uids).toEqual(["a", "c"]);
  expect(rosterOf(pods("a"), new Map()).uids).toEqual(["a"]);
});
