import type { ConnectionScenario } from "../../../src/lab/sim/connections/scenario.ts";
import type { Expectation } from "../balance/expectation.ts";
import { connectionJob } from "./jobs.ts";
import { beside, type ReadySetSection, reportReadySet } from "./section.ts";

const half = (pods: number, low: number, high: number): number[] =>
  Array.from({ length: pods }, (_, pod) => (pod < pods / 2 ? low : high));

const cells = {
  n20_m20_h300: {},
  n20_m20_h1800: { hold: 1_800 },
  n20_m20_h60: { hold: 60 },
  n20_m20_h10: { hold: 10 },
  n20_m20_h1: { hold: 1 },
  "n20_m20_h0.5": { hold: 0.5 },
  n10_m100_h300: { pods: 10, connections: 100 },
  n5_m40_h600_t5: { pods: 5, connections: 40, hold: 600, period: 5 },
  n10_m22_h100_t5: { pods: 10, connections: 22, hold: 100, period: 5 },
  "n20_m20_h300.speeds_0.5_1.5": { speeds: half(20, 0.5, 1.5) },
  "n10_m50_h600.speeds_0.75_1.25": { pods: 10, connections: 50, hold: 600, speeds: half(10, 0.75, 1.25) },
  "n20_m20_h300.quarter_fails": { quarterFails: true },
} as const satisfies Record<string, Partial<ConnectionScenario>>;

const policies = {
  all: { policy: "all" },
  "leastBusy.half": { policy: "leastBusy", floor: 1 / 2 },
  "leastBusy.twoThirds": { policy: "leastBusy", floor: 2 / 3 },
  "leastBusy.0.75": { policy: "leastBusy", floor: 0.75 },
  "leastBusy.0.9": { policy: "leastBusy", floor: 0.9 },
  choices2: { policy: "choices2" },
  leastConnections: { policy: "leastConnections" },
  meanThreshold: { policy: "meanThreshold", floor: 1 / 2 },
} as const satisfies Record<string, Partial<ConnectionScenario>>;

type Row = readonly [
  cell: keyof typeof cells,
  policy: keyof typeof policies,
  sdOverMean: number,
  maxOverMean?: number,
  writesPerPeriod?: number,
];

const speeds = "n20_m20_h300.speeds_0.5_1.5";
const mild = "n10_m50_h600.speeds_0.75_1.25";

// Of independent simulations, two to four seeds each.
const rows: readonly Row[] = [
  ["n20_m20_h300", "all", 0.215, 1.44],
  ["n20_m20_h300", "leastBusy.half", 0.085, 1.16, 0.65],
  ["n20_m20_h300", "choices2", 0.077, 1.12],
  ["n20_m20_h300", "leastConnections", 0.026, 1.04],
  ["n20_m20_h1800", "all", 0.214, 1.44],
  ["n20_m20_h1800", "leastBusy.half", 0.074, 1.13, 0.17],
  ["n20_m20_h1800", "choices2", 0.077, 1.12],
  ["n20_m20_h60", "all", 0.214, 1.43],
  ["n20_m20_h60", "leastBusy.half", 0.132, 1.26, 0.96],
  ["n20_m20_h60", "choices2", 0.077, 1.12],
  ["n20_m20_h10", "all", 0.219, 1.45],
  ["n20_m20_h10", "leastBusy.half", 0.219, 1.45],
  ["n20_m20_h10", "choices2", 0.077, 1.12],
  ["n20_m20_h0.5", "all", 0.212, 1.43],
  ["n20_m20_h0.5", "leastBusy.half", 0.212, 1.43],
  ["n20_m20_h0.5", "choices2", 0.077, 1.12],
  ["n10_m100_h300", "all", 0.091, 1.16],
  ["n10_m100_h300", "leastBusy.half", 0.028, 1.05, 0.94],
  ["n10_m100_h300", "choices2", 0.016, 1.02],
  ["n5_m40_h600_t5", "all", 0.13, 1.18],
  ["n5_m40_h600_t5", "leastBusy.half", 0.04, 1.05, 0.25],
  ["n5_m40_h600_t5", "choices2", 0.035, 1.04],
  ["n10_m22_h100_t5", "all", 0.199, 1.34],
  ["n10_m22_h100_t5", "leastBusy.half", 0.085, 1.14, 0.75],
  [speeds, "all", 0.634, 2.74],
  [speeds, "leastBusy.half", 0.102, 1.27, 0.67],
  [speeds, "leastConnections", 0.025, 1.04],
  [mild, "all", 0.293, 1.56],
  [mild, "leastBusy.half", 0.037, 1.06, 0.69],
  [mild, "leastConnections", 0.011, 1.02],
  ["n20_m20_h300.quarter_fails", "all", 0.244, 1.47],
  ["n20_m20_h300.quarter_fails", "leastBusy.half", 0.113, 1.2, 0.64],
  ["n20_m20_h300", "leastBusy.twoThirds", 0.113, 1.2],
  ["n20_m20_h300", "leastBusy.0.75", 0.122, 1.21],
  ["n20_m20_h300", "leastBusy.0.9", 0.171, 1.31],
  ["n10_m22_h100_t5", "leastBusy.twoThirds", 0.104, 1.16],
  ["n20_m20_h1800", "leastBusy.twoThirds", 0.107, 1.18],
  ["n20_m20_h1800", "leastBusy.0.75", 0.117, 1.19],
  ["n20_m20_h1800", "leastBusy.0.9", 0.166, 1.3],
  [speeds, "leastBusy.twoThirds", 0.197, 1.45],
  [speeds, "leastBusy.0.75", 0.258, 1.59],
  [speeds, "leastBusy.0.9", 0.483, 2.16],
  [mild, "leastBusy.twoThirds", 0.06, 1.09],
  [mild, "leastBusy.0.75", 0.096, 1.14],
  [mild, "leastBusy.0.9", 0.179, 1.29],
  ["n20_m20_h300", "meanThreshold", 0.079],
  ["n20_m20_h10", "meanThreshold", 0.331],
  ["n20_m20_h1", "meanThreshold", 0.891],
];

const seeds = 3;
/** Writes per period are told with two digits. */
const writesError = 0.005;
/** Cells that take longer than a second or two. */
const slow: readonly string[] = ["n20_m20_h1800", "n20_m20_h0.5", "n5_m40_h600_t5", mild];

/** Time averages beside the reference table. */
export function referenceTable(quick: boolean): ReadySetSection {
  const compared = rows
    .filter(([cell]) => !quick || !slow.includes(cell))
    .map(([cell, policy, ...reference]) => ({
      name: `${cell}.${policy}`,
      job: connectionJob("steady", { ...cells[cell], ...policies[policy] }, seeds),
      reference,
    }));
  return {
    title: "Time averages beside independent simulations",
    jobs: compared.map(({ job }) => job),
    report: (figuresOf) =>
      reportReadySet(
        "table",
        compared.flatMap(({ name, job, reference: [sd, max, writes] }): Expectation[] => {
          const { sdOverMean, maxOverMean, writesPerPeriod, se, maxSe } = figuresOf(job);
          return [
            beside(`${name}.sd`, sdOverMean, se, sd, { referenceSe: se }),
            ...(max === undefined ? [] : [beside(`${name}.max`, maxOverMean, maxSe, max, { referenceSe: maxSe })]),
            ...(writes === undefined
              ? []
              : [beside(`${name}.writes`, writesPerPeriod, writesError, writes, { referenceSe: writesError })]),
          ];
        }),
      ),
  };
}
