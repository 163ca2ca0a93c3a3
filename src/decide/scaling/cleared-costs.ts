import { defined } from "../../api/defined.ts";
import type { Drain } from "../../api/status.ts";
import type { CostChange } from "../planned.ts";
import type { Observation, Pod } from "../world.ts";
import { isMarked } from "./victims.ts";

/**
 * How one pool's mark comes off a pod: the last of several puts a cost back that somebody else gave before the drain.
 * Absent, the pool: a mark that tells none.
 */
export function clearedCost(pod: Pod, pool: string | undefined, before?: number): CostChange {
  const { pools = [], given = before } = pod.deletionCost ?? {};
  const isLast = pools.every((uid) => uid === pool);
  return { pod, ...defined({ pool }), ...(isLast && given !== undefined && { cost: given }) };
}

/**
 * The pool's own marks, to be taken off pods that are not, or no longer, to be removed. One that tells no pool is its own
 * where its status tells of a drain of that pod.
 */
export function clearedCosts({ pool, pods, status }: Observation, drain: Drain | undefined): CostChange[] {
  const leaving = new Set(drain?.pods.map(({ uid }) => uid));
  const before = new Map(status.drain?.pods.map(({ uid, cost }) => [uid, cost]));
  return pods.flatMap(({ pod }): CostChange[] => {
    if (!isMarked(pod) || pod.terminating || leaving.has(pod.uid)) return [];
    const pools = pod.deletionCost?.pools;
    if (!(pools ? pools.includes(pool.uid) : before.has(pod.uid))) return [];
    return [clearedCost(pod, pools && pool.uid, before.get(pod.uid))];
  });
}
