import { describe, expect, test } from "vitest";
import { Expectations, settleMs } from "../../src/act/expectations.ts";
import { Written } from "../../src/act/written.ts";
import type { KubeObject } from "../../src/kube/types.ts";

const at = (resourceVersion: string): KubeObject => ({ metadata: { name: "web", resourceVersion } });
const pool = { uid: "pool", isOver: false };
const start = () => new Written<KubeObject>(new Expectations(() => 0));

describe("the newer of cache and write", () => {
  test("is the cache's where nothing was written", () => {
    expect(start().latest("web", at("5"))).toEqual(at("5"));
    expect(start().latest("web", undefined)).toBeUndefined();
  });

  test("is what was written until the watch brings it", () => {
    const written = start();
    written.note(pool, "web", at("10"));
    expect(written.latest("web", undefined)).toEqual(at("10"));
    // Counters, not texts: 9 comes before 10.
    expect(written.latest("web", at("9"))).toEqual(at("10"));
    expect(written.keysOf("pool")).toEqual(["web"]);
    const seen = at("10");
    expect(written.latest("web", seen)).toBe(seen);
    expect(written.keysOf("pool")).toEqual([]);
  });

  test("is the cache's when somebody wrote after us", () => {
    const written = start();
    written.note(pool, "web", at("10"));
    expect(written.latest("web", at("11"))).toEqual(at("11"));
    expect(written.latest("web", at("9"))).toEqual(at("9"));
  });

  test("knows versions past what a double holds", () => {
    const written = start();
    written.note(pool, "web", at("9007199254740993"));
    expect(written.latest("web", at("9007199254740992"))).toEqual(at("9007199254740993"));
  });
});

describe("a version that is no counter", () => {
  test("breaks nothing: another one is news", () => {
    const written = start();
    written.note(pool, "web", at("x-10"));
    expect(written.isEcho("web", at("x-10"))).toBe(true);
    expect(written.isEcho("web", at("x-11"))).toBe(false);
    const seen = at("x-10");
    expect(written.latest("web", seen)).toBe(seen);
  });

  test("of somebody who wrote after us counts once ours should have shown", () => {
    let now = 0;
    const written = new Written<KubeObject>(new Expectations(() => now));
    written.note(pool, "web", at("x-10"));
    expect(written.latest("web", at("x-11"))).toEqual(at("x-10"));
    now = settleMs + 1;
    expect(written.latest("web", at("x-11"))).toEqual(at("x-11"));
    expect(written.keysOf("pool")).toEqual([]);
  });
});

describe("what was removed", () => {
  test("is gone while the cache still shows it, and back when it was made anew", () => {
    const written = start();
    written.noteRemoved(pool, "web", "10");
    expect(written.latest("web", at("10"))).toBeUndefined();
    expect(written.latest("web", undefined)).toBeUndefined();
    expect(written.latest("web", at("12"))).toEqual(at("12"));
  });

  test("is forgotten when the cache has seen it go", () => {
    const written = start();
    written.noteRemoved(pool, "web", "10");
    written.forget("web");
    expect(written.keysOf("pool")).toEqual([]);
    expect(written.latest("web", at("10"))).toEqual(at("10"));
  });
});

test("keys belong to the pool that wrote them", () => {
  const written = start();
  written.note({ uid: "pool-1", isOver: false }, "a", at("1"));
  written.note({ uid: "pool-2", isOver: false }, "b", at("2"));
  expect(written.keysOf("pool-1")).toEqual(["a"]);
  expect(written.keysOf("pool-3")).toEqual([]);
});
