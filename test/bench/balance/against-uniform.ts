import { plainScenario, type Scenario } from "../../../src/lab/sim/scenario.ts";
import { digits, type Report, type Section } from "./check.ts";
import { createJob, type Job, type JobResult } from "./jobs.ts";

/** Worse than even weights by more than this is a failure. */
const worstAllowed = 1.02;

const half = (pods: number): number[] => Array.from({ length: pods }, (_, pod) => (pod < pods / 2 ? 0.75 : 1.25));

interface Pair {
  readonly name: string;
  readonly ours: Job;
  readonly even: Job;
}

/** The ratio of the means and its standard error; both runs had the same requests. */
function compareMeans(ours: JobResult, even: JobResult): { ratio: number; se: number } {
  const ratio = ours.summary.mean / even.summary.mean;
  const differences = ours.batches.flatMap((batches, seed) =>
    batches.map((batch, index) => batch.sum - ratio * even.batches[seed]![index]!.sum),
  );
  const total = even.batches.flat().reduce((sum, batch) => sum + batch.sum, 0);
  const squares = differences.reduce((sum, difference) => sum + difference ** 2, 0);
  return { ratio, se: Math.sqrt(squares) / total };
}

function createPairs(quick: boolean): Pair[] {
  const intervals = quick ? [1, 10, 200] : [0.1, 1, 10, 50, 200];
  const through = { random: {}, edf10: { pick: "edf", dispatchers: 10 } } as const;
  const equal: Partial<Scenario> = { pods: 10 };
  const unequal: Partial<Scenario> = { pods: 10, speeds: half(10) };
  const pairOf = (name: string, change: Partial<Scenario>): Pair => {
    const { updateInterval } = { ...plainScenario, ...change };
    // Many readings take long and few of them are needed; rare ones hardly change anything, which takes long to see.
    const [readings, longest] = quick ? [500, 4_000] : [4_000, updateInterval > 50 ? 40_000 : 15_000];
    const run = { ...change, horizon: Math.max(500, Math.min(readings * updateInterval, longest)), warmUp: 0.3 };
    return {
      name: `T${updateInterval}.${name}`,
      ours: createJob({ ...run, policy: "LeastConnections" }),
      even: createJob({ ...run, policy: "uniform" }),
    };
  };
  return Object.entries(through).flatMap(([how, picking]) =>
    intervals.flatMap((updateInterval) => {
      const at = (name: string, change: Partial<Scenario>): Pair =>
        pairOf(`${name}.${how}`, { load: 0.9, ...change, ...picking, updateInterval });
      return [
        at("equal", equal),
        at("equal.delay_T", { ...equal, delay: updateInterval }),
        at("equal.missing_0.1", { ...equal, missing: 0.1 }),
        at("equal.missing_1", { ...equal, missing: 1 }),
        at("unequal", { ...unequal, load: 0.5 }),
        ...(quick
          ? []
          : [
              at("equal.load_0.5", { ...equal, load: 0.5 }),
              at("equal.missing_0.1.delay_T", { ...equal, missing: 0.1, delay: updateInterval }),
              at("unequal.missing_1", { ...unequal, load: 0.5, missing: 1 }),
              at("unequal.delay_T", { ...unequal, load: 0.5, delay: updateInterval }),
            ]),
      ];
    }),
  );
}

/** LeastConnections beside even weights, wherever these are stable. */
export function againstUniform(quick: boolean): Section {
  const pairs = createPairs(quick);
  return {
    title: "LeastConnections beside even weights",
    jobs: pairs.flatMap(({ ours, even }) => [ours, even]),
    report(resultOf): Report {
      const compared = pairs
        .map(({ name, ours, even }) => ({ name, ...compareMeans(resultOf(ours), resultOf(even)) }))
        .sort((a, b) => b.ratio - a.ratio);
      const worst = compared[0]!;
      const geometric = Math.exp(compared.reduce((sum, { ratio }) => sum + Math.log(ratio), 0) / compared.length);
      const line = ({ name, ratio, se }: (typeof compared)[number]): string =>
        `${name.padEnd(44)}${ratio.toFixed(4).padStart(10)}${`se ${se.toFixed(4)}`.padStart(14)}`;
      return {
        figures: {
          ...Object.fromEntries(compared.map(({ name, ratio }) => [`balance.vs_uniform.${name}`, digits(ratio)])),
          "balance.worst_vs_uniform": digits(worst.ratio),
          "balance.worst_vs_uniform_se": digits(worst.se),
          "balance.mean_vs_uniform": digits(geometric),
        },
        lines: [
          `${compared.length} conditions; the worst, and the best:`,
          ...compared.slice(0, 8).map(line),
          line(compared.at(-1)!),
        ],
        problems: compared
          .filter(({ ratio, se }) => ratio - (quick ? 3 * se : 0) > worstAllowed)
          .map(({ name, ratio }) => `vs_uniform.${name} is ${digits(ratio)}, at most ${worstAllowed}`),
      };
    },
  };
}
