import { hash } from "../basics/hash.ts";
import type { Pool } from "../world.ts";

/** When periods begin: `offsetMs` after multiples of their length. */
export interface Period {
  readonly periodMs: number;
  readonly offsetMs: number;
}

/** Those of a pool: each pool's at its own time, the same on all replicas. */
export function periodOf({ uid, spec: { publish } }: Pick<Pool, "uid" | "spec">): Period {
  const periodMs = publish.readySet.period;
  return { periodMs, offsetMs: hash(uid, 0) % periodMs };
}

interface Moment extends Period {
  /** Unix milliseconds. */
  readonly now: number;
}

/** The number of the period that a moment is in. */
export const periodAt = ({ now, periodMs, offsetMs }: Moment): number => Math.floor((now - offsetMs) / periodMs);

/** Milliseconds until the next period begins. */
export const untilNext = (moment: Moment): number =>
  (periodAt(moment) + 1) * moment.periodMs + moment.offsetMs - moment.now;
