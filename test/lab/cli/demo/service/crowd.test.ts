import { expect, test } from "vitest";
import { crowd } from "../../../../../src/lab/cli/demo/service/crowd.ts";
import { Random } from "../../../../../src/lab/sim/random.ts";

const holdMs = 10_000;

/** The arrivals of so many hold times. */
function take(seed: number, holds: number) {
  const taken: { atMs: number; holdMs: number }[] = [];
  for (const arrival of crowd({ connections: 200, holdMs, random: new Random(seed, 0) })) {
    if (arrival.atMs > holds * holdMs) return taken;
    taken.push(arrival);
  }
  return taken;
}

test("there are as many connections all the time as are meant, from the first second on", () => {
  const arrivals = take(3, 40);
  expect(arrivals.map(({ atMs }) => atMs)).toEqual(arrivals.map(({ atMs }) => atMs).toSorted((a, b) => a - b));
  const openAt = (atMs: number) =>
    arrivals.filter((arrival) => arrival.atMs <= atMs && arrival.atMs + arrival.holdMs > atMs).length;
  // Poisson with mean 200: six standard deviations.
  for (let atMs = 1_000; atMs < 40 * holdMs; atMs += holdMs / 2) {
    expect(Math.abs(openAt(atMs) - 200)).toBeLessThan(85);
  }
  const mean = arrivals.reduce((sum, arrival) => sum + arrival.holdMs, 0) / arrivals.length;
  expect(Math.abs(mean / holdMs - 1)).toBeLessThan(0.06);
});

test("a seed gives the same clients again", () => {
  expect(take(5, 2)).toEqual(take(5, 2));
  expect(take(5, 2)).not.toEqual(take(6, 2));
});
