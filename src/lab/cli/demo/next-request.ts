import type { Random } from "../../sim/random.ts";

/** Who is further behind than this, because the machine is busy, sends no more of what is due. */
const mostBehindMs = 50;

/**
 * When the next of so many requests a second is due, which come by chance: `dueAtMs` is when the last one was, on the same
 * clock as `nowMs`. What could not be sent in time is left out: it would take the time of what comes next, for good.
 */
export function nextRequestAt(dueAtMs: number, nowMs: number, perSecond: number, random: Random): number {
  return Math.max(dueAtMs, nowMs - mostBehindMs) + (random.exponential() * 1_000) / perSecond;
}
