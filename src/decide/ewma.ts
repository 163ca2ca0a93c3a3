/** Time after which a new value has replaced 63 % of an average, milliseconds. */
const usualMemoryMs = 10_000;

/**
 * An exponentially weighted average of irregular samples: what is left of the past fades with the time that has gone
 * by, not with the number of samples. The first value stands alone.
 */
export function follow(
  before: number | undefined,
  value: number,
  elapsedMs: number,
  memoryMs: number = usualMemoryMs,
): number {
  if (before === undefined) return value;
  const left = Math.exp(-Math.max(0, elapsedMs) / memoryMs);
  return left * before + (1 - left) * value;
}
