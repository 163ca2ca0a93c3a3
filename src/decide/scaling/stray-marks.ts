import type { Drain } from "../../api/status.ts";
import type { CostChange } from "../planned.ts";
import type { Pod } from "../world.ts";
import { clearedCost } from "./cleared-costs.ts";
import { isMarked } from "./victims.ts";

/** The drain that a pool's status tells of. */
export interface PoolDrain {
  /** Of the pool. */
  readonly uid: string;
  readonly name: string;
  readonly drain: Drain;
}

/**
 * Marks that no drain stands behind, to be taken off: of pools that are gone, or whose drain is about other pods by now.
 * `drains` are those of all pools of the namespace, with the UID of each. Of several on one pod, one: the others come after it.
 */
export function strayMarks(pods: Iterable<Pod>, drains: readonly PoolDrain[]): CostChange[] {
  const drained = new Map(drains.map(({ uid: pool, drain }) => [pool, new Set(drain.pods.map(({ uid }) => uid))]));
  return [...pods].flatMap((pod): CostChange[] => {
    if (!isMarked(pod) || pod.terminating) return [];
    const pools = pod.deletionCost?.pools;
    if (!pools) return [...drained.values()].some((uids) => uids.has(pod.uid)) ? [] : [clearedCost(pod, undefined)];
    const stray = pools.find((pool) => !drained.get(pool)?.has(pod.uid));
    return stray === undefined ? [] : [clearedCost(pod, stray)];
  });
}
