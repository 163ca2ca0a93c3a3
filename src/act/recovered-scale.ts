import type { LastScale, PoolStatus } from "../api/status.ts";
import { parseTime, toTime } from "../api/time.ts";
import type { Target } from "../decide/world.ts";

/** Times of managed fields are whole seconds. */
const secondMs = 1_000;

/**
 * A scale by this operator that status does not tell of, as its leader ended between the two. The API server keeps who
 * wrote the replicas, and when; what they were before, status tells.
 */
export function recoveredScale({ replicas, replicasBy }: Target, status: PoolStatus): LastScale | undefined {
  const { lastScale } = status;
  if (!replicasBy?.isOwn || replicasBy.at === undefined || lastScale?.to === replicas) return undefined;
  if (lastScale && replicasBy.at + secondMs < parseTime(lastScale.time)) return undefined;
  const from = status.replicas === replicas ? lastScale?.to : status.replicas;
  if (from === undefined) return undefined;
  const time = toTime(replicasBy.at);
  return {
    time,
    from,
    to: replicas,
    reason: "ScaleRecovered",
    message: `${replicas} replicas instead of ${from}, written by an operator that ended before it could tell of it.`,
    step: { time, from },
  };
}
