import { type StrategyType, strategyTypes } from "../../../src/api/pool.ts";
import { plainScenario, type Scenario } from "../../../src/lab/sim/scenario.ts";
import type { Section } from "./check.ts";
import { type Expectation, reportExpectations } from "./expectation.ts";
import { createJob, type Job, type JobResult } from "./jobs.ts";

const interval = 10;
const lost = [0.1, 0.5, 1];
/** Worse than even weights by more than this is a failure. */
const worstAllowed = 1.05;
/** Samples are used up to three intervals and a time-out; nothing moves any more after this many. */
const settled = 4;

const equal: Partial<Scenario> = { ...plainScenario, pods: 10, load: 0.9, updateInterval: interval };
const unequal: Partial<Scenario> = {
  ...equal,
  load: 0.7,
  speeds: [0.75, 0.75, 0.75, 0.75, 0.75, 1.25, 1.25, 1.25, 1.25, 1.25],
};

/** The largest difference between weights at the first reading and at any later one. */
function moved(trace: JobResult["trace"]): number {
  const differences = trace.flatMap((rows) => {
    const from = rows[settled]!;
    return rows.slice(settled).flatMap((row) => Array.from(row, (weight, pod) => Math.abs(weight - from[pod]!)));
  });
  return differences.reduce((most, difference) => Math.max(most, difference), 0);
}

/** In an outage, a strategy is to be this near to the best fixed shares: it has what it learned, and no more. */
const farthest = { learned: 1.35, noisy: 2.5 };
const outageAt = 0.5;
const fleets = { equal: { ...equal, load: 0.7 }, unequal, full: equal };
type Fleet = keyof typeof fleets;
const measuring = strategyTypes.filter((type) => type !== "RoundRobin" && type !== "Random");
/** At 90 % these two are not stable even with numbers. */
const unsteady: readonly StrategyType[] = ["FastestResponse", "Packing"];

/** Packing has nothing but an average of moments; with LeastLoad a share may be a tenth off, which costs a full pod much. */
function boundOf(type: StrategyType, fleet: Fleet): Partial<Expectation> {
  if (fleet === "full" && unsteady.includes(type)) return {};
  const isNoisy = type === "Packing" || (fleet === "full" && type === "LeastLoad");
  return { most: isNoisy ? farthest.noisy : farthest.learned };
}

/** All numbers are lost at once, and never come back: what each strategy goes on with. */
function outages(quick: boolean) {
  const run: Partial<Scenario> = { horizon: quick ? 4_000 : 12_000, warmUp: outageAt };
  const lostFrom = { missing: 1, missingFrom: outageAt * run.horizon! - interval / 2 };
  const seeds = quick ? 3 : 5;
  return (Object.keys(fleets) as Fleet[]).flatMap((fleet) => {
    const base = { ...fleets[fleet], ...run };
    const best = createJob({ ...base, policy: "oracleOptimum" }, { seeds });
    return measuring.map((type) => {
      const job = createJob({ ...base, ...lostFrom, policy: type }, { seeds });
      return { name: `outage.${type}.${fleet}.vs_best`, job, best, bound: boundOf(type, fleet) };
    });
  });
}

/** What becomes of LeastConnections when samples are lost, and of every strategy when all are. */
export function missing(quick: boolean): Section {
  const horizon = quick ? 4_000 : 20_000;
  const even = createJob({ ...equal, horizon, policy: "uniform" });
  const lossy = lost.map((share) => ({
    share,
    job: createJob({ ...equal, horizon, policy: "LeastConnections", missing: share }),
  }));
  // All samples are lost when response times begin to count: weights have been learned by then.
  const learned: Partial<Scenario> = { ...unequal, horizon, warmUp: 0.5, policy: "LeastConnections" };
  const blind = createJob({ ...learned, missing: 1, missingFrom: 0.5 * horizon - interval / 2 }, { trace: "weights" });
  const best = createJob({ ...unequal, horizon, warmUp: 0.5, policy: "oracleOptimum" });
  const outage = outages(quick);
  const meanOf = (resultOf: (job: Job) => JobResult, job: Job): number => resultOf(job).summary.mean;
  return {
    title: "Missing samples: LeastConnections, and every strategy in an outage",
    jobs: [even, ...lossy.map(({ job }) => job), blind, best, ...outage.flatMap((row) => [row.job, row.best])],
    report(resultOf) {
      const base = meanOf(resultOf, even);
      const ratios = lossy.map(({ share, job }): Expectation => {
        const ratio = meanOf(resultOf, job) / base;
        // Without a single sample weights are what they were: even.
        return share === 1
          ? { name: `lost_${share}.vs_uniform`, value: ratio, reference: 1, least: 1, most: 1 }
          : { name: `lost_${share}.vs_uniform`, value: ratio, most: worstAllowed };
      });
      return reportExpectations("missing", [
        ...ratios,
        { name: "lost_later.weights_moved", value: moved(resultOf(blind).trace), reference: 0, most: 0 },
        {
          name: "lost_later.vs_best_fixed_shares",
          value: meanOf(resultOf, blind) / meanOf(resultOf, best),
          most: 1.1,
        },
        ...outage.map((row): Expectation => {
          const value = meanOf(resultOf, row.job) / meanOf(resultOf, row.best);
          return { name: row.name, value, ...row.bound };
        }),
      ]);
    },
  };
}
