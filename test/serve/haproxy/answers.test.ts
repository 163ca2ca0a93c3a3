import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Plan } from "../../../src/decide/planned.ts";
import type { ObservedPod } from "../../../src/decide/world.ts";
import { createFeed, type FeedEntry } from "../../../src/serve/feed.ts";
import { answerFrom, percentsOf } from "../../../src/serve/haproxy/answers.ts";
import { readQuestion } from "../../../src/serve/haproxy/question.ts";
import { pod } from "../../builders/builders.ts";
import { endpointOf, knownPool, plannedAt } from "../known.ts";

const podOf = (name: string, ...addresses: string[]): ObservedPod => ({ pod: pod(name, { addresses }) });

function entryOf(plan: Partial<Plan>, pods: readonly ObservedPod[] = []): FeedEntry {
  const feed = createFeed();
  const known = knownPool("shop", "checkout", plan);
  feed.set({ ...known, observation: { ...known.observation, pods } });
  return feed.get("shop/checkout")!;
}

const ask = (entry: FeedEntry, pod: string, now = plannedAt) =>
  answerFrom(entry, readQuestion(`shop/checkout ${pod}`)!, now)?.words;

describe("a question", () => {
  test.each([
    ["shop/checkout web-1", { server: "web-1", access: "read" }],
    ["shop/checkout web-1\r", { server: "web-1", access: "read" }],
    ["  shop/checkout\tweb-1  write ", { server: "web-1", access: "write" }],
    ["shop/checkout 10.0.0.7", { server: "10.0.0.7", access: "read" }],
    ["shop/checkout 10.0.0.7:8080 read", { server: "10.0.0.7", access: "read" }],
    ["shop/checkout [FD00:0::7]:8080", { server: "fd00::7", access: "read" }],
    ["shop/checkout fd00:0:0::7", { server: "fd00::7", access: "read" }],
  ])("%j is read", (line, question) => {
    expect(readQuestion(line)).toEqual({ key: "shop/checkout", ...question });
  });

  test.each([
    "",
    "shop/checkout",
    "checkout web-1",
    "shop/checkout web-1 drain",
    "shop/checkout web-1 read write",
    "shop/checkout Web_1",
    "shop/a/b web-1",
    "../x web-1",
    "GET / HTTP/1.1",
  ])("%j is none", (line) => {
    expect(readQuestion(line)).toBeUndefined();
  });

  test("whatever comes is read or refused", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (line) => void readQuestion(line)));
  });
});

describe("weights in percent", () => {
  test("100 is an even share", () => {
    expect(percentsOf([1_000, 1_000])).toEqual([100, 100]);
    expect(percentsOf([500, 1_500])).toEqual([50, 150]);
    expect(percentsOf([])).toEqual([]);
  });

  test("keep their ratios where one is more than HAProxy takes", () => {
    expect(percentsOf([4_000, 500, 500])).toEqual([256, 32, 32]);
  });

  test("are never 0, nor beyond what HAProxy takes, and as near to their ratio as a percent allows", () => {
    const weights = fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1 });
    fc.assert(
      fc.property(weights, (given) => {
        const percents = percentsOf(given);
        const scale = Math.min(0.1, 256 / Math.max(...given));
        for (const [index, percent] of percents.entries()) {
          expect(percent).toBeGreaterThanOrEqual(1);
          expect(percent).toBeLessThanOrEqual(256);
          expect(Math.abs(percent - Math.max(1, given[index]! * scale))).toBeLessThanOrEqual(0.5);
        }
      }),
    );
  });
});

describe("an answer", () => {
  const excluded = [
    { pod: "c", reason: "Draining" },
    { pod: "d", reason: "Terminating" },
    { pod: "e", reason: "NotReady" },
    { pod: "f", reason: "Unhealthy", why: "TimedOut" },
  ] as const;
  const pods = ["a", "b", "c", "d", "e", "f"].map((name, index) =>
    podOf(name, `10.0.0.${index + 1}`, `fd00::${index + 1}`),
  );
  const entry = entryOf(
    { endpoints: [endpointOf("a", 1, { weight: 1_500 }), endpointOf("b", 2, { weight: 500, full: true })], excluded },
    pods,
  );

  test.each([
    ["a", "up ready 150%"],
    ["10.0.0.1:8080", "up ready 150%"],
    ["[fd00::1]:8080", "up ready 150%"],
    // A Service leaves it out for now; who goes by weights does not.
    ["b", "up ready 50%"],
    ["c", "up drain"],
    ["10.0.0.3", "up drain"],
    ["d", "up drain"],
    ["e", "down #NotReady"],
    ["fd00::6", "down #Unhealthy"],
    ["g", undefined],
  ])("of %s is %j", (pod, words) => {
    expect(ask(entry, pod)).toBe(words);
  });

  test("of an address that a pod left another is the other's", () => {
    const taken = [podOf("old", "10.0.0.1"), podOf("new", "10.0.0.1"), podOf("older", "10.0.0.1")];
    const plan = {
      endpoints: [endpointOf("new", 1)],
      excluded: [
        { pod: "old", reason: "Terminating" },
        { pod: "older", reason: "Failed" },
      ] as const,
    };
    expect(ask(entryOf(plan, taken), "10.0.0.1")).toBe("up ready 100%");
  });

  test("of a pod that is not to be read is that it gets no more, even where that leaves nobody to read", () => {
    const spared = [...excluded, { pod: "a", reason: "WritesOnly" }] as const;
    const left = entryOf({ endpoints: [endpointOf("b", 1)], excluded: spared }, pods);
    expect([ask(left, "a"), ask(left, "b")]).toEqual(["up drain", "up ready 100%"]);
    const alone = entryOf({ endpoints: [], excluded: spared }, pods);
    expect([ask(alone, "a"), ask(alone, "10.0.0.1:8080"), ask(alone, "c")]).toEqual([
      "up drain",
      "up drain",
      "up ready 100%",
    ]);
  });

  test("of a plan that nobody made anew, or that leaves nobody, is that everybody is up", () => {
    expect(ask(entry, "c", plannedAt + 59_000)).toBe("up drain");
    expect(ask(entry, "c", plannedAt + 61_000)).toBe("up ready 100%");
    expect(ask(entryOf({ endpoints: [], excluded }, pods), "e")).toBe("up ready 100%");
  });

  const database = entryOf(
    {
      endpoints: [endpointOf("a", 1), endpointOf("b", 2)],
      excluded: [],
      writers: [{ pod: "c", uid: "uid-c", address: "10.0.0.3", ports: [], reason: "is labelled primary" }],
    },
    pods,
  );

  test.each([
    ["c write", "up ready 100%"],
    ["10.0.0.3 write", "up ready 100%"],
    ["a write", "down #NotAWriter"],
    ["10.0.0.1 write", "down #NotAWriter"],
    ["a read", "up ready 100%"],
    ["g write", undefined],
  ])("of a database, %s, is %j", (pod, words) => {
    expect(ask(database, pod)).toBe(words);
  });

  test("says nothing of writers that it is not sure of: everybody would be wrong", () => {
    expect(ask(database, "a write", plannedAt + 61_000)).toBe("");
    expect(ask(entryOf({ writers: [] }, pods), "a write")).toBe("");
    expect(ask(entry, "a write")).toBe("");
  });
});
