import { describe, expect, test } from "vitest";
import { createFeed, type FeedEntry } from "../../src/serve/feed.ts";
import { asPool, endpointOf, knownPool, plannedAt, plannedOn } from "./known.ts";

const feedWith = (random = 0.5) => createFeed({ now: () => plannedAt + 10, random: () => random });

test("pools are listed in the order of their keys, whatever order they came in", () => {
  const feed = feedWith();
  for (const name of ["b", "c", "a"]) feed.set(knownPool("shop", name));
  expect(feed.list().map(({ key }) => key)).toEqual(["shop/a", "shop/b", "shop/c"]);
  feed.remove("shop/b");
  expect(feed.list().map(({ key }) => key)).toEqual(["shop/a", "shop/c"]);
  expect(feed.get("shop/b")).toBeUndefined();
  expect(feed.next("shop/b", 1)).toBeUndefined();
});

test("every set is a new version, here and among replicas", () => {
  const versions = [feedWith(0.1), feedWith(0.2)].flatMap((feed) =>
    [1, 2].map(() => {
      feed.set(knownPool("shop", "a"));
      return feed.get("shop/a")!.version;
    }),
  );
  expect(new Set(versions).size).toBe(4);
});

test("turns go on through new plans of a pool, and begin anew for a new pool of the name", () => {
  const tied = { endpoints: ["a", "b", "c"].map((name, index) => endpointOf(name, index + 1)) };
  const feed = feedWith();
  const picks = Array.from({ length: 6 }, () => {
    feed.set(knownPool("shop", "a", tied));
    return feed.next("shop/a", 1)![0]!.pod;
  });
  expect(new Set(picks.slice(0, 3))).toEqual(new Set(["a", "b", "c"]));
  expect(picks.slice(3)).toEqual(picks.slice(0, 3));

  feed.next("shop/a", 1);
  const known = knownPool("shop", "a", tied);
  feed.set(asPool(known, { uid: "another" }));
  expect(feed.next("shop/a", 1)![0]!.pod).toBe(picks[0]);
});

test("own dispatches count until a newer sample has seen them", () => {
  const feed = feedWith();
  feed.set(knownPool("shop", "a"));
  const firsts = () => Array.from({ length: 4 }, () => feed.next("shop/a", 1)![0]!.pod);
  expect(firsts()).toEqual(["a", "a", "a", expect.stringMatching(/^[ab]$/)]);
  // Sampled at +20, after the dispatches of +10.
  const sampled = {
    endpoints: [endpointOf("a", 1, { connections: 0, ageMs: 0 }), endpointOf("b", 2, { connections: 4, ageMs: 0 })],
  };
  feed.set(plannedOn(knownPool("shop", "a", sampled), plannedAt + 20));
  expect(firsts()).toEqual(["a", "a", "a", "a"]);
});

describe("who follows all pools", () => {
  const shown = (key: string, entry: FeedEntry | undefined) => [key, entry?.plan.endpoints.length];

  test("hears first of what is known, in the order of the keys, then of each change, and of what is gone", () => {
    const feed = feedWith();
    for (const name of ["b", "a"]) feed.set(knownPool("shop", name));
    const heard: unknown[] = [];
    const unsubscribe = feed.subscribeAll((key, entry) => void heard.push(shown(key, entry)));
    expect(heard.splice(0)).toEqual([
      ["shop/a", 2],
      ["shop/b", 2],
    ]);
    feed.set(knownPool("shop", "b", { endpoints: [] }));
    feed.set(knownPool("shop", "c"));
    feed.remove("shop/a");
    feed.remove("shop/unknown");
    expect(heard.splice(0)).toEqual([
      ["shop/b", 0],
      ["shop/c", 2],
      ["shop/a", undefined],
    ]);
    unsubscribe();
    feed.set(knownPool("shop", "d"));
    expect(heard).toEqual([]);
  });

  test("hears each plan once, at once, and finds it in the feed", () => {
    const feed = feedWith();
    let plans = 0;
    feed.subscribeAll((key, entry) => {
      plans += 1;
      expect(feed.get(key)).toBe(entry);
    });
    for (let turn = 1; turn <= 3; turn += 1) {
      feed.set(knownPool("shop", "a"));
      expect(plans).toBe(turn);
    }
  });

  test("and is slow misses plans, never the latest, and keeps nobody waiting", async () => {
    const feed = feedWith();
    const [slow, quick]: [unknown[], unknown[]] = [[], []];
    let goOn = (): void => {};
    feed.subscribeAll((key, entry) => {
      slow.push(shown(key, entry));
      return new Promise((resolve) => {
        goOn = resolve;
      });
    });
    feed.subscribeAll((key, entry) => void quick.push(shown(key, entry)));
    const endpoints = ["a", "b", "c"].map((name, index) => endpointOf(name, index + 1));
    for (const count of [1, 2, 3]) {
      for (const name of ["a", "b"]) feed.set(knownPool("shop", name, { endpoints: endpoints.slice(0, count) }));
    }
    feed.remove("shop/b");
    expect(quick).toHaveLength(7);
    expect(slow).toEqual([["shop/a", 1]]);
    for (const left of [2, 3]) {
      goOn();
      await expect.poll(() => slow).toHaveLength(left);
    }
    goOn();
    expect(slow.slice(1)).toEqual(
      expect.arrayContaining([
        ["shop/a", 3],
        ["shop/b", undefined],
      ]),
    );
    feed.set(knownPool("shop", "c"));
    await expect.poll(() => slow.at(-1)).toEqual(["shop/c", 2]);
  });

  test("and fails, at once or later, hears of the next all the same, and so do the others", async () => {
    const errors: unknown[] = [];
    const feed = createFeed({ onError: (error) => errors.push(error) });
    const heard: string[] = [];
    feed.subscribeAll((key) => {
      heard.push(key);
      throw new Error("at once");
    });
    feed.subscribeAll(async (key) => {
      heard.push(key);
      throw new Error("later");
    });
    feed.subscribe("shop/b", () => {
      throw new Error("of one");
    });
    feed.subscribe("shop/b", () => void heard.push("b alone"));
    feed.set(knownPool("shop", "a"));
    await expect.poll(() => errors).toHaveLength(2);
    feed.set(knownPool("shop", "b"));
    await expect.poll(() => errors).toHaveLength(5);
    expect(heard).toEqual(["shop/a", "shop/a", "shop/b", "shop/b", "b alone"]);
  });

  test("and takes leave while it is told hears nothing more", () => {
    const feed = feedWith();
    const heard: string[] = [];
    const leave: (() => void)[] = [];
    feed.subscribeAll(() => leave.forEach((unsubscribe) => void unsubscribe()));
    leave.push(feed.subscribeAll((key) => void heard.push(key)));
    feed.set(knownPool("shop", "a"));
    expect(heard).toEqual([]);
  });
});
