import { type StrategyType, strategyTypes } from "../../../src/api/pool.ts";
import type { Batch } from "../../../src/lab/sim/batch-means.ts";
import { plainScenario, type Scenario } from "../../../src/lab/sim/scenario.ts";
import { Simulation } from "../../../src/lab/sim/simulation.ts";
import { type Summary, summarize } from "../../../src/lab/sim/summary.ts";

/** Requests that take longer, in service times, have failed for whoever waits. */
export const deadline = 100;

/** What a job tells besides response times: by seed, a row for each reading after the warm-up, a number per pod. */
export type Trace = "busy" | "queues" | "weights";

/** A scenario under the seeds 1 to `seeds`. */
export interface Job {
  readonly scenario: Scenario;
  readonly seeds: number;
  readonly trace?: Trace;
  /** Ends after so many requests. */
  readonly requests?: number;
}

export interface JobResult {
  readonly summary: Summary;
  /** By seed: the same batch holds the same requests whatever the policy. */
  readonly batches: readonly (readonly Batch[])[];
  /** Share of the requests that took longer than the deadline. */
  readonly errors: number;
  /** Requests in flight at a pod that 99 % of the readings do not pass. */
  readonly inFlightP99: number;
  /** Requests that were lost with a pod. */
  readonly failed: number;
  /** Requests that each pod was sent, by seed. */
  readonly sent: readonly Float64Array[];
  readonly trace: readonly (readonly Float64Array[])[];
  /** Time that a processor spent on it. */
  readonly cpuMs: number;
}

const evenPolicies: readonly string[] = ["random", "uniform", "roundRobin"];

/** A job. What does not matter to it is left out, so that equal jobs are run once. */
export function createJob(change: Partial<Scenario>, { seeds = 3, ...rest }: Partial<Omit<Job, "scenario">> = {}): Job {
  const scenario: Scenario = { ...plainScenario, ...change };
  const job = { seeds, ...rest };
  const idle = scenario.pick === "random" && evenPolicies.includes(scenario.policy) && !rest.trace;
  const { updateInterval, delay, missing } = plainScenario;
  return { ...job, scenario: idle ? { ...scenario, updateInterval, delay, missing } : scenario };
}

export const keyOf = ({ scenario, seeds, trace, requests }: Job): string =>
  JSON.stringify([seeds, trace, requests, ...Object.entries(scenario).sort(([a], [b]) => (a < b ? -1 : 1))]);

const isStrategy = (policy: string): policy is StrategyType => strategyTypes.includes(policy as StrategyType);

/** About how long it takes, in requests. */
export function costOf({ scenario, seeds, requests = Number.POSITIVE_INFINITY }: Job): number {
  const { pods, load, concurrency, horizon, updateInterval, policy, pick } = scenario;
  const perRequest =
    policy === "ownDispatches" || pick === "edf" ? 2 : policy === "strict" && !updateInterval ? pods : 1;
  const length = Math.min(horizon, requests / (pods * load * concurrency));
  const perReading = pods * (isStrategy(policy) ? 60 : policy === "ownDispatches" ? 0.3 : 0.2);
  const readings = updateInterval > 0 ? length / updateInterval : 0;
  return seeds * (pods * load * concurrency * length * perRequest + readings * perReading);
}

/** Counts of requests in flight, by how many they are; the last one holds all that are more. */
class InFlight {
  readonly #counts = new Float64Array(10_000);

  add(queues: Float64Array): void {
    for (const queue of queues) this.#counts[Math.min(queue, this.#counts.length - 1)]! += 1;
  }

  quantile(share: number): number {
    let left = share * this.#counts.reduce((sum, count) => sum + count, 0);
    return this.#counts.findIndex((count) => {
      left -= count;
      return left <= 0;
    });
  }
}

export function runJob({ scenario, seeds, trace, requests }: Job): JobResult {
  const startedAt = process.threadCpuUsage();
  const from = scenario.warmUp * scenario.horizon;
  const inFlight = new InFlight();
  const rows: Float64Array[][] = [];
  const runs = Array.from({ length: seeds }, (_, index) => {
    const own: Float64Array[] = [];
    rows.push(own);
    const simulation = new Simulation({ ...scenario, seed: index + 1 }, (reading, weights) => {
      if (reading.time < from) return;
      inFlight.add(reading.queues);
      if (trace) own.push((trace === "weights" ? weights : reading[trace]).slice());
    });
    if (requests === undefined) while (!simulation.run(1_000_000));
    else simulation.run(requests);
    return simulation;
  });
  const recorders = runs.map(({ recorder }) => recorder);
  const errors = recorders.map(({ histogram }) => histogram.shareAbove(deadline));
  const { user, system } = process.threadCpuUsage(startedAt);
  return {
    summary: summarize(recorders),
    batches: recorders.map(({ batches }) => batches),
    errors: errors.reduce((sum, share) => sum + share, 0) / seeds,
    inFlightP99: inFlight.quantile(0.99),
    failed: runs.reduce((sum, { failed }) => sum + failed, 0),
    sent: runs.map(({ sent }) => sent),
    trace: rows,
    cpuMs: (user + system) / 1_000,
  };
}
