import { plainScenario, type Scenario } from "../../../src/sim/scenario.ts";
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

/** What becomes of LeastConnections when samples are lost. */
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
  const meanOf = (resultOf: (job: Job) => JobResult, job: Job): number => resultOf(job).summary.mean;
  return {
    title: "Missing samples, LeastConnections",
    jobs: [even, ...lossy.map(({ job }) => job), blind, best],
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
      ]);
    },
  };
}
