import type { PolicyName, Scenario } from "../../../src/lab/sim/scenario.ts";
import { digits, type Report, type Section } from "./check.ts";
import { type Expectation, reportExpectations } from "./expectation.ts";
import { createJob, type Job } from "./jobs.ts";

const half = (pods: number): number[] => Array.from({ length: pods }, (_, pod) => (pod < pods / 2 ? 0.75 : 1.25));
const delays = [0, 0.5, 1, 2];
const gains = [0.148, 0.25, 0.5, 1, 2];

/** Gain at which an integrator that sees its effect so many intervals late begins to swing, by theory. */
const limits: Readonly<Record<number, number>> = { 0: 2, 0.5: 2, 1: 1, 2: 2 * Math.cos(0.4 * Math.PI) };

/** LeastConnections beside capacityLI, in its reference: the worst of 180 cells with a delay of half and of a whole interval. */
const worstAllowed = 1.04;

interface Row {
  readonly name: string;
  readonly cells: readonly { readonly delay: number; readonly job: Job; readonly beyond: boolean }[];
}

/** Weights that come into force late: gains that dead time forbids, and rules that look ahead. */
export function deadTime(quick: boolean): Section {
  const interval = 50;
  const base: Partial<Scenario> = {
    pods: 20,
    load: 0.7,
    speeds: half(20),
    updateInterval: interval,
    horizon: quick ? 4_000 : 20_000,
    warmUp: 0.3,
  };
  const row = (name: string, policy: PolicyName, gain: number): Row => ({
    name,
    cells: delays.map((delay) => ({
      delay,
      job: createJob({ ...base, policy, gain, delay: delay * interval }),
      beyond: policy === "loadIntegrator" && gain > limits[delay]! - 1e-9,
    })),
  });
  const rows = [
    ...gains.map((gain) => row(`loadIntegrator_${gain}`, "loadIntegrator", gain)),
    row("capacityLI", "capacityLI", 0),
    row("LeastConnections", "LeastConnections", 0),
    row("LeastLoad", "LeastLoad", 0),
  ];
  return {
    title: `Dead time, unequal pods at load 0.7, read every ${interval} service times`,
    jobs: rows.flatMap(({ cells }) => cells.map(({ job }) => job)),
    report(resultOf): Report {
      const meanOf = (job: Job): number => resultOf(job).summary.mean;
      const cellsOf = (of: string) => rows.find(({ name }) => name === of)!.cells;
      const ratios = reportExpectations(
        "dead_time",
        cellsOf("LeastConnections").map(({ delay, job }, index): Expectation => {
          const value = meanOf(job) / meanOf(cellsOf("capacityLI")[index]!.job);
          return { name: `vs_capacityLI.delay_${delay}T`, value, most: worstAllowed };
        }),
      );
      return {
        figures: {
          ...Object.fromEntries(
            rows.flatMap(({ name, cells }) =>
              cells.map(({ delay, job }) => [`balance.dead_time.${name}.delay_${delay}T`, digits(meanOf(job))]),
            ),
          ),
          ...ratios.figures,
        },
        lines: [
          `${"mean response; * beyond the gain that is stable".padEnd(48)}${delays.map((delay) => `${delay} T`.padStart(10)).join("")}`,
          ...rows.map(
            ({ name, cells }) =>
              name.padEnd(48) +
              cells.map(({ job, beyond }) => `${digits(meanOf(job))}${beyond ? "*" : " "}`.padStart(10)).join(""),
          ),
          ...ratios.lines,
        ],
        problems: ratios.problems,
      };
    },
  };
}
