import type { LoadCounter, Sample } from "../world.ts";

/** Load over the time between two values of a counter. */
export interface LoadRate {
  /** Percent of the capacity. */
  readonly load: number;
  readonly windowMs: number;
}

/**
 * What a counter grew by in a second; undefined where there is no value before, or none that tells of now. One that went
 * down began anew at 0, as Prometheus has it: what it had come to before that, nobody knows, so that the rate is never too
 * high. Of a sum that went down nobody knows what is left of those before, and so there is no rate.
 */
export function rateBetween(
  before: LoadCounter | undefined,
  after: LoadCounter,
  longestMs: number,
): LoadRate | undefined {
  if (before === undefined) return undefined;
  const windowMs = after.at - before.at;
  if (!(windowMs > 0 && windowMs <= longestMs)) return undefined;
  const beganAnew = after.total < before.total;
  if (beganAnew && (before.isSum || after.isSum)) return undefined;
  const growth = beganAnew ? after.total : after.total - before.total;
  return { load: (growth * 1_000) / windowMs, windowMs };
}

/** Whether a sample has the first value of a counter, which has no rate yet. */
export const isFirstOfRate = ({ counter, load }: Sample): boolean => counter !== undefined && load === undefined;
