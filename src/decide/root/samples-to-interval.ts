import type { PodInterval } from "./interval.ts";

/** What the root rule reads of a sample. Values are finite and not negative. */
export interface CountedSample {
  /** When the pod answered, Unix milliseconds. */
  readonly takenAt: number;
  /** Requests in flight, or open connections. */
  readonly connections?: number;
  /** Load in percent of the capacity. */
  readonly load?: number;
  /** Requests since the pod's start. */
  readonly requests?: number;
  /** Mean response time. */
  readonly responseTimeMs?: number;
}

/** Requests by the counter. A counter that went down is a restart, and how many came before it nobody knows. */
function counted(previous: number | undefined, current: number | undefined): number | undefined {
  return previous === undefined || current === undefined || current < previous ? undefined : current - previous;
}

/** Requests by Little's law: throughput is what is in flight over the time that each takes. */
function byLittle(previous: CountedSample, current: CountedSample): number | undefined {
  if (current.connections === undefined || !current.responseTimeMs) return undefined;
  const inFlight = (current.connections + (previous.connections ?? current.connections)) / 2;
  return (inFlight * (current.takenAt - previous.takenAt)) / current.responseTimeMs;
}

/**
 * What a pod did between two samples in a row: nothing is known of a pod without a newer one, and only load and
 * connections of a pod without an older one. Little's law stands in where no sample has a counter.
 */
export function samplesToInterval(
  previous: CountedSample | undefined,
  current: CountedSample | undefined,
): Omit<PodInterval, "id"> {
  if (!current || (previous && current.takenAt <= previous.takenAt)) return {};
  const { connections, load } = current;
  const hasCounter = previous?.requests !== undefined || current.requests !== undefined;
  const completions =
    previous && (hasCounter ? counted(previous.requests, current.requests) : byLittle(previous, current));
  return {
    ...(completions !== undefined && { completions }),
    ...(load !== undefined && { busy: Math.min(1, load / 100) }),
    ...(connections !== undefined && { queue: connections }),
    ...(previous && { intervalS: (current.takenAt - previous.takenAt) / 1_000 }),
  };
}
