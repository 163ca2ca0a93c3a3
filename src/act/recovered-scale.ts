import type { LastScale, PoolStatus } from "../api/status.ts";
import { toTime } from "../api/time.ts";
import type { Target } from "../decide/target.ts";

/**
 * A scale by this operator that status does not tell of, as its leader ended between the two. The API server keeps who
 * wrote the replicas, though not when: the step that it belongs to begins now. What they were before, status tells.
 */
export function recoveredScale(
  { replicas, replicasBy }: Target,
  status: PoolStatus,
  now: number,
): LastScale | undefined {
  const { lastScale } = status;
  if (!replicasBy?.isOwn || lastScale?.to === replicas) return undefined;
  const from = status.replicas === replicas ? lastScale?.to : status.replicas;
  if (from === undefined) return undefined;
  const time = toTime(now);
  return {
    time,
    from,
    to: replicas,
    reason: "ScaleRecovered",
    message: `${replicas} replicas instead of ${from}, written by an operator that ended before it could tell of it.`,
    step: { time, from },
  };
}
