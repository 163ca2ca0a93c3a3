import { ByPod, type Column, columnOf, type Roster } from "../basics/by-pod.ts";
import { type Average, average } from "../basics/ewma.ts";
import { FigureTable } from "../basics/figure-table.ts";
import { largestOf, meanOf } from "../basics/mean.ts";
import { complete, normalise } from "./columns.ts";
import { deadBand, movesBetween } from "./hold.ts";
import type { Trust } from "./trust.ts";
import type { Steps, Working } from "./working.ts";

/** The weights that pods have in the long run, by UID: for a time without numbers. Of those whose numbers ever counted in full. */
export type LongRun = ReadonlyMap<string, Average>;

/** Time after which 37 % of an average of weights is left: long against what a moment does to them. */
const memory = { leastMs: 60_000, intervals: 30 };

/** Weights in the interval that ends, of the pods of a roster. */
interface Interval {
  readonly elapsedMs: number;
  /** In force in it. */
  readonly inForce: Column;
  readonly trusts: Column<Trust>;
  /** What the strategy knows to hold for any time. */
  readonly lasting: Column | undefined;
  readonly intervalMs: number;
}

/** Each pod's: as its strategy has learned, else on average while its numbers counted in full. */
export function followLongRun(longRun: LongRun, roster: Roster, interval: Interval): LongRun {
  const { elapsedMs, inForce, trusts, lasting, intervalMs } = interval;
  if (lasting)
    return new ByPod(
      roster,
      lasting.map((value) => ({ value, overMs: 0 })),
    );
  const memoryMs = Math.max(memory.leastMs, memory.intervals * intervalMs);
  const before = columnOf(longRun, roster);
  return new ByPod(
    roster,
    inForce.map((weight, place): Average | undefined =>
      elapsedMs > 0 && trusts[place]!.trust === 1 ? average(before[place], weight, elapsedMs, memoryMs) : before[place],
    ),
  );
}

const steps: Steps = {
  pool: [{ figure: "meanLongRun", formula: "mean(longRun)" }],
  pod: [{ figure: "inForce", formula: "longRun / meanLongRun" }],
};

/**
 * What takes the place of weights of a moment, which may be extreme, while too few pods are measured. Undefined where
 * nothing is known in the long run, and where it hardly differs.
 */
export function fallBack(
  longRun: LongRun,
  roster: Roster,
  inForce: Column,
): { readonly weights: Column; readonly working: Working } | undefined {
  const known = columnOf(longRun, roster).map((own) => own?.value);
  if (known.every((value) => value === undefined)) return undefined;
  const whole = complete(known);
  const weights = normalise(whole);
  if (largestOf(movesBetween(normalise(inForce), weights)) <= deadBand) return undefined;
  const pods = new FigureTable(roster, { longRun: whole, inForce: weights });
  return { weights, working: { steps, pool: { meanLongRun: meanOf(whole) }, pods } };
}
