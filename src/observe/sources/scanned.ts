import type { SampleFailure } from "../../decide/world.ts";

export interface Failed {
  readonly kind: "failed";
  readonly failure: SampleFailure;
}

export const failed = (failure: SampleFailure): Failed => ({ kind: "failed", failure });

/** The numbers found in a pod's answer, one for each that was wanted and in that order; undefined where one may be missing. */
export type Scanned = { readonly kind: "values"; readonly values: readonly (number | undefined)[] } | Failed;

/** Whether a number can be a reading at all. */
export const isReading = (value: number): boolean => Number.isFinite(value) && value >= 0;
