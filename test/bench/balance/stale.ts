import type { PolicyName, Scenario } from "../../../src/lab/sim/scenario.ts";
import { type Check, check, createCheckSection, type Section } from "./check.ts";

/** The reference has one run per cell, with errors of 0.3 to 1 %: the larger ones where old readings make queues swing. */
const errorOf = (updateInterval: number): number => (updateInterval < 20 ? 0.003 : 0.01);

const intervals = [0.1, 0.5, 1, 2, 5, 10, 20, 30, 36, 50];

// Mean response of 100 pods at load 0.9, by interval, from an independent simulation; where queues grow without end
// there is no value.
const table = {
  choices2: [2.7, 2.83, 2.98, 3.26, 4.0, 5.13, 7.12, 8.89, 10.01, 12.43],
  choices3: [undefined, 2.36, 2.61, 3.06, 4.33, 6.26, 9.92, undefined, undefined, 20.8],
  inverse: [undefined, 2.84, 3.03, 3.42, 4.83, 7.98, 16.5, undefined, undefined, 55],
  basicLI: [1.49, 2.11, 2.53, 3.07, 4.03, 4.94, 6.01, 6.58, 6.9, 7.49],
  aggressiveLI: [undefined, 2.05, 2.42, 2.89, 3.72, 4.5, 5.39, 5.88, 6.12, 6.67],
  strict: [1.55, 2.86, 4.1, 6.21, 12.2, 23.7],
  ownDispatches: [1.18, 1.59, 1.83, 2.15, 2.64, 3.04, 3.49, undefined, undefined, 4.09],
} as const satisfies Partial<Record<PolicyName, readonly (number | undefined)[]>>;

// Weights through earliest deadline first: policy, schedulers, interval, mean.
const scheduled: readonly (readonly [PolicyName, number, number, number])[] = [
  ["basicLI", 1, 10, 3.31],
  ["basicLI", 10, 10, 4.07],
  ["basicLI", 1, 50, 4.43],
  ["basicLI", 10, 50, 5.08],
  ["random", 1, 50, 5.22],
  ["random", 10, 50, 6.02],
];

const atHalf: readonly (readonly [PolicyName, number, number])[] = [
  ["choices2", 1, 1.438],
  ["basicLI", 1, 1.379],
  ["strict", 1, 1.38],
  ["choices2", 10, 2.063],
  ["basicLI", 10, 1.891],
  ["strict", 10, 2.643],
];

/** Old readings of all pods at once: what they cost each policy. */
export function staleTable(quick: boolean): Section {
  const kept = quick ? [1, 10, 50] : intervals;
  const horizon = quick ? 2_500 : 12_000;
  // To look through all estimates for each request takes long, and is worth it: there is little noise.
  const at = (change: Partial<Scenario>): Partial<Scenario> => ({
    horizon: change.policy === "ownDispatches" ? horizon / 2 : horizon,
    ...change,
  });
  const checks: Check[] = [
    ...Object.entries(table).flatMap(([name, means]) =>
      means.flatMap((mean, index) => {
        const updateInterval = intervals[index]!;
        if (mean === undefined || !kept.includes(updateInterval)) return [];
        const change = at({ policy: name as PolicyName, updateInterval });
        const referenceSe = errorOf(updateInterval) * mean;
        return [check(`n100.${name}.T${updateInterval}`, change, mean, { referenceSe })];
      }),
    ),
    ...scheduled.map(([policy, dispatchers, updateInterval, mean]) =>
      check(
        `n100.${policy}_edf_${dispatchers}.T${updateInterval}`,
        at({ policy, updateInterval, pick: "edf", dispatchers }),
        mean,
      ),
    ),
    ...atHalf.map(([policy, updateInterval, mean]) =>
      check(`n100.${policy}.T${updateInterval}.load0.5`, at({ policy, updateInterval, load: 0.5 }), mean),
    ),
  ];
  return createCheckSection("Stale information, load 0.9", "stale", checks);
}

// Pods, policy, mean and its standard error.
const fresh: readonly (readonly [number, PolicyName, number, number])[] = [
  [100, "choices2", 2.669, 0.013],
  [10, "choices2", 3.042, 0.037],
  [100, "strict", 1.065, 0],
  [10, "strict", 1.935, 0],
];

/** Queues as they are at this moment: what no poll can reach. */
export function freshQueues(quick: boolean): Section {
  const horizon = quick ? 2_500 : 14_000;
  const checks = fresh.flatMap(([pods, policy, mean, referenceSe]) => {
    // All queues are looked at for each request: that takes long in a large fleet.
    const slow = policy === "strict" && pods === 100;
    const length = slow ? horizon / 5 : (horizon * 50) / pods;
    const change = { policy, pods, updateInterval: 0, horizon: length };
    return quick && slow ? [] : [check(`n${pods}.${policy}.fresh`, change, mean, { referenceSe })];
  });
  return createCheckSection("Fresh information, load 0.9", "fresh", checks);
}
