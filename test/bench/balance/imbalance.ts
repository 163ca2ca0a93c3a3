import type { PolicyName } from "../../../src/lab/sim/scenario.ts";
import type { Section } from "./check.ts";
import { type Expectation, reportExpectations } from "./expectation.ts";
import { createJob } from "./jobs.ts";

const interval = 50;
/** A window in which noise hides what is to be seen, and one in which it hardly does, in intervals. */
const windows = { short: 1, long: 80 };

/** Speeds spread evenly over 1 ± spread, and the load: what hardware makes of even weights. */
const fleets = [
  { name: "n20", pods: 20, spread: 0.22, load: 0.7 },
  { name: "n100", pods: 100, spread: 0.22, load: 0.7 },
  { name: "n20_wide", pods: 20, spread: 0.31, load: 0.6 },
] as const;

const policies: readonly PolicyName[] = [
  "uniform",
  "oracleProportional",
  "loadIntegrator",
  "LeastConnections",
  "LeastLoad",
];

/** They move weights until all are equally busy. */
const balances: readonly PolicyName[] = ["loadIntegrator", "LeastLoad"];

/** Expected largest of so many standard normals. */
const largestNormal: Readonly<Record<number, number>> = { 20: 1.87, 100: 2.51 };

const speedsOf = (pods: number, spread: number): number[] =>
  Array.from({ length: pods }, (_, pod) => 1 - spread + (2 * spread * (pod + 0.5)) / pods);

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** What chance alone makes of the busiest of equally loaded pods, over the mean; no pod is more than always busy. */
const noiseFloor = (pods: number, load: number, windowLength: number): number =>
  Math.min(1 / load, 1 + largestNormal[pods]! * Math.sqrt(2 / (load * windowLength)));

/** The busiest pod over the mean with even weights, and with the best fixed ones, which use fast pods more. */
const evenMax = (speeds: readonly number[]): number => {
  const shares = speeds.map((speed) => 1 / speed);
  return (Math.max(...shares) * shares.length) / sum(shares);
};
const bestMax = (speeds: readonly number[], load: number): number => {
  const roots = speeds.map(Math.sqrt);
  const spare = (sum(speeds) * (1 - load)) / sum(roots);
  const shares = roots.map((root) => 1 - spare / root);
  return (Math.max(...shares) * shares.length) / sum(shares);
};

/** Robinhood balances to this where even weights leave what spreads of 0.22 and 0.31 do. */
const robinhood: Readonly<Record<number, number>> = { 0.22: 1.01, 0.31: 1.05 };

/** The busiest pod, and the one at the 99th percentile, over the mean: averages over windows of so many readings. */
function imbalanceOf(traces: readonly (readonly Float64Array[])[], length: number): { max: number; p99: number } {
  const found = traces.flatMap((rows) =>
    Array.from({ length: Math.floor(rows.length / length) }, (_, index) => {
      const window = rows.slice(index * length, (index + 1) * length);
      const busy = Array.from(window[0]!, (_, pod) => sum(window.map((row) => row[pod]!))).sort((a, b) => a - b);
      const mean = sum(busy) / busy.length;
      return { max: busy.at(-1)! / mean, p99: busy[Math.ceil(0.99 * busy.length) - 1]! / mean };
    }),
  );
  return { max: sum(found.map(({ max }) => max)) / found.length, p99: sum(found.map(({ p99 }) => p99)) / found.length };
}

/** How much busier the busiest pod is than the mean, where hardware differs. */
export function imbalance(quick: boolean): Section {
  const cells = (quick ? fleets.slice(0, 1) : fleets).flatMap(({ name, pods, spread, load }) =>
    policies.map((policy) => {
      const speeds = speedsOf(pods, spread);
      // Of many pods one window shows as much as many of few.
      const horizon = quick ? 20_000 : pods > 20 ? 24_000 : 50_000;
      const change = { pods, speeds, load, policy, gain: 0.1, updateInterval: interval, horizon, warmUp: 0.4 };
      return { name, pods, spread, speeds, load, policy, job: createJob(change, { trace: "busy" }) };
    }),
  );
  return {
    title: `Imbalance, the busiest pod over the mean, over ${windows.short * interval} and ${windows.long * interval} service times`,
    jobs: cells.map(({ job }) => job),
    report(resultOf) {
      const rows = cells.flatMap(({ name, pods, spread, speeds, load, policy, job }): Expectation[] => {
        const { trace } = resultOf(job);
        const [short, long] = [windows.short, windows.long].map((length) => imbalanceOf(trace, length));
        const [shortFloor, longFloor] = [windows.short, windows.long].map((length) =>
          noiseFloor(pods, load, length * interval),
        );
        const start = `${name}.${policy}`;
        const oracle = policy === "oracleProportional";
        const even = evenMax(speeds);
        const best = bestMax(speeds, load);
        return [
          {
            name: `${start}.max_short`,
            value: short!.max,
            ...(oracle && { reference: shortFloor!, least: 0.95 * shortFloor!, most: 1.02 * shortFloor! }),
          },
          {
            name: `${start}.max_long`,
            value: long!.max,
            ...(oracle && { reference: longFloor!, least: 0.98 * longFloor!, most: 1.02 * longFloor! }),
            // What noise adds to a known order is less than what it adds to none.
            ...(policy === "uniform" && { reference: even, least: 0.98 * even, most: even * longFloor! }),
            ...(policy === "LeastConnections" && { reference: best, least: 0.98 * best, most: best * longFloor! }),
            ...(balances.includes(policy) && { reference: robinhood[spread]!, most: longFloor! }),
          },
          { name: `${start}.p99_long`, value: long!.p99 },
        ];
      });
      return reportExpectations("imbalance", rows);
    },
  };
}
