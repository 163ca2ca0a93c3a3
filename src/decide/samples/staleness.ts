import type { Metrics } from "../../api/metrics.ts";
import type { Probe } from "../../api/probe.ts";
import { factsOf } from "../sources/sources.ts";
import type { Reading, Sample } from "../world.ts";

/** Age up to which a sample is fresh: three intervals and the age at which it may come. */
export const freshForMs = (metrics: Metrics): number => 3 * metrics.interval + factsOf(metrics).latenessMs;

/** Time in which one more sample comes: a slow source gives the same one for several intervals. */
export const betweenSamplesMs = (metrics: Metrics): number => Math.max(metrics.interval, factsOf(metrics).latenessMs);

/** Age up to which a probe's time is fresh, by the same measure. */
export const freshProbeForMs = ({ interval, timeout }: Probe): number => 3 * interval + timeout;

/**
 * Whether what was measured at a time still counts, up to an age. What was measured in the future was timed by a clock
 * that has been set back: it would count until the clock has caught up, though nobody answers any more.
 */
export const isFresh = (at: number, forMs: number, now: number): boolean => Math.abs(now - at) <= forMs;

/** The newest sample, if it is fresh. */
export function freshSample(
  reading: Reading | undefined,
  metrics: Metrics | undefined,
  now: number,
): Sample | undefined {
  const newest = reading?.samples[0];
  return newest && metrics && isFresh(newest.takenAt, freshForMs(metrics), now) ? newest : undefined;
}

/** Up to this age a sample counts in full; from then on its weight goes to the median. In intervals. */
const heldFor = 2;
/** Intervals after which 37 % of the trust is left. */
const trustMemory = 3;
/** Least time after which a sample says nothing at all any more (gRFC A58's weight expiration). */
const leastExpiryMs = 180_000;

/** Ages at which trust in a sample begins to fade and at which it ends, and the time in which it does, to 37 %. */
export const trustTimes = (metrics: Metrics) => ({
  heldMs: heldFor * metrics.interval + factsOf(metrics).holdMs,
  expiryMs: Math.max(leastExpiryMs, 10 * metrics.interval),
  fadingMs: trustMemory * metrics.interval,
});

/** How far a sample of this age can be trusted, 1 to 0. */
export function trustIn(ageMs: number, metrics: Metrics): number {
  const { heldMs, expiryMs, fadingMs } = trustTimes(metrics);
  if (ageMs <= heldMs) return 1;
  return ageMs > expiryMs ? 0 : Math.exp(-(ageMs - heldMs) / fadingMs);
}
