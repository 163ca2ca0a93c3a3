import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import type { PlannedEndpoint } from "../../../src/decide/planned.ts";
import type { Feed, Known } from "../../../src/serve/feed.ts";
import { createWorkLine } from "../../../src/serve/work-line.ts";
import { endpointOf, knownPool } from "../known.ts";
import { serveFeed } from "../serving.ts";
import { pass, stopTimers } from "./passing.ts";
import { readStream } from "./read-stream.ts";

/** A plan that counts how often somebody looks at what a pod's connections are. */
function counting(connections: number) {
  let looks = 0;
  const endpoint = Object.defineProperty({ ...endpointOf("a", 1) }, "connections", {
    enumerable: true,
    get: () => {
      looks += 1;
      return connections;
    },
  }) as PlannedEndpoint;
  const known: Known = knownPool("shop", "checkout", { endpoints: [endpoint] });
  return { known, looks: () => looks };
}

/** Looks at each of three plans, the second of which is no news, and the bytes that each reader got. */
async function play(feed: Feed, poolUrl: string, readers: number) {
  const plans = [counting(10), counting(10.5), counting(50)] as const;
  feed.set(plans[0].known);
  const streams = await Promise.all(Array.from({ length: readers }, () => readStream(`${poolUrl}/watch`)));
  for (const { events } of streams) await expect.poll(events).toHaveLength(1);
  // All have rested.
  await pass(50);
  feed.set(plans[1].known);
  const looksAtOnce = plans[1].looks();
  await expect.poll(plans[1].looks).toBeGreaterThan(0);
  feed.set(plans[2].known);
  for (const { events } of streams) await expect.poll(events).toHaveLength(2);
  expect(new Set(streams.map(({ events }) => events().join()))).toHaveProperty("size", 1);
  return { looks: plans.map(({ looks }) => looks()), looksAtOnce };
}

const limits = { gapMs: 1, heartbeatMs: 60_000 };

test("plans are compared, and documents written, as often for forty readers as for one", async () => {
  stopTimers();
  const [one, forty] = [await serveFeed({ limits }), await serveFeed({ limits })];
  const alone = await play(one.feed, one.poolUrl, 1);
  const together = await play(forty.feed, forty.poolUrl, 40);
  expect(together.looks).toEqual(alone.looks);
  // Whoever plans does not wait until readers were told.
  expect([alone.looksAtOnce, together.looksAtOnce]).toEqual([0, 0]);
});

test("readers rest for longer the more of them there are and the more bytes they get", async () => {
  stopTimers();
  const { feed, poolUrl } = await serveFeed({ limits: { ...limits, sentPerSecond: 20_000 } });
  const known = (connections: number) =>
    knownPool("shop", "checkout", { endpoints: [endpointOf("a", 1, { connections })] });
  feed.set(known(0));
  const first = await readStream(`${poolUrl}/watch`);
  const play = async () => {
    const before = first.events().length;
    for (let turn = 1; turn <= 120; turn += 1) {
      feed.set(known(turn % 2 === 0 ? 10 : 90));
      await pass(10);
    }
    // By the last of it, all of it was heard.
    feed.set(known(5_000));
    await pass(1_000);
    const { version } = feed.get("shop/checkout")!;
    await expect.poll(() => first.events().at(-1)).toContain(`id: ${version}`);
    return first.events().length - before - 1;
  };
  const alone = await play();
  const bytes = Buffer.byteLength(first.events().at(-1)!) + 2;
  expect(alone).toBeLessThanOrEqual((1.3 * 20_000) / bytes + 2);
  await Promise.all(Array.from({ length: 4 }, () => readStream(`${poolUrl}/watch`)));
  expect(await play()).toBeLessThan(alone / 2);
});

test("work is done a few milliseconds at a time, once for each time that it was asked for, and past what throws", async () => {
  const errors: unknown[] = [];
  const line = createWorkLine((error) => errors.push(error));
  const done: number[] = [];
  const works = Array.from({ length: 60 }, (_, index) => () => {
    done.push(index);
    const endsAt = performance.now() + 1;
    while (performance.now() < endsAt);
    if (index === 3) throw new Error("in the third");
    return 0;
  });
  for (const work of [...works, ...works]) line(work);
  expect(done).toEqual([]);
  let turns = 0;
  while (done.length < works.length) {
    turns += 1;
    await nextTurn();
  }
  expect(done).toEqual(works.map((_, index) => index));
  expect(turns).toBeGreaterThanOrEqual(10);
  expect(errors).toEqual([new Error("in the third")]);
  line(works[0]!);
  await expect.poll(() => done.length).toBe(61);
});

test("of large documents few are handed to sockets in one turn", async () => {
  const line = createWorkLine(() => {});
  let written = 0;
  const write = (): number => {
    written += 1;
    return 1_000_000;
  };
  for (let index = 0; index < 10; index += 1) line(() => write());
  await nextTurn();
  await nextTurn();
  expect(written).toBeLessThanOrEqual(6);
});
