import type { Drain } from "../../api/status.ts";
import type { CostChange } from "../planned.ts";
import type { Observation } from "../world.ts";
import { isMarked } from "./victims.ts";

/**
 * Marks to be taken off pods that are not, or no longer, to be removed. A cost that somebody else gave before the drain
 * is put back.
 */
export function clearedCosts({ pods, status }: Observation, drain: Drain | undefined): CostChange[] {
  const staying = new Set(drain?.pods.map(({ uid }) => uid));
  const before = new Map(status.drain?.pods.map(({ uid, cost }) => [uid, cost]));
  return pods.flatMap(({ pod }): CostChange[] => {
    if (!isMarked(pod) || pod.terminating || staying.has(pod.uid)) return [];
    const cost = before.get(pod.uid);
    return [{ pod, ...(cost !== undefined && { cost }) }];
  });
}
