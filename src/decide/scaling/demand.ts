import { betweenSamplesMs, freshForMs, isFresh } from "../staleness.ts";
import type { Observation } from "../world.ts";
import type { Fleet, FleetPod } from "./fleet.ts";
import type { Gauge } from "./gauges.ts";

/** Sum of a figure on one poll, and how many pods it counts. */
export interface Poll {
  readonly sum: number;
  readonly measured: number;
}

/** The newest poll first. A pod without a fresh sample that counts is not measured on it. */
export function pollsOf({ pool, now }: Observation, { carriers }: Fleet, { read }: Gauge, count: number): Poll[] {
  const { metrics } = pool.spec;
  if (!metrics) return [];
  return Array.from({ length: count }, (_, index) => {
    const freshMs = freshForMs(metrics) + index * betweenSamplesMs(metrics);
    const figures = carriers
      .filter(({ isServing }) => isServing)
      .map(({ counted }) => counted[index])
      .flatMap((sample) => (sample && isFresh(sample.takenAt, freshMs, now) ? (read(sample) ?? []) : []));
    return { sum: figures.reduce((sum, figure) => sum + figure, 0), measured: figures.length };
  });
}

/** What one gauge shows now. */
export interface Measure extends Poll {
  readonly gauge: Gauge;
  /** Pods that should be there and are absent, not serving, or without a fresh figure that counts. */
  readonly missing: number;
  /** What these may carry together: each as much as the limit, or as it last told while it served if that was more. */
  readonly assumed: number;
}

export function measure({ replicas, pods, carriers, reserved }: Fleet, gauge: Gauge): Measure {
  const figureOf = ({ isServing, isWarmingUp, sample }: FleetPod): number | undefined =>
    isServing && !isWarmingUp && sample ? gauge.read(sample) : undefined;
  const figures = carriers.flatMap((carrier) => figureOf(carrier) ?? []);
  const last = carriers
    .filter((carrier) => figureOf(carrier) === undefined)
    .map(({ counted }) => {
      const last = counted.find((sample) => sample !== undefined);
      return (last && gauge.read(last)) ?? 0;
    });
  const absent = Math.max(0, Math.max(replicas, pods.length) - reserved - carriers.length);
  return {
    gauge,
    sum: figures.reduce((sum, figure) => sum + figure, 0),
    measured: figures.length,
    missing: last.length + absent,
    assumed: last.reduce((sum, figure) => sum + Math.max(gauge.limit, figure), absent * gauge.limit),
  };
}

/** A sum that is the limit to the last bit must not cost a pod. */
const rounding = 1e-9;

/** Pods that carry a sum when each is to carry `limit` at most. */
export const podsFor = (sum: number, limit: number): number => Math.ceil(sum / limit - rounding);

/**
 * Pods that are added for those that are lost: no more than the load needs at all. Where those that are added are lost,
 * too, still more of them would be no help.
 */
export const replacementsFor = ({ lost }: Fleet, needed: number): number => Math.min(lost, needed);

export interface Assumption {
  /** Share of each limit that the averages may reach. */
  readonly share: number;
  /** What a pod that is not measured is taken to carry. One that is lost is no help either way. */
  readonly missing: "idle" | "atLimit";
}

/** The fewest replicas that keep every average within that share of its limit, at least one. */
export function replicasFor(measures: readonly Measure[], fleet: Fleet, { share, missing }: Assumption): number {
  const { reserved, lost } = fleet;
  const needed = measures.map(({ gauge: { limit }, sum, assumed }) =>
    podsFor(sum + (missing === "atLimit" ? assumed : 0), share * limit),
  );
  return Math.max(1, ...needed) + reserved + (missing === "idle" ? lost : 0);
}
