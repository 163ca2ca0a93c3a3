import { antagonist, meanFactor } from "../../../src/lab/sim/antagonist.ts";
import type { PolicyName } from "../../../src/lab/sim/scenario.ts";
import { digits, type Report, type Section } from "./check.ts";
import { type Expectation, reportExpectations } from "./expectation.ts";
import { createJob, deadline, type Job } from "./jobs.ts";

/** Load in parts of what a pod has while its antagonist works: its allocation. */
const steps = [0.75, 0.83, 0.93, 1.03, 1.14, 1.27, 1.41, 1.57, 1.74];
const fewerSteps = [0.75, 1.03, 1.27, 1.74];
const policies = [
  "uniform",
  "loadIntegrator",
  "capacityLI",
  "LeastConnections",
  "Prequal",
  "oracleProportional",
] as const;
const fewerPolicies = ["uniform", "LeastConnections"] as const;

const columnWidth = 20;

/**
 * Pods that lose most of their speed for a while, as in the testbed of Prequal. There, even weights and those that even
 * out the use of processors miss the deadline from 1.03 on, Prequal at no load. Here an integrator of busy time lives
 * longer: a slowed pod is seen to be busier, while there the antagonist's use did not count.
 */
export function antagonists(quick: boolean): Section {
  const cellsOf = (pods: number, kept: readonly number[], chosen: readonly PolicyName[], horizon: number) =>
    kept.flatMap((step) =>
      chosen.map((policy) => {
        const load = (step * antagonist.factor) / (1 - antagonist.pods * (1 - meanFactor));
        const change = { pods, load, policy, horizon, antagonist: true, cv2: "normal" } as const;
        return { pods, step, policy, job: createJob(change) };
      }),
    );
  const cells = quick
    ? cellsOf(20, fewerSteps, policies, 2_500)
    : [
        ...cellsOf(20, steps, policies, 10_000),
        ...cellsOf(10, fewerSteps, fewerPolicies, 10_000),
        ...cellsOf(100, fewerSteps, fewerPolicies, 4_000),
      ];
  return {
    title: `Antagonists, ${100 * antagonist.pods}% of the pods at ${antagonist.factor} of their speed for a third of the time`,
    jobs: cells.map(({ job }) => job),
    report(resultOf): Report {
      const values = (job: Job) => {
        const { summary, errors, inFlightP99 } = resultOf(job);
        return { p50: summary.p50, p99: summary.p99, p999: summary.p999, errors, inFlightP99 };
      };
      const twenty = cells.filter(({ pods }) => pods === 20);
      /** The largest load up to which not one request in a thousand is too late. */
      const reaches = (policy: PolicyName): number => {
        const own = twenty.filter((cell) => cell.policy === policy);
        const late = own.findIndex(({ job }) => values(job).p999 >= deadline);
        return own.at(late < 0 ? -1 : late - 1)?.step ?? 0;
      };
      const row = (policy: PolicyName): Expectation => ({
        name: `n20.${policy}.in_time_up_to`,
        value: reaches(policy),
      });
      const highest = Math.max(...twenty.map(({ step }) => step));
      const { figures, lines, problems } = reportExpectations("antagonists", [
        { ...row("uniform"), ...(quick ? { most: 1.03 } : { reference: 0.93, least: 0.83, most: 1.03 }) },
        row("loadIntegrator"),
        row("capacityLI"),
        { ...row("LeastConnections"), reference: highest, least: highest },
        { ...row("Prequal"), reference: highest, least: highest },
      ]);
      const table = (title: string, say: (value: ReturnType<typeof values>) => string): string[] => [
        `${title.padEnd(30)}${policies.map((policy) => policy.padStart(columnWidth)).join("")}`,
        ...[...new Set(twenty.map(({ step }) => step))].map((step) => {
          const row = twenty.filter((cell) => cell.step === step);
          return (
            `load ${step} of the allocation`.padEnd(30) +
            row.map(({ job }) => say(values(job)).padStart(columnWidth)).join("")
          );
        }),
      ];
      return {
        figures: {
          ...Object.fromEntries(
            cells.flatMap(({ pods, step, policy, job }) =>
              Object.entries(values(job)).map(([key, value]) => [
                `balance.antagonists.n${pods}.${policy}.load_${step}.${key}`,
                digits(value),
              ]),
            ),
          ),
          ...figures,
        },
        lines: [
          ...table(
            `20 pods, p99.9 (later than ${deadline})`,
            ({ p999, errors }) => `${digits(p999)} (${(100 * errors).toFixed(2)}%)`,
          ),
          ...table("p50, p99", ({ p50, p99 }) => `${digits(p50)}, ${digits(p99)}`),
          ...table("in flight, p99", ({ inFlightP99 }) => String(inFlightP99)),
          ...lines,
        ],
        problems,
      };
    },
  };
}
