const most = { count: 1e12, seconds: 1e6 };
const least = { seconds: 1e-6 };

/** Below this count, or this share of an interval, there is nothing. */
export const negligible = 1e-9;

const within = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/**
 * Inputs are taken within ranges that are wider than any pool, and narrow enough that no product of them leaves the
 * range of doubles: one absurd number gives absurd weights, but never NaN.
 */
export const withinCount = (value: number): number => within(value, 0, most.count);
export const withinTime = (seconds: number): number => within(seconds, least.seconds, most.seconds);
/** The longest time that is told apart from a longer one. */
export const longestS = most.seconds;
export const withinDelay = (seconds: number): number => within(seconds, 0, most.seconds);
export const withinShare = (value: number): number => within(value, 0, 1);
