import type { Metrics } from "../../api/metrics.ts";
import { freshForMs, isFresh } from "../samples/staleness.ts";
import type { Reading, Sample } from "../world.ts";

/** What a pod did of late, each second. */
export interface PodTraffic {
  readonly requests: number;
  /** Of these, those that failed; absent where the pod does not tell, or did not all the time. */
  readonly errors?: number;
  /** What the responses took together, in milliseconds, and how many they were; absent as above. */
  readonly responses?: { readonly totalMs: number; readonly count: number };
}

/** Samples that are kept for it, of pools whose pods count anything. */
export const samplesForTraffic = (metrics: Metrics): number => {
  const { spec } = metrics.source ?? {};
  return spec && (("requests" in spec && spec.requests) || ("responseTime" in spec && spec.responseTime)) ? 5 : 1;
};

/** No mean of response times is longer: what says so is no time. */
const longestMs = 3_600_000;

/** What a counter grew by; undefined where it is not told, or began anew. */
const growth = (before: number | undefined, after: number | undefined): number | undefined =>
  before === undefined || after === undefined || after < before ? undefined : after - before;

/** The same of every pair of neighbours, newest first; undefined where one of them is not known. */
function growths(samples: readonly Sample[], of: (sample: Sample) => number | undefined): number | undefined {
  let total = 0;
  for (let index = 0; index + 1 < samples.length; index += 1) {
    const grown = growth(of(samples[index + 1]!), of(samples[index]!));
    if (grown === undefined) return undefined;
    total += grown;
  }
  return total;
}

/** The newest samples in a row whose counter of requests goes up: before a restart nobody knows how many there were. */
function unbroken(samples: readonly Sample[]): readonly Sample[] {
  const end = samples.findIndex(
    ({ requests }, index) => index + 1 < samples.length && growth(samples[index + 1]!.requests, requests) === undefined,
  );
  return end < 0 ? samples : samples.slice(0, end + 1);
}

/**
 * What a pod did between the oldest and the newest of its fresh samples. Undefined where it does not count its requests,
 * where its last sample is not fresh, or where there is none before it to compare with.
 */
export function trafficOf(
  reading: Reading | undefined,
  metrics: Metrics | undefined,
  now: number,
): PodTraffic | undefined {
  if (!reading || !metrics) return undefined;
  const freshMs = freshForMs(metrics);
  const samples = unbroken(reading.samples.filter(({ takenAt }) => isFresh(takenAt, freshMs, now)));
  const [newest] = samples;
  const oldest = samples.at(-1);
  if (!newest || !oldest || newest.takenAt <= oldest.takenAt) return undefined;
  const perSecond = 1_000 / (newest.takenAt - oldest.takenAt);
  const requests = growths(samples, (sample) => sample.requests)!;
  const errors = growths(samples, (sample) => sample.errors);
  const count = growths(samples, (sample) => sample.responses?.count);
  const totalMs = growths(samples, (sample) => sample.responses?.totalMs);
  const isTime = count !== undefined && totalMs !== undefined && totalMs <= count * longestMs;
  return {
    requests: requests * perSecond,
    ...(errors !== undefined && { errors: Math.min(errors, requests) * perSecond }),
    ...(isTime && { responses: { totalMs: totalMs * perSecond, count: count * perSecond } }),
  };
}
