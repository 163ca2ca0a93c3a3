import { expect, test } from "vitest";
import { createFeed } from "../../src/serve/feed.ts";
import { endpointOf, knownPool, plannedAt } from "./known.ts";

const feedWith = (random = 0.5) => createFeed({ now: () => plannedAt + 10, random: () => random });

test("pools are listed in the order of their keys, whatever order they came in", () => {
  const feed = feedWith();
  for (const name of ["b", "c", "a"]) feed.set(`shop/${name}`, knownPool("shop", name));
  expect(feed.list().map(({ key }) => key)).toEqual(["shop/a", "shop/b", "shop/c"]);
  feed.remove("shop/b");
  expect(feed.list().map(({ key }) => key)).toEqual(["shop/a", "shop/c"]);
  expect(feed.get("shop/b")).toBeUndefined();
  expect(feed.next("shop/b", 1)).toBeUndefined();
});

test("every set is a new version, here and among replicas", () => {
  const versions = [feedWith(0.1), feedWith(0.2)].flatMap((feed) =>
    [1, 2].map(() => {
      feed.set("shop/a", knownPool("shop", "a"));
      return feed.get("shop/a")!.version;
    }),
  );
  expect(new Set(versions).size).toBe(4);
});

test("turns go on through new plans of a pool, and begin anew for a new pool of the name", () => {
  const tied = { endpoints: ["a", "b", "c"].map((name, index) => endpointOf(name, index + 1)) };
  const feed = feedWith();
  const picks = Array.from({ length: 6 }, () => {
    feed.set("shop/a", knownPool("shop", "a", tied));
    return feed.next("shop/a", 1)![0]!.pod;
  });
  expect(new Set(picks.slice(0, 3))).toEqual(new Set(["a", "b", "c"]));
  expect(picks.slice(3)).toEqual(picks.slice(0, 3));

  feed.next("shop/a", 1);
  const known = knownPool("shop", "a", tied);
  feed.set("shop/a", { ...known, pool: { ...known.pool, uid: "another" } });
  expect(feed.next("shop/a", 1)![0]!.pod).toBe(picks[0]);
});

test("own dispatches count until a newer sample has seen them", () => {
  const feed = feedWith();
  feed.set("shop/a", knownPool("shop", "a"));
  const firsts = () => Array.from({ length: 4 }, () => feed.next("shop/a", 1)![0]!.pod);
  expect(firsts()).toEqual(["a", "a", "a", expect.stringMatching(/^[ab]$/)]);
  // Sampled at +20, after the dispatches of +10.
  const sampled = {
    endpoints: [endpointOf("a", 1, { connections: 0, ageMs: 0 }), endpointOf("b", 2, { connections: 4, ageMs: 0 })],
  };
  feed.set("shop/a", { ...knownPool("shop", "a", sampled), at: plannedAt + 20 });
  expect(firsts()).toEqual(["a", "a", "a", "a"]);
});
