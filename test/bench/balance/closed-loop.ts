import type { PolicyName, Scenario } from "../../../src/lab/sim/scenario.ts";
import { type Check, check, createCheckSection, type Report, type Section } from "./check.ts";

const half = (pods: number): number[] => Array.from({ length: pods }, (_, pod) => (pod < pods / 2 ? 0.75 : 1.25));
const policies = ["LeastConnections", "capacityLI", "capacity", "oracleProportional", "oracleOptimum"] as const;
const through = (schedulers: number): Partial<Scenario> => ({ pick: "edf", dispatchers: schedulers });

const twenty: Partial<Scenario> = { pods: 20, load: 0.7, speeds: half(20) };
const oneSlow: Partial<Scenario> = { pods: 10, load: 0.7, speeds: [...Array<number>(9).fill(1), 0.25] };

// Mean response by policy in the order above, from an independent simulation.
const rows: readonly (readonly [string, Partial<Scenario>, readonly number[]])[] = [
  ["n20.T10.random", { ...twenty, updateInterval: 10 }, [2.722, 2.771, 3.288, 3.337, 3.256]],
  ["n20.T50.random", { ...twenty, updateInterval: 50 }, [3.188, 3.243, 3.364, 3.337, 3.256]],
  ["n20.T10.edf1", { ...twenty, updateInterval: 10, ...through(1) }, [1.803, 1.842, 1.978, 1.984, 1.944]],
  ["n20.T10.edf10", { ...twenty, updateInterval: 10, ...through(10) }, [2.354, 2.401, 2.657, 2.684, 2.612]],
  ["n20.T50.edf10", { ...twenty, updateInterval: 50, ...through(10) }, [2.442, 2.487, 2.525, 2.507, 2.452]],
  [
    "n10.T60.edf1",
    { pods: 10, load: 0.8, speeds: half(10), updateInterval: 60, ...through(1) },
    [2.843, 2.875, 2.949, 2.939, 2.89],
  ],
  ["n10_one_slow.T1.random", { ...oneSlow, updateInterval: 1 }, [1.754, 1.848, 2.863, 3.313, 3.209]],
];

// Even shares saturate the slow pods nearly: noisy, so their reference is too.
const even: readonly (readonly [string, Partial<Scenario>, number])[] = [
  ["n20.T10.edf1", { ...twenty, updateInterval: 10, ...through(1) }, 6.159],
  ["n20.T10.edf10", { ...twenty, updateInterval: 10, ...through(10) }, 7.617],
  ["n20.T50.edf10", { ...twenty, updateInterval: 50, ...through(10) }, 6.828],
];

// One run each in the reference: policy, gain, at T = 10, at T = 50.
const feedback: readonly (readonly [PolicyName, number, number, number])[] = [
  ["loadIntegrator", 0.1, 3.43, 3.41],
  ["loadIntegrator", 0.25, 3.58, 3.51],
  ["loadIntegrator", 0.5, 3.88, 3.69],
  ["loadIntegrator", 1, 4.8, 4.38],
  ["averageInverse", 1, 3.79, 12.8],
  ["averageInverse", 0.3, 3.5, 4.65],
  ["averageInverse", 0.1, 3.66, 4.13],
  ["inverseResponse", 1, 17.3, 93.8],
  ["inverseResponse", 0.3, 3.96, 4.15],
  ["basicLI", 0, 3.22, 4.85],
];

const limits = [
  ["lc_T10", "n20.T10.random", 2.75],
  ["lc_T50", "n20.T50.random", 3.23],
  ["lc_T10_edf10", "n20.T10.edf10", 2.38],
  ["lc_T50_edf10", "n20.T50.edf10", 2.48],
] as const;

/** Rules that know no load and no speed, over unequal pods; LeastConnections among them, and what it may cost. */
export function closedLoop(quick: boolean): Section {
  const run = { horizon: quick ? 6_000 : 30_000, warmUp: 0.3 };
  const checks: Check[] = [
    ...rows.flatMap(([name, change, means]) =>
      policies.map((policy, index) => {
        const { updateInterval } = change;
        // What has to keep a limit is measured longer; many readings take long.
        const limited = !quick && policy === "LeastConnections" && limits.some(([, of]) => of === name);
        const horizon = limited ? 60_000 : Math.min(run.horizon, (quick ? 2_000 : 10_000) * updateInterval!);
        const seeds = limited && updateInterval! > 10 ? 8 : 3;
        return check(`${policy}.${name}`, { ...change, ...run, horizon, policy }, means[index]!, {
          bound: 0.02,
          seeds,
        });
      }),
    ),
    ...even.map(([name, change, mean]) =>
      check(`uniform.${name}`, { ...change, ...run, policy: "uniform" }, mean, { bound: 0.06 }),
    ),
  ];
  const section = createCheckSection("Unequal pods, rules that estimate", "closed_loop", checks);
  return {
    ...section,
    report(resultOf): Report {
      const report = section.report(resultOf);
      const means = limits.map(([name, of, limit]) => {
        const { job } = checks.find((each) => each.name === `LeastConnections.${of}`)!;
        return { name, limit, ...resultOf(job).summary };
      });
      // A short run may miss the limit by chance.
      const above = means.filter(({ mean, se, limit }) => mean - (quick ? 3 * se : 0) > limit);
      return {
        figures: {
          ...report.figures,
          ...Object.fromEntries(means.map(({ name, mean }) => [`balance.${name}`, Number(mean.toPrecision(5))])),
        },
        lines: report.lines,
        problems: [...report.problems, ...above.map(({ name, mean, limit }) => `${name}: ${mean}, at most ${limit}`)],
      };
    },
  };
}

/** Rules that feed numbers back, and what comes of it. The references are single runs. */
export function feedbackRules(quick: boolean): Section {
  const run = { horizon: quick ? 4_000 : 20_000, warmUp: 0.3 };
  const checks = feedback.flatMap(([policy, gain, ...means]) =>
    [10, 50].map((updateInterval, index) =>
      check(
        `${policy}_${gain}.n20.T${updateInterval}.random`,
        { ...twenty, ...run, policy, gain, updateInterval },
        means[index]!,
        { bound: 0.05 },
      ),
    ),
  );
  return createCheckSection("Unequal pods, rules that feed back", "feedback", checks);
}
