import type { PolicyName } from "../../../src/sim/scenario.ts";
import { digits, type Report, type Section } from "./check.ts";
import { createJob } from "./jobs.ts";

/** Speeds spread evenly over 1 ± this: with even weights the busiest pod is 1.26 times as busy as the mean. */
const spread = 0.22;
const policies: readonly PolicyName[] = ["uniform", "loadIntegrator", "capacity", "LeastConnections"];
const expected = 1 / (1 - spread) / (Math.log((1 + spread) / (1 - spread)) / (2 * spread));

/** How much busier the busiest pod is than the mean. */
export function imbalance(quick: boolean): Section {
  const pods = 20;
  const speeds = Array.from({ length: pods }, (_, pod) => 1 - spread + (2 * spread * (pod + 0.5)) / pods);
  const cells = policies.map((policy) => ({
    policy,
    job: createJob(
      { pods, speeds, load: 0.7, policy, gain: 0.1, updateInterval: 50, horizon: quick ? 10_000 : 40_000 },
      3,
    ),
  }));
  return {
    title: "Imbalance, the busiest pod over the mean",
    jobs: cells.map(({ job }) => job),
    report(resultOf): Report {
      const rows = cells.map(({ policy, job }) => {
        const { busy } = resultOf(job);
        return { policy, ratio: (Math.max(...busy) * busy.length) / busy.reduce((sum, share) => sum + share, 0) };
      });
      return {
        figures: {
          ...Object.fromEntries(rows.map(({ policy, ratio }) => [`balance.imbalance.${policy}`, digits(ratio)])),
          "balance.imbalance.uniform_expected": digits(expected),
        },
        lines: rows.map(({ policy, ratio }) => `${policy.padEnd(44)}${ratio.toFixed(3)}`),
        problems: [],
      };
    },
  };
}
