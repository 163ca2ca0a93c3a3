import { defined } from "../../api/defined.ts";
import type { Finding } from "../../decide/samples/findings.ts";
import { rateBetween } from "../../decide/samples/rate.ts";
import { responsesBetween } from "../../decide/samples/response.ts";
import type { LoadCounter, Reading, Sample, SampleFailure } from "../../decide/world.ts";
import { isBelievable } from "../sources/measured.ts";

const empty: Reading = { samples: [], failures: 0 };

/** Samples from the future are dropped: the clock has been set back, and they would hide what comes now. */
const untilNow = ({ samples } = empty, now: number): readonly Sample[] =>
  samples.filter(({ takenAt }) => takenAt <= now);

/** The reading after a success, newest sample first. A sample that is not newer than the last one tells nothing new. */
export function withSample(reading: Reading | undefined, sample: Sample, keep: number, now: number): Reading {
  const earlier = untilNow(reading, now);
  const newest = earlier[0];
  const isNew = newest === undefined || sample.takenAt > newest.takenAt;
  const added = newest ? { ...sample, ...responsesBetween(newest, sample) } : sample;
  return { samples: (isNew ? [added, ...earlier] : earlier).slice(0, keep), failures: 0 };
}

/**
 * A sample of a counter as it goes into a reading: with the rate as its load, if there is one. Undefined where the rate is
 * one that no pod has. `longestMs` is the time after which the value before tells nothing of now.
 */
export function rated(
  reading: Reading | undefined,
  sample: Sample & { readonly counter: LoadCounter },
  longestMs: number,
): Sample | undefined {
  const rate = rateBetween(untilNow(reading, sample.takenAt)[0]?.counter, sample.counter, longestMs);
  if (rate === undefined) return sample;
  return isBelievable(rate.load) ? { ...sample, ...rate } : undefined;
}

/** The reading after a failed attempt. Earlier samples stay; their age tells. */
export const withFailure = (
  { samples, failures } = empty,
  failure: SampleFailure,
  finding?: Finding | undefined,
): Reading => ({
  samples,
  failure,
  ...defined({ finding }),
  failures: failures + 1,
});
