import type { ValueFault } from "../../decide/samples/findings.ts";
import type { Failed } from "../../pods/failed.ts";

/** Numbers found in a pod's answer, one for each that was wanted and in that order; undefined where one may be missing. */
export interface Values {
  readonly kind: "values";
  readonly values: readonly (number | undefined)[];
  /** What is wrong with those that are there and are none, by their place; absent: nothing is. */
  readonly faults?: ReadonlyMap<number, ValueFault>;
  /** Those that are sums of several, by their place; absent: none is. */
  readonly sums?: ReadonlySet<number>;
}

export type Scanned = Values | Failed;

/** Whether a number can be a reading at all. */
export const isReading = (value: number): boolean => Number.isFinite(value) && value >= 0;

/** What is wrong with a number that is no reading, or larger than any. */
export function faultOf(value: number): ValueFault {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return "Infinite";
  return value < 0 ? "Negative" : "Absurd";
}
