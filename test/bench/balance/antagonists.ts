import { antagonist, meanFactor } from "../../../src/sim/antagonist.ts";
import type { PolicyName } from "../../../src/sim/scenario.ts";
import { digits, type Report, type Section } from "./check.ts";
import { createJob, deadline, type Job } from "./jobs.ts";

/** Load in parts of what a pod has while its antagonist works: its allocation. */
const steps = [0.75, 0.83, 0.93, 1.03, 1.14, 1.27, 1.41, 1.57, 1.74];
const policies: readonly PolicyName[] = ["uniform", "capacityLI", "LeastConnections", "oracleProportional"];

/** Pods that lose most of their speed for a while, as in the testbed of Prequal. */
export function antagonists(quick: boolean): Section {
  const cells = (quick ? [20] : [10, 20, 100]).flatMap((pods) =>
    steps.flatMap((step) =>
      policies.map((policy) => {
        const load = (step * antagonist.factor) / (1 - antagonist.pods * (1 - meanFactor));
        const horizon = quick ? 3_000 : 400_000 / Math.max(20, pods);
        return { pods, step, policy, job: createJob({ pods, load, policy, horizon, antagonist: true, cv2: 0.4 }) };
      }),
    ),
  );
  return {
    title: `Antagonists, ${100 * antagonist.pods}% of the pods at ${antagonist.factor} of their speed for a third of the time`,
    jobs: cells.map(({ job }) => job),
    report(resultOf): Report {
      const values = (job: Job) => {
        const { summary, late } = resultOf(job);
        return { p50: summary.p50, p99: summary.p99, p999: summary.p999, late };
      };
      const twenty = cells.filter(({ pods }) => pods === 20);
      return {
        figures: Object.fromEntries(
          cells.flatMap(({ pods, step, policy, job }) =>
            Object.entries(values(job)).map(([key, value]) => [
              `balance.antagonists.n${pods}.${policy}.load_${step}.${key}`,
              digits(value),
            ]),
          ),
        ),
        lines: [
          `${`20 pods, p99.9 (share later than ${deadline})`.padEnd(36)}${policies.map((policy) => policy.padStart(22)).join("")}`,
          ...steps.map((step) => {
            const row = twenty.filter((cell) => cell.step === step).map(({ job }) => values(job));
            const text = row.map(({ p999, late }) => `${digits(p999)} (${(100 * late).toFixed(2)}%)`.padStart(22));
            return `${`load ${step} of the allocation`.padEnd(36)}${text.join("")}`;
          }),
        ],
        problems: [],
      };
    },
  };
}
