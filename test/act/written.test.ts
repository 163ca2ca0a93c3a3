import { describe, expect, test } from "vitest";
import { Expectations, settleMs } from "../../src/act/expectations.ts";
import { Written } from "../../src/act/written.ts";
import type { KubeObject } from "../../src/kube/types.ts";

const at = (resourceVersion: string, uid = "uid-1"): KubeObject => ({
  metadata: { name: "web", uid, resourceVersion },
});
const pool = { uid: "pool", isOver: false };
const start = () => new Written<KubeObject>(new Expectations(() => 0));
function isTold(written: Written<KubeObject>, current: KubeObject): boolean {
  let told = false;
  written.take({ key: "web", current }, () => {
    told = true;
  });
  return told;
}

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
    expect(isTold(written, at("x-10"))).toBe(false);
    expect(isTold(written, at("x-11"))).toBe(true);
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

  test("takes nothing from what was made in its place", () => {
    const written = start();
    written.note(pool, "web", at("10", "uid-2"));
    written.take({ key: "web", previous: at("9", "uid-1") }, () => {});
    expect(written.latest("web", undefined)).toEqual(at("10", "uid-2"));
    expect(isTold(written, at("10", "uid-2"))).toBe(false);
  });

  test("is forgotten when the cache has seen it go", () => {
    const written = start();
    written.noteRemoved(pool, "web", "10");
    written.forget("web");
    expect(written.keysOf("pool")).toEqual([]);
    expect(written.latest("web", at("10"))).toEqual(at("10"));
  });
});

describe("what the watch shows while a write is under way", () => {
  /** Versions that the watch shows in turn, or `gone`; the object that the write is answered with, if it is. */
  interface Writing {
    readonly shown: readonly string[];
    readonly answer?: KubeObject;
    readonly isOver?: boolean;
  }

  /** What was told before the answer, and in all. */
  async function write({ shown, answer, isOver = false }: Writing) {
    const written = start();
    const told: string[] = [];
    let before: readonly string[] = [];
    let previous: KubeObject | undefined;
    const writing = written.during("web", async () => {
      for (const version of shown) {
        const current = version === "gone" ? undefined : at(version);
        written.take({ key: "web", ...(current && { current }), ...(previous && { previous }) }, () =>
          told.push(version),
        );
        previous = current;
      }
      before = [...told];
      if (answer === undefined) throw new Error("conflict");
      written.note({ ...pool, isOver }, "web", answer);
    });
    await writing.catch(() => undefined);
    return { before, told, latest: written.latest("web", previous)?.metadata.resourceVersion };
  }

  test("is its echo when the answer says so, and no news", async () => {
    expect(await write({ shown: ["9", "10"], answer: at("10") })).toEqual({ before: [], told: [], latest: "10" });
  });

  test("is news after it when somebody wrote after us", async () => {
    const shown = ["10", "11", "12"];
    expect(await write({ shown, answer: at("10") })).toEqual({ before: [], told: ["11", "12"], latest: "12" });
  });

  test("is news after it when the write missed", async () => {
    expect(await write({ shown: ["11"] })).toEqual({ before: [], told: ["11"], latest: "11" });
  });

  test("is news after it when its version is no counter and not ours", async () => {
    const shown = ["x-10", "x-11"];
    expect(await write({ shown, answer: at("x-10") })).toMatchObject({ before: [], told: ["x-11"] });
  });

  test("is news after it when the pool is over: nothing is known then of what was written", async () => {
    expect(await write({ shown: ["10"], answer: at("10"), isOver: true })).toMatchObject({ before: [], told: ["10"] });
  });

  test.each([
    ["as it was written", ["10", "gone"], ["gone"]],
    ["before it was shown as it was written, as a listing does", ["9", "gone"], ["gone"]],
    ["after somebody wrote after us", ["10", "11", "gone"], ["gone", "11"]],
  ])("is news at once when the object is gone, %s, and nothing is left of it", async (_, shown, told) => {
    expect(await write({ shown, answer: at("10") })).toEqual({ before: ["gone"], told, latest: undefined });
  });

  test("says nothing of the object that was made when another had gone", async () => {
    const answer = at("10", "uid-2");
    expect(await write({ shown: ["9", "gone"], answer })).toEqual({ before: ["gone"], told: ["gone"], latest: "10" });
  });

  test("is what others made after it was gone", async () => {
    const told = { before: ["gone"], told: ["gone", "12"] };
    expect(await write({ shown: ["10", "gone", "12"], answer: at("10") })).toEqual({ ...told, latest: "12" });
  });

  test("is told once, by the first of two writes that ends", async () => {
    const written = start();
    const { promise, resolve } = Promise.withResolvers<void>();
    const told: string[] = [];
    const show = (version: string) => written.take({ key: "web", current: at(version) }, () => told.push(version));
    const first = written.during("web", () => promise);
    show("11");
    await written.during("web", async () => show("12"));
    expect(told).toEqual(["11", "12"]);
    resolve();
    await first;
    expect(told).toEqual(["11", "12"]);
  });

  test("of another object is told at once", async () => {
    const written = start();
    await written.during("other", async () => expect(isTold(written, at("11"))).toBe(true));
  });
});

test("keys belong to the pool that wrote them", () => {
  const written = start();
  written.note({ uid: "pool-1", isOver: false }, "a", at("1"));
  written.note({ uid: "pool-2", isOver: false }, "b", at("2"));
  expect(written.keysOf("pool-1")).toEqual(["a"]);
  expect(written.keysOf("pool-3")).toEqual([]);
});
