import type { ConnectionScenario } from "../../../src/lab/sim/connections/scenario.ts";
import type { Expectation } from "../balance/expectation.ts";
import { connectionJob } from "./jobs.ts";
import { beside, type ReadySetSection, reportReadySet } from "./section.ts";

const columns = {
  plain: { policy: "all" },
  "half.no_brake": { policy: "leastBusy", floor: 1 / 2, brake: false },
  half: { policy: "leastBusy", floor: 1 / 2 },
  "twoThirds.no_brake": { policy: "leastBusy", brake: false },
  twoThirds: { policy: "leastBusy" },
} as const satisfies Record<string, Partial<ConnectionScenario>>;

type Triple = readonly [peak: number, maxOverMean: number, sdOverMean: number];

// Pods, connections, seconds in which all come back, and what an independent simulation of 40 seeds says of the columns.
const rows: readonly (readonly [number, number, number, readonly Triple[]])[] = [
  [
    20,
    20,
    1,
    [
      [1.66, 1.46, 0.215],
      [2.55, 1.74, 0.419],
      [2.54, 1.73, 0.406],
      [1.94, 1.46, 0.362],
      [1.93, 1.46, 0.364],
    ],
  ],
  [
    20,
    20,
    5,
    [
      [1.65, 1.45, 0.21],
      [2.54, 1.74, 0.412],
      [1.72, 1.29, 0.138],
      [1.93, 1.46, 0.358],
      [1.54, 1.26, 0.145],
    ],
  ],
  [
    20,
    20,
    20,
    [
      [1.63, 1.43, 0.212],
      [1.47, 1.22, 0.102],
      [1.35, 1.18, 0.095],
      [1.47, 1.24, 0.137],
      [1.38, 1.22, 0.125],
    ],
  ],
  [
    10,
    100,
    1,
    [
      [1.25, 1.17, 0.096],
      [1.71, 1.26, 0.253],
      [1.71, 1.25, 0.243],
      [1.6, 1.27, 0.323],
      [1.6, 1.26, 0.321],
    ],
  ],
  [
    10,
    100,
    5,
    [
      [1.25, 1.16, 0.092],
      [1.71, 1.25, 0.246],
      [1.28, 1.08, 0.051],
      [1.59, 1.26, 0.324],
      [1.25, 1.09, 0.068],
    ],
  ],
  [
    10,
    100,
    20,
    [
      [1.23, 1.15, 0.091],
      [1.42, 1.11, 0.058],
      [1.14, 1.05, 0.032],
      [1.33, 1.1, 0.071],
      [1.13, 1.06, 0.036],
    ],
  ],
];
/** Its error: a hundredth, or what as few seeds have here. */
const referenceSeeds = 40;
const referenceError = 0.01;
/** No operator does without the brake: without it simulators differ by so much, and nothing depends on it. */
const withoutBrake = 0.06;

/** Seconds from which on a crowd must be no worse than behind a plain Service. */
const slowFrom = 5;

/** All connections are lost, and come back: how bad it gets, and how it heals. */
export function crowds(quick: boolean): ReadySetSection {
  const seeds = quick ? 50 : 200;
  const compared = rows.map(([pods, connections, crowd, references]) => {
    const at = (change: Partial<ConnectionScenario>) =>
      connectionJob("crowd", { pods, connections, crowd, ...change }, seeds);
    return {
      name: `n${pods}_m${connections}_r${crowd}`,
      pods,
      crowd,
      learned: at({ policy: "leastBusy" }),
      plain: at(columns.plain),
      cells: Object.entries(columns).map(([column, change], index) => ({
        column,
        job: at({ told: true, ...change }),
        reference: references[index]!,
      })),
    };
  });
  return {
    title: "A crowd that comes back: peak and mean of max/mean, mean of sd/mean",
    jobs: compared.flatMap(({ learned, plain, cells }) => [learned, plain, ...cells.map(({ job }) => job)]),
    report: (figuresOf) =>
      reportReadySet(
        "crowd",
        compared.flatMap(({ name, pods, crowd, learned, plain, cells }): Expectation[] => {
          const [own, all] = [figuresOf(learned), figuresOf(plain)];
          const most = (plainly: number, plainSe: number, se: number): number => plainly + 3 * Math.hypot(se, plainSe);
          const slow = crowd >= slowFrom;
          return [
            ...cells.flatMap(({ column, job, reference: [peak, max, sd] }) => {
              const figures = figuresOf(job);
              const row = (measure: string, value: number, se: number, reference: number): Expectation => {
                const referenceSe = Math.max(referenceError * reference, se * Math.sqrt(seeds / referenceSeeds));
                const bound = column.endsWith(".no_brake") ? withoutBrake : undefined;
                return beside(`${name}.${column}.${measure}`, value, se, reference, { referenceSe, bound });
              };
              return [
                row("peak", figures.peak, figures.peakSe, peak),
                row("max", figures.maxOverMean, figures.maxSe, max),
                row("sd", figures.sdOverMean, figures.se, sd),
              ];
            }),
            {
              name: `${name}.learned.peak_beside_plain`,
              value: own.peak,
              reference: all.peak,
              most: slow ? most(all.peak, all.peakSe, own.peakSe) : (pods / Math.ceil((2 / 3) * pods)) * all.peak,
            },
            {
              name: `${name}.learned.max_beside_plain`,
              value: own.maxOverMean,
              reference: all.maxOverMean,
              ...(slow && { most: most(all.maxOverMean, all.maxSe, own.maxSe) }),
            },
          ];
        }),
      ),
  };
}
