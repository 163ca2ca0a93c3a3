import type { Metrics } from "../api/metrics.ts";
import type { Reading, Sample } from "./world.ts";

/** metrics.k8s.io serves windows that are up to this old even when all is well. */
const resourceDelayMs = 90_000;

/** Age up to which a sample is fresh: three intervals and the time that the answer may take. */
export const freshForMs = (metrics: Metrics): number =>
  3 * metrics.interval + (metrics.source.resource ? resourceDelayMs : metrics.timeout);

/** The newest sample, if it is fresh. */
export function freshSample(
  reading: Reading | undefined,
  metrics: Metrics | undefined,
  now: number,
): Sample | undefined {
  const newest = reading?.samples[0];
  return newest && metrics && now - newest.takenAt <= freshForMs(metrics) ? newest : undefined;
}
