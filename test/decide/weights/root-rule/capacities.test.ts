import { describe, expect, test } from "vitest";
import { estimateCapacities } from "../../../../src/decide/weights/root-rule/capacities.ts";
import { type BusyTally, createRootState, nothing } from "../../../../src/decide/weights/root-rule/state.ts";
import type { TalliedPod } from "../../../../src/decide/weights/root-rule/tally.ts";

const { misfit: none } = createRootState();

/** Nothing faded: tallies are plain counts, of dispersion 1, and the misfit is that of this interval alone. */
const plain = { long: 1, recent: 1, misfit: 0, dispersion: 2 };

const tally = (completions: number, busyS: number): BusyTally => ({ completions, busyS });

const pods = (...rows: readonly (readonly [long: BusyTally, recent: BusyTally])[]): TalliedPod[] =>
  rows.map(([long, recent], index) => ({ id: `p${index}`, long, recent }));

describe("by hand", () => {
  // The fleet serves 300 in 200 s. Chi-square 2 * 50²/150 = 33 1/3, by chance 1; 100 s of 200 s tell of differences.
  const long = [tally(100, 100), tally(200, 100)] as const;
  const spread = (100 / 3 - 1) / 100;
  const longTerm = [1.015, 1.985];

  test("pods that differ more than chance explains are believed", () => {
    const estimate = estimateCapacities(pods([long[0], nothing], [long[1], nothing]), none, plain)!;
    expect(estimate.fleet).toBe(1.5);
    expect(estimate.spread).toBeCloseTo(spread, 12);
    expect(estimate.drift).toBe(0);
    for (const [index, capacity] of longTerm.entries()) expect(estimate.capacities[index]).toBeCloseTo(capacity, 12);
  });

  test("a pod that left its own past is followed, and one that did not keeps it", () => {
    const recent = tally(50, 25);
    const estimate = estimateCapacities(pods([long[0], recent], [long[1], recent]), none, plain)!;
    // Expected 25.375 and 49.625 instead of 50.
    const chiSquare = 24.625 ** 2 / 25.375 + 0.375 ** 2 / 49.625;
    const drift = (chiSquare - 2) / 50;
    expect(estimate.misfit.chiSquare).toBeCloseTo(chiSquare, 9);
    expect([estimate.misfit.degrees, estimate.misfit.busyS]).toEqual([2, 50]);
    expect(estimate.drift).toBeCloseTo(drift, 9);
    expect(estimate.capacities[0]).toBeCloseTo((50 * drift + 1.015) / (25 * drift + 1), 9);
    expect(estimate.capacities[0]).toBeCloseTo(1.9176, 4);
    expect(estimate.capacities[1]).toBeCloseTo(1.9987, 4);
  });

  test("the misfit is averaged with those before", () => {
    const before = { chiSquare: 10, degrees: 4, busyS: 100 };
    const recent = tally(50, 25);
    const all = pods([long[0], recent], [long[1], recent]);
    const now = estimateCapacities(all, none, plain)!.misfit;
    const { misfit } = estimateCapacities(all, before, { ...plain, misfit: 0.75 })!;
    expect(misfit.chiSquare).toBeCloseTo(7.5 + now.chiSquare / 4, 9);
    expect([misfit.degrees, misfit.busyS]).toEqual([3.5, 87.5]);
  });

  test("what fades is noisier than what does not: the older half of the evidence counts for less", () => {
    const faded = estimateCapacities(pods([long[0], nothing], [long[1], nothing]), none, { ...plain, long: 0.6 })!;
    // Dispersion 2 / 1.6 instead of 1.
    expect(faded.spread).toBeCloseTo((100 / 3 / 1.25 - 1) / 100, 12);
  });
});

test("pods that differ as chance would have it are exactly equal", () => {
  const rows = [95, 104, 88, 111, 102].map((completions) => [tally(completions, 50), tally(2, 1)] as const);
  const { capacities, fleet, spread } = estimateCapacities(pods(...rows), none, plain)!;
  expect(spread).toBe(0);
  expect(capacities).toEqual(Array(5).fill(fleet));
});

test("a pod without traffic is taken for an average one", () => {
  const { capacities, fleet } = estimateCapacities(
    pods([tally(100, 100), nothing], [tally(200, 100), nothing], [nothing, nothing]),
    none,
    plain,
  )!;
  expect(capacities[2]).toBe(fleet);
  expect(capacities[0]).toBeLessThan(fleet);
});

test("a reading that cannot be true moves a capacity at most 50 times off the fleet's", () => {
  const stuck = [tally(0, 1e6), nothing] as const;
  const instant = [tally(1e9, 0), nothing] as const;
  const usual = [tally(1e4, 1e4), nothing] as const;
  for (const odd of [stuck, instant]) {
    const { capacities, fleet } = estimateCapacities(pods(odd, usual, usual), none, plain)!;
    for (const capacity of capacities) {
      expect(capacity).toBeGreaterThanOrEqual(fleet / 50);
      expect(capacity).toBeLessThanOrEqual(fleet * 50);
    }
  }
});

test("nothing is known without completions in a busy time", () => {
  expect(estimateCapacities(pods([nothing, nothing]), none, plain)).toBeUndefined();
  expect(estimateCapacities(pods([tally(5, 0), nothing]), none, plain)).toBeUndefined();
  expect(estimateCapacities(pods([tally(0, 5), nothing]), none, plain)).toBeUndefined();
  expect(estimateCapacities([], none, plain)).toBeUndefined();
});
