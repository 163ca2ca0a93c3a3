import { type Metrics, reads } from "../../api/metrics.ts";
import type { ObservedPod, RefusedMetric, Sample } from "../world.ts";
import { freshForMs, freshProbeForMs, isFresh } from "./staleness.ts";

/** How a pod responds. */
export interface Response {
  /** Mean response time of its requests between two samples, or the time to the answer of a probe, milliseconds. */
  readonly ms: number;
  /** Share of the responses that were errors, 0 to 1, where the pod tells. */
  readonly errorShare?: number;
  /** When it was measured, Unix milliseconds. */
  readonly at: number;
}

/** What a counter grew by. One that went down is a restart, and how much came before it nobody knows. */
const growth = (before: number | undefined, after: number | undefined): number | undefined =>
  before === undefined || after === undefined || after < before ? undefined : after - before;

/** No response takes longer: what says so is no time, but a sum or a count that is none. */
const longestMs = 3_600_000;
const absurdTime: RefusedMetric = { of: "responseTime", metric: "the mean", fault: "Absurd" };

/**
 * How a pod answered between two samples: nothing is known where it answered nothing, where its counters began anew, or
 * where what they say cannot be.
 */
export function responsesBetween(before: Sample, after: Sample): Pick<Sample, "responseMs" | "errorShare" | "refused"> {
  const count = growth(before.responses?.count, after.responses?.count);
  const totalMs = growth(before.responses?.totalMs, after.responses?.totalMs);
  const requests = growth(before.requests, after.requests) ?? count;
  const errors = growth(before.errors, after.errors);
  // Counts are whole: less than one is no answer, and what is divided by it no time.
  const responseMs = count !== undefined && count >= 1 && totalMs !== undefined ? totalMs / count : undefined;
  const isTime = responseMs !== undefined && responseMs <= longestMs;
  return {
    ...(isTime && { responseMs }),
    ...(responseMs !== undefined && !isTime && { refused: [...(after.refused ?? []), absurdTime] }),
    ...(requests !== undefined &&
      requests >= 1 &&
      errors !== undefined && { errorShare: Math.min(1, errors / requests) }),
  };
}

/**
 * Samples that are kept for it: a pod that answered nothing in the last interval is known by one before, as long as
 * that is fresh.
 */
export const samplesForResponse = (metrics: Metrics): number => (reads(metrics, "responseTime") ? 5 : 1);

/**
 * A pod's response time, where it is fresh and no older than `since`: that of its own requests or, where the source tells
 * none, that of the probe. Never the probe's for a pod that is just quiet: beside the times of real requests it would pass
 * for the fastest.
 */
export function freshResponse(
  { reading, probe }: Omit<ObservedPod, "pod">,
  metrics: Metrics | undefined,
  now: number,
  since = Number.NEGATIVE_INFINITY,
): Response | undefined {
  if (!metrics) return undefined;
  const freshMs = freshForMs(metrics);
  const isMeant = ({ takenAt }: Sample): boolean => takenAt >= since && isFresh(takenAt, freshMs, now);
  const samples = reading?.samples ?? [];
  const errorShare = samples.find((sample) => sample.errorShare !== undefined && isMeant(sample))?.errorShare;
  const errors = errorShare === undefined ? {} : { errorShare };
  const counted = samples.find((sample) => sample.responseMs !== undefined && isMeant(sample));
  if (counted) return { ms: counted.responseMs!, ...errors, at: counted.takenAt };
  if (samplesForResponse(metrics) > 1) return undefined;
  const isProbed = metrics.probe && probe && !probe.failure && isFresh(probe.at, freshProbeForMs(metrics.probe), now);
  return isProbed && probe.responseMs !== undefined ? { ms: probe.responseMs, ...errors, at: probe.at } : undefined;
}
