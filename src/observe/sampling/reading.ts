import type { Finding } from "../../decide/samples/findings.ts";
import { responsesBetween } from "../../decide/samples/response.ts";
import type { Reading, Sample, SampleFailure } from "../../decide/world.ts";

const empty: Reading = { samples: [], failures: 0 };

/**
 * The reading after a success, newest sample first. A sample that is not newer than the last one tells nothing new.
 * Samples from the future are dropped: the clock has been set back, and they would hide what comes now.
 */
export function withSample({ samples } = empty, sample: Sample, keep: number, now: number): Reading {
  const earlier = samples.filter(({ takenAt }) => takenAt <= now);
  const newest = earlier[0];
  const isNew = newest === undefined || sample.takenAt > newest.takenAt;
  const added = newest ? { ...sample, ...responsesBetween(newest, sample) } : sample;
  return { samples: (isNew ? [added, ...earlier] : earlier).slice(0, keep), failures: 0 };
}

/** The reading after a failed attempt. Earlier samples stay; their age tells. */
export const withFailure = (
  { samples, failures } = empty,
  failure: SampleFailure,
  finding?: Finding | undefined,
): Reading => ({
  samples,
  failure,
  ...(finding && { finding }),
  failures: failures + 1,
});
