import { setImmediate } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { nextRequestAt, sendByChance } from "../../../../src/lab/cli/demo/send-by-chance.ts";
import { Random } from "../../../../src/lab/sim/random.ts";

/** How many requests are sent in a minute by who looks at the clock every so many milliseconds. */
function sentBy(everyMs: number, perSecond: number): number {
  const random = new Random(7, 0);
  let sent = 0;
  let dueAtMs = 0;
  for (let nowMs = 0; nowMs < 60_000; nowMs += everyMs)
    for (; dueAtMs <= nowMs; sent += 1) dueAtMs = nextRequestAt(dueAtMs, nowMs, perSecond, random);
  return sent;
}

test("so many are sent a second, however small the turns", () => {
  for (const everyMs of [1, 10, 40]) expect(sentBy(everyMs, 150) / (60 * 150)).toBeCloseTo(1, 1);
});

test("who is held up sends what is due of the last moment, and leaves out the rest", () => {
  // Fifty milliseconds' worth in each turn of a second, and the one that is due then.
  expect(sentBy(1_000, 150) / 60).toBeGreaterThan(6);
  expect(sentBy(1_000, 150) / 60).toBeLessThan(11);
});

test("no more are sent than may be under way, and the end waits for those", async () => {
  const random = new Random(7, 0);
  const due = vi.spyOn(random, "exponential");
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  const ending = new AbortController();
  let sent = 0;
  let hasEnded = false;
  const send = async () => {
    sent += 1;
    await answered;
  };
  const sending = sendByChance({ perSecond: 1_000, random, mostUnderWay: 3, send }, ending.signal);
  void sending.then(() => {
    hasEnded = true;
  });
  await expect.poll(() => due.mock.calls.length).toBeGreaterThan(20);
  expect(sent).toBe(3);
  ending.abort();
  await setImmediate();
  expect(hasEnded).toBe(false);
  answer();
  await sending;
});
