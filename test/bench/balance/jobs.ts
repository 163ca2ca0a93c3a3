import type { Batch } from "../../../src/sim/recorder.ts";
import { plainScenario, type Scenario } from "../../../src/sim/scenario.ts";
import { Simulation } from "../../../src/sim/simulation.ts";
import { type Summary, summarize } from "../../../src/sim/summary.ts";

/** Requests that take longer, in service times, are late. */
export const deadline = 100;

/** A scenario under the seeds 1 to `seeds`. */
export interface Job {
  readonly scenario: Scenario;
  readonly seeds: number;
}

export interface JobResult {
  readonly summary: Summary;
  /** By seed: the same batch holds the same requests whatever the policy. */
  readonly batches: readonly (readonly Batch[])[];
  readonly late: number;
  /** Share of the time that each pod of the first seed was busy. */
  readonly busy: readonly number[];
}

/** A job. What does not matter to it is left out, so that equal jobs are run once. */
export function createJob(change: Partial<Scenario>, seeds = 3): Job {
  const scenario: Scenario = { ...plainScenario, ...change };
  const idle = scenario.pick === "random" && ["random", "uniform", "roundRobin"].includes(scenario.policy);
  const { updateInterval, delay, missing } = plainScenario;
  return { scenario: idle ? { ...scenario, updateInterval, delay, missing } : scenario, seeds };
}

export const keyOf = ({ scenario, seeds }: Job): string =>
  JSON.stringify([seeds, ...Object.entries(scenario).sort(([a], [b]) => (a < b ? -1 : 1))]);

/** About how long it takes, in some unit. */
export function costOf({ scenario, seeds }: Job): number {
  const { pods, load, concurrency, horizon, updateInterval, policy, pick } = scenario;
  const perRequest =
    policy === "ownDispatches" || pick === "edf" ? 2 : policy === "strict" && !updateInterval ? pods : 1;
  const perReading = pods * (policy === "LeastConnections" ? 15 : policy === "ownDispatches" ? 0.3 : 0.2);
  const readings = updateInterval > 0 ? horizon / updateInterval : 0;
  return seeds * (pods * load * concurrency * horizon * perRequest + readings * perReading);
}

export function runJob({ scenario, seeds }: Job): JobResult {
  const runs = Array.from({ length: seeds }, (_, index) => {
    const simulation = new Simulation({ ...scenario, seed: index + 1 });
    while (!simulation.run(1_000_000));
    return simulation;
  });
  const recorders = runs.map(({ recorder }) => recorder);
  const late = recorders.map(({ histogram }) => histogram.shareAbove(deadline));
  return {
    summary: summarize(recorders),
    batches: recorders.map(({ batches }) => batches),
    late: late.reduce((sum, share) => sum + share, 0) / seeds,
    busy: runs[0]!.servers.map(({ busyTime }) => busyTime / scenario.horizon),
  };
}
