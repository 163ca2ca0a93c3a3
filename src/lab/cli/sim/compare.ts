import type { StrategyType } from "../../../api/pool.ts";
import type { Recorder } from "../../sim/recorder.ts";
import type { PolicyName, Scenario } from "../../sim/scenario.ts";
import { type Summary, summarize } from "../../sim/summary.ts";
import type { openProgress } from "./progress.ts";
import type { QueueConfig } from "./read-config.ts";
import { runSeeds } from "./run-seeds.ts";

/** A way to carry the traffic, and what came of it. */
export interface Row {
  readonly name: string;
  /** Whether it is the strategy that was asked for. */
  readonly asked: boolean;
  readonly summary: Summary;
  /** Queues were still growing when the run ended: the figures say how far, not where they settle. */
  readonly grows: boolean;
}

export interface Point {
  readonly interval: number;
  readonly mean: number;
}

export interface PolicyComparison {
  readonly rows: readonly Row[];
  /** Mean response by the interval between readings. */
  readonly curves: readonly { readonly name: string; readonly mark: string; readonly points: readonly Point[] }[];
}

interface Way {
  readonly name: string;
  readonly scenario: Scenario;
}

/** For the curves: shorter runs, fewer pairs of eyes. */
const curveHorizon = 4_000;
const curveIntervals = [0.3, 1, 3, 10, 30, 60, 100, 200];

function waysOf({ scenario, strategy }: QueueConfig): readonly (Way & { readonly asked: boolean })[] {
  const { dispatchers } = scenario;
  const many = dispatchers === 1 ? "one client's turns" : `${dispatchers} clients' turns`;
  const way = (policy: PolicyName, name: string, change: Partial<Scenario> = {}) => ({
    name,
    asked: policy === strategy,
    scenario: { ...scenario, policy, pick: "random" as const, ...change },
  });
  // Even weights have their rows already.
  const weighted = new Set<StrategyType>(["LeastConnections", strategy]);
  weighted.delete("Random");
  weighted.delete("RoundRobin");
  return [
    way("Random", "Random: a Service with kube-proxy"),
    way("RoundRobin", `RoundRobin, ${many}`, { pick: "edf" }),
    ...[...weighted].flatMap((policy) => [
      way(policy, `${policy}, weighted at random`),
      way(policy, `${policy}, ${many}`, { pick: "edf" }),
    ]),
    way("choices2", "two choices on the last reading"),
    way("strict", "strict: all to the first of the list"),
    way("choices2", "two choices on fresh counts", { updateInterval: 0, delay: 0, missing: 0 }),
  ];
}

/** Whether the last quarter is much worse than the first one. */
function isGrowing(recorders: readonly Recorder[]): boolean {
  const quarter = (from: number): number => {
    const parts = recorders.flatMap(({ batches }) =>
      batches.slice((from * batches.length) / 4, ((from + 1) * batches.length) / 4),
    );
    return parts.reduce((total, { sum }) => total + sum, 0) / parts.reduce((total, { count }) => total + count, 0);
  };
  return quarter(3) > 2 * quarter(0);
}

/** The ways to carry a pool's traffic at its numbers, and how they do at other intervals. */
export async function compare(
  config: QueueConfig,
  signal: AbortSignal,
  progress: ReturnType<typeof openProgress>,
): Promise<PolicyComparison> {
  const rows: Row[] = [];
  for (const { name, asked, scenario } of waysOf(config)) {
    const recorders = await runSeeds(scenario, config.seeds, signal, (share) => progress.show(name, share));
    rows.push({ name, asked, summary: summarize(recorders), grows: isGrowing(recorders) });
  }
  const { scenario, strategy } = config;
  const horizon = Math.min(curveHorizon, scenario.horizon);
  const drawn = (policy: PolicyName): Scenario => ({ ...scenario, horizon, policy });
  const plan = [
    { mark: "r", name: "at random", scenario: drawn("random") },
    { mark: "s", name: "strict list", scenario: drawn("strict") },
    ...(strategy === "Random"
      ? []
      : [{ mark: "o", name: strategy, scenario: { ...drawn(strategy), pick: scenario.pick } }]),
  ];
  const curves = [];
  for (const { mark, name, scenario: base } of plan) {
    const points: Point[] = [];
    for (const interval of curveIntervals) {
      const delay = Math.min(base.delay, interval);
      const at = { ...base, updateInterval: interval, delay, horizon: Math.max(horizon, 30 * interval) };
      const show = (share: number): void => progress.show(`${name}, reading every ${interval} service times`, share);
      points.push({ interval, mean: summarize(await runSeeds(at, 1, signal, show)).mean });
    }
    curves.push({ name, mark, points });
  }
  return { rows, curves };
}
