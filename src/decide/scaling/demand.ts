import { rounded } from "../basics/rounded.ts";
import { betweenSamplesMs, freshForMs, isFresh } from "../samples/staleness.ts";
import type { Observation } from "../world.ts";
import type { Fleet, FleetPod } from "./fleet.ts";
import type { Gauge } from "./gauges.ts";

/** Sum of a figure on one poll, and how many pods it counts. */
export interface Poll {
  readonly sum: number;
  readonly measured: number;
}

/** Which of a pod's samples polls are made of, the newest first. */
export type PollView = (counted: FleetPod["counted"]) => FleetPod["counted"];

/** The newest poll first. A pod without a fresh sample that counts is not measured on it. */
export function pollsOf(
  { pool, now }: Observation,
  { carriers }: Fleet,
  { read }: Gauge,
  count: number,
  view: PollView,
): Poll[] {
  const { metrics } = pool.spec;
  if (!metrics) return [];
  const seen = carriers.map(({ isServing, counted }) => (isServing ? view(counted) : []));
  return Array.from({ length: count }, (_, index) => {
    const freshMs = freshForMs(metrics) + index * betweenSamplesMs(metrics);
    let [sum, measured] = [0, 0];
    for (const { [index]: sample } of seen) {
      const figure = sample && isFresh(sample.takenAt, freshMs, now) ? read(sample) : undefined;
      if (figure === undefined) continue;
      sum += figure;
      measured += 1;
    }
    return { sum, measured };
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
  const absent = Math.max(0, Math.max(replicas, pods.length) - reserved - carriers.length);
  let [sum, measured, assumed] = [0, 0, absent * gauge.limit];
  for (const carrier of carriers) {
    const figure = figureOf(carrier);
    if (figure === undefined) {
      const last = carrier.counted.find((sample) => sample !== undefined);
      assumed += Math.max(gauge.limit, (last && gauge.read(last)) ?? 0);
    } else {
      sum += figure;
      measured += 1;
    }
  }
  return { gauge, sum, measured, missing: carriers.length - measured + absent, assumed };
}

/** Pods that carry a sum when each is to carry `limit` at most. A sum that is the limit to the last bit must not cost one. */
export const podsFor = (sum: number, limit: number): number => Math.ceil(rounded(sum / limit));

/** The same as it is written. */
export const podsFormula = (sum: string, limit: string): string => `ceil(rounded(${sum} / ${limit}))`;

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
  /** Of the pods drained by hand, those that go; absent: none. */
  readonly leaving?: number;
}

/** The fewest replicas that keep every average within that share of its limit, at least one. */
export function replicasFor(
  measures: readonly Measure[],
  { reserved, lost }: Fleet,
  { share, missing, leaving = 0 }: Assumption,
): number {
  const needed = measures.map(({ gauge: { limit }, sum, assumed }) =>
    podsFor(sum + (missing === "atLimit" ? assumed : 0), share * limit),
  );
  return Math.max(1, ...needed) + reserved - leaving + (missing === "idle" ? lost : 0);
}
