import { expect } from "vitest";
import { plainScenario, type Scenario } from "../../../src/lab/sim/scenario.ts";
import { Simulation } from "../../../src/lab/sim/simulation.ts";
import { type Summary, summarize } from "../../../src/lab/sim/summary.ts";

export const half = (pods: number, low: number, high: number): number[] =>
  Array.from({ length: pods }, (_, pod) => (pod < pods / 2 ? low : high));

/** A run to its end. */
export function runOnce(change: Partial<Scenario>): Simulation {
  const simulation = new Simulation({ ...plainScenario, ...change });
  while (!simulation.run(100_000));
  return simulation;
}

export const simulate = (change: Partial<Scenario>, seeds = [1, 2]): Summary =>
  summarize(seeds.map((seed) => runOnce({ ...change, seed }).recorder));

/** Within 3 % or four standard errors, whichever is more. */
export function expectMean({ mean, se }: Summary, expected: number): void {
  expect(Math.abs(mean - expected), `mean ${mean} (se ${se}), expected ${expected}`).toBeLessThan(
    Math.max(0.03 * expected, 4 * se),
  );
  // A bound that anything passes is no bound.
  expect(se).toBeLessThan(0.05 * expected);
}
