import { ByPod, columnOf, Roster } from "../../basics/by-pod.ts";
import { sum } from "../../basics/mean.ts";
import { withinCount, withinShare, withinTime } from "./limits.ts";
import { nothing, type PodMemory, type RootState } from "./state.ts";

/** What one pod did in an interval. What is not known is absent, never 0. */
export interface PodInterval {
  /** Unique in the pool. */
  readonly id: string;
  /** Requests completed. */
  readonly completions?: number;
  /** Share of the interval in which the pod was busy, 0 to 1. */
  readonly busy?: number;
  /** Requests in flight at the end. */
  readonly queue?: number;
  /** Length of this pod's interval, where it differs from the pool's. */
  readonly intervalS?: number;
}

/** What a pool did in an interval, and how its new weights will be used. */
export interface PoolInterval {
  /** Length of the interval that ended, and of the one in which the new weights will be in force. */
  readonly intervalS: number;
  /** From the samples until the weights are in force. */
  readonly delayS: number;
  readonly pods: readonly PodInterval[];
  /** Shares of the traffic by the weights in force now, in any scale. A pod that is absent gets none. */
  readonly shares: ReadonlyMap<string, number>;
  /** Mean service time, the rule's unit of time; by default the pods' busy time per completion. */
  readonly serviceTimeS?: number;
  /** Weights that a life before had put in force, by what it had learned of the pods; in any scale. */
  readonly inherited?: ReadonlyMap<string, number>;
  /** Requests per second that the pool gets, where somebody knows better than the pods. */
  readonly lambda?: number;
}

/** A pod with what is remembered of it. */
export interface KnownPod {
  readonly id: string;
  readonly completions: number | undefined;
  readonly busy: number | undefined;
  readonly queue: number | undefined;
  readonly intervalS: number;
  /** Of the traffic to the pods present: these sum to 1. */
  readonly share: number;
  readonly memory: PodMemory;
}

/**
 * The pods with their memories, by id: sums then do not depend on the order in which the pods come.
 * Pods that left are forgotten, and the pods that stayed share their traffic.
 */
export function recall(state: RootState, { intervalS, pods, shares }: PoolInterval): KnownPod[] {
  const sorted = pods.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const roster = new Roster(sorted.map(({ id }) => id));
  const memories = columnOf(new ByPod(new Roster(state.pods.map(({ id }) => id)), state.pods), roster);
  const present = columnOf(shares, roster).map((share) => withinCount(share ?? 0));
  const total = sum(present);
  return sorted.map((pod, index) => ({
    id: pod.id,
    intervalS: withinTime(pod.intervalS ?? intervalS),
    completions: pod.completions === undefined ? undefined : withinCount(pod.completions),
    busy: pod.busy === undefined ? undefined : withinShare(pod.busy),
    queue: pod.queue === undefined ? undefined : withinCount(pod.queue),
    share: total > 0 ? present[index]! / total : 1 / pods.length,
    memory: memories[index] ?? { id: pod.id, long: nothing, recent: nothing },
  }));
}
