import { freshForMs } from "../staleness.ts";
import type { Observation } from "../world.ts";
import type { Fleet } from "./fleet.ts";
import type { Gauge } from "./gauges.ts";

/** Sum of a figure on one poll, and how many pods it counts. */
export interface Poll {
  readonly sum: number;
  readonly measured: number;
}

/** The newest poll first. A pod without a fresh reading for a poll is not measured on it. */
export function pollsOf({ pool, now }: Observation, { carriers }: Fleet, { read }: Gauge, count: number): Poll[] {
  const { metrics } = pool.spec;
  if (!metrics) return [];
  return Array.from({ length: count }, (_, index) => {
    const oldest = now - freshForMs(metrics) - index * metrics.interval;
    const figures = carriers
      .filter(({ pod }) => pod.ready)
      .map(({ reading }) => reading?.samples[index])
      .flatMap((sample) => (sample && sample.takenAt >= oldest ? (read(sample) ?? []) : []));
    return { sum: figures.reduce((sum, figure) => sum + figure, 0), measured: figures.length };
  });
}

/** What one gauge shows now. */
export interface Measure extends Poll {
  readonly gauge: Gauge;
  /** Pods that should be there and are absent, not ready, or without a fresh figure. */
  readonly missing: number;
}

export function measure({ replicas, pods, carriers, reserved }: Fleet, gauge: Gauge): Measure {
  const figures = carriers.flatMap(({ pod, sample }) => (pod.ready && sample ? (gauge.read(sample) ?? []) : []));
  const expected = Math.max(replicas, pods.length) - reserved;
  return {
    gauge,
    sum: figures.reduce((sum, figure) => sum + figure, 0),
    measured: figures.length,
    missing: Math.max(0, expected - figures.length),
  };
}

/** A sum that is the limit to the last bit must not cost a pod. */
const rounding = 1e-9;

/** Pods that carry a sum when each is to carry `limit` at most. */
export const podsFor = (sum: number, limit: number): number => Math.ceil(sum / limit - rounding);

export interface Assumption {
  /** Share of each limit that the averages may reach. */
  readonly share: number;
  /** What a pod that is not measured is taken to carry. */
  readonly missing: "idle" | "atLimit";
}

/** The fewest replicas that keep every average within that share of its limit, at least one. */
export function replicasFor(measures: readonly Measure[], { reserved }: Fleet, { share, missing }: Assumption): number {
  const needed = measures.map(({ gauge: { limit }, sum, missing: count }) =>
    podsFor(sum + (missing === "atLimit" ? count * limit : 0), share * limit),
  );
  return Math.max(1, ...needed) + reserved;
}
