/** Time after which a new value has replaced 63 % of an average, milliseconds. */
const defaultMemoryMs = 10_000;

/** A mean of what was there for some time. */
export interface Average {
  readonly value: number;
  readonly overMs: number;
}

/**
 * An exponentially weighted average of what held for `elapsedMs` each, in which all that was ever seen counts alike
 * until the memory is full: the first value is one of many.
 */
export function average(before: Average | undefined, value: number, elapsedMs: number, memoryMs: number): Average {
  const overMs = (before?.overMs ?? 0) + elapsedMs;
  if (before === undefined || before.overMs === 0) return { value, overMs };
  const part = Math.expm1(-elapsedMs / memoryMs) / Math.expm1(-overMs / memoryMs);
  return { value: before.value + part * (value - before.value), overMs };
}

/**
 * An exponentially weighted average of irregular samples: what is left of the past fades with the time that has gone
 * by, not with the number of samples. The first value stands alone.
 */
export function follow(
  before: number | undefined,
  value: number,
  elapsedMs: number,
  memoryMs: number = defaultMemoryMs,
): number {
  if (before === undefined) return value;
  const left = Math.exp(-Math.max(0, elapsedMs) / memoryMs);
  return left * before + (1 - left) * value;
}
