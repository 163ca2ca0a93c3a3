import { expect, test } from "vitest";
import type { Metrics } from "../../../src/api/metrics.ts";
import type { Pod } from "../../../src/decide/world.ts";
import type { Attempt } from "../../../src/observe/sampling/context.ts";
import { createPushBook } from "../../../src/observe/sampling/push-book.ts";
import { metricsFrom } from "../../builders/metrics.ts";
import { makePod, until, useCleanups } from "./fake-pods.ts";
import { startSampler } from "./start-sampler.ts";

const cleanups = useCleanups();
const pool = "ns/pool";
const push = (expiry = "30s", interval = 50): Metrics => ({
  ...metricsFrom({ source: { push: { expiry } } }),
  interval,
});

const a = makePod({ addresses: ["10.0.0.1", "fd00::1"] });
const b = makePod({ addresses: ["10.0.0.2"] });
const pods = [a, b];

/** A sampler and its book, by a clock that the test may move on. */
function start() {
  let skippedMs = 0;
  const now = () => Date.now() + skippedMs;
  const book = createPushBook({ now });
  const attempts: Attempt[] = [];
  const sampler = startSampler(cleanups, {
    now,
    random: () => 0,
    reports: book,
    onAttempt: (attempt) => attempts.push(attempt),
  });
  return {
    sampler,
    attempts,
    book,
    say: (client: string, connections: Record<string, number>, expiryMs = 30_000) =>
      book.take({ pool, client, expiryMs, connections: new Map(Object.entries(connections)) }),
    /** A pool that is younger than the sampler unless told. */
    follow: (given = pods, spec = push(), createdAt = now() + 1) =>
      sampler.follow(pool, { metrics: spec, keep: 3, pods: given, createdAt }),
    skip: (ms: number) => {
      skippedMs += ms;
    },
    read: ({ uid }: Pod) => sampler.readings(pool).get(uid),
    counts: () => pods.map(({ uid }) => sampler.readings(pool).get(uid)?.samples[0]?.connections),
    beats: (more: number) => {
      const goal = attempts.length + more;
      return until(() => attempts.length >= goal, `${more} readings`);
    },
  };
}

test("adds up a pod's name and all its addresses, over all clients", async () => {
  const { say, follow, counts, beats } = start();
  say("x", { [a.name]: 3, "10.0.0.2": 7, "10.9.9.9": 50 });
  say("y", { "10.0.0.1": 2, "fd00::1": 1 });
  follow();
  await beats(1);
  expect(counts()).toEqual([6, 7]);
});

test("as long as one report stands, a pod that nobody names has no connection; while none does, none is measured", async () => {
  const { say, follow, counts, beats, read, book, attempts } = start();
  follow();
  await beats(1);
  expect(read(a)).toEqual({ samples: [], failure: "NotReported", failures: expect.any(Number) });
  expect(attempts[0]).toMatchObject({ pool, outcome: "NotReported" });

  say("x", { [a.name]: 3 });
  await beats(2);
  expect(counts()).toEqual([3, 0]);
  expect(read(b)?.failure).toBeUndefined();

  book.withdraw(pool, "x");
  await beats(2);
  expect(read(b)).toMatchObject({ failure: "NotReported", samples: [{ connections: 0 }] });
});

test("a sample is as old as the last word, and without a new one there is no new sample", async () => {
  const { say, follow, beats, read } = start();
  const before = Date.now();
  say("x", { [a.name]: 3 });
  const after = Date.now();
  follow();
  await beats(3);
  expect(read(a)?.samples).toHaveLength(1);
  expect(read(a)!.samples[0]!.takenAt).toBeGreaterThanOrEqual(before);
  expect(read(a)!.samples[0]!.takenAt).toBeLessThanOrEqual(after + 1);
  say("x", { [a.name]: 4 });
  await beats(2);
  expect(read(a)?.samples.map(({ connections }) => connections)).toEqual([4, 3]);
});

test("after a start nothing is read until clients had time to repeat what they told before", async () => {
  const { sampler, say, follow, attempts, counts, beats, skip, read } = start();
  say("quick", { [a.name]: 1 });
  follow(pods, push("30s"), 0);
  // As often, and after it: what this one reads, the other would have read as well.
  sampler.follow("ns/younger", { metrics: push(), keep: 1, pods, createdAt: Date.now() + 1_000 });
  await beats(4);
  expect([attempts.filter((attempt) => attempt.pool === pool), read(a)]).toEqual([[], undefined]);
  sampler.forget("ns/younger");
  skip(10_000);
  say("slow", { [a.name]: 40, [b.name]: 40 });
  skip(5_000);
  await beats(1);
  expect(counts()).toEqual([41, 40]);
});

test("another interval takes the readings over, another source none", async () => {
  const { say, follow, beats, read, counts } = start();
  say("x", { [a.name]: 3 });
  follow();
  await beats(1);
  follow(pods, push("30s", 60), 0);
  expect(counts()).toEqual([3, 0]);
  follow(pods, push("20s", 60), 0);
  expect(read(a)).toBeUndefined();
});

test("pods that went or do not run have no reading", async () => {
  const { say, follow, beats, sampler } = start();
  say("x", { [a.name]: 3 });
  const pending = makePod({ phase: "Pending" });
  follow([a, b, pending]);
  await beats(1);
  expect([...sampler.readings(pool).keys()].sort()).toEqual([a.uid, b.uid].sort());
  follow([b]);
  expect([...sampler.readings(pool).keys()]).toEqual([b.uid]);
});
