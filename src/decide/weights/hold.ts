import type { Column } from "../basics/by-pod.ts";
import { largestOf } from "../basics/mean.ts";

/** New weights are put in force when one moved by more than this share, as consumers rebuild their schedulers. */
export const deadBand = 0.05;
/** After this many intervals they are put in force anyway. */
const longestHold = 10;

/** Weights in force, be they the new ones or those before. */
export interface Held {
  /** In force until now. */
  readonly former: Column;
  /** How far each moved, as a share of the larger one. */
  readonly moves: Column;
  readonly largestMove: number;
  /** Whether the former ones have been held for as long as they may be. */
  readonly isOverdue: boolean;
  readonly isNew: boolean;
  readonly inForce: Column;
}

/** Of a time in the future, by a clock that has been set back since, nothing is known. */
export const isWithin = (periodMs: number, since: number, now: number): boolean =>
  since <= now && now - since < periodMs;

const moveOf = (before: number, after: number): number =>
  before === after ? 0 : Math.abs(after - before) / Math.max(after, before);

export const movesBetween = (former: Column, next: Column): Column =>
  next.map((weight, place) => moveOf(former[place]!, weight));

/** Holds new weights back while none moved by more than the dead band, unless that has gone on for long. */
export function hold(next: Column, former: Column, heldSince: number, intervalMs: number, now: number): Held {
  const moves = movesBetween(former, next);
  const largestMove = largestOf(moves);
  const isOverdue = !isWithin(longestHold * intervalMs, heldSince, now);
  const isNew = largestMove > deadBand || isOverdue;
  return { former, moves, largestMove, isOverdue, isNew, inForce: isNew ? next : former };
}
