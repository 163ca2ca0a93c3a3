import { beforeEach, describe, expect, test } from "vitest";
import { Expectations } from "../../src/act/expectations.ts";
import { openFence } from "./open-fence.ts";

let now: number;
let expected: Expectations<string>;
const web = { uid: "web", isOver: false };
const api = { uid: "api", isOver: false };

beforeEach(() => {
  now = 1_000;
  expected = new Expectations(() => now, 5_000);
});

describe("what is expected", () => {
  test("is so until it is seen", () => {
    expected.set(web, "a", "one");
    expect(expected.get("a")).toBe("one");
    expected.delete("a");
    expect(expected.get("a")).toBeUndefined();
    expect(expected.ageMs("a")).toBe(Number.POSITIVE_INFINITY);
    expect(expected.leftMs("a")).toBeLessThan(0);
  });

  test("is so for a while at the longest, counted from the last time", () => {
    expected.set(web, "a", "one");
    now += 3_000;
    expected.set(web, "a", "two");
    now += 4_999;
    expect(expected.get("a")).toBe("two");
    expect([expected.ageMs("a"), expected.leftMs("a")]).toEqual([4_999, 1]);
    now += 1;
    expect(expected.get("a")).toBeUndefined();
  });

  test("leaves nothing behind when its time is over", () => {
    expected.set(web, "a", "one");
    expected.set(web, "b", "one");
    now += 3_000;
    expected.set(web, "a", "two");
    now += 2_000;
    expected.set(api, "c", "one");
    expect([...expected.keysOf("web"), ...expected.keysOf("api")]).toEqual(["a", "c"]);
  });

  test("goes with the pool that it is of, and with no other", () => {
    expected.set(web, "a", "one");
    expected.set(api, "b", "one");
    expected.forget(web);
    expect(expected.keysOf("web")).toEqual([]);
    expect(expected.keysOf("api")).toEqual(["b"]);
  });

  test("is nothing for a pool that is over", () => {
    expected.set({ ...web, isOver: true }, "a", "one");
    expect(expected.keysOf("web")).toEqual([]);
  });
});

describe("a fence", () => {
  const identity = { namespace: "default", name: "web", uid: "first" };
  const signal = new AbortController().signal;

  test("forgets what is expected of a pool, and takes nothing more for it, be it written later", () => {
    const fence = openFence({ now: () => now });
    const memory = fence.expectations<string>();
    const { pool } = fence.grant(identity, signal)!;
    memory.set(pool, "a", "one");
    fence.forget(identity);
    memory.set(pool, "b", "one");
    expect(memory.keysOf("first")).toEqual([]);
  });

  test("takes a pool of the same name and another UID for another", () => {
    const fence = openFence({ now: () => now });
    const memory = fence.expectations<string>();
    memory.set(fence.grant(identity, signal)!.pool, "a", "one");
    const next = { ...identity, uid: "second" };
    memory.set(fence.grant(next, signal)!.pool, "b", "two");
    expect(memory.keysOf("first")).toEqual([]);
    expect(memory.keysOf("second")).toEqual(["b"]);
  });
});
