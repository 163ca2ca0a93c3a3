import type { Candidate } from "../membership/eligible.ts";
import type { Observation } from "../world.ts";

/** Weight of a pod that has just become ready, of its own (Envoy's slow start). */
export const floor = 0.1;

/** After this time, or three intervals if they take longer, the numbers of a new pod count (gRFC A58's blackout). */
const blackoutMs = 10_000;

type Moment = Pick<Observation, "pool" | "now">;

/**
 * How long the pod has been ready, and let in by its probe; undefined where nobody knows. The API server's clock may be
 * ahead.
 */
export function readyForMs({ pod: { readyChangedAt }, backAt }: Candidate, now: number): number | undefined {
  const since = Math.max(readyChangedAt ?? Number.NEGATIVE_INFINITY, backAt ?? Number.NEGATIVE_INFINITY);
  return Number.isFinite(since) ? Math.max(0, now - since) : undefined;
}

/** The share of its weight that a pod gets so long after it became ready. */
export function slowStart(candidate: Candidate, { pool, now }: Moment): number {
  const windowMs = pool.spec.strategy.slowStart;
  const readyMs = readyForMs(candidate, now) ?? windowMs;
  return readyMs >= windowMs ? 1 : Math.max(floor, readyMs / windowMs);
}

/** Whether the pod is too new for its own numbers to count: it looks idle because nobody knows it yet. */
export function isNew(candidate: Candidate, { pool, now }: Moment): boolean {
  const readyMs = readyForMs(candidate, now);
  return readyMs !== undefined && readyMs < Math.max(blackoutMs, 3 * (pool.spec.metrics?.interval ?? 0));
}
