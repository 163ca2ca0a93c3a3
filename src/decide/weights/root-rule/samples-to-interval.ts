import { defined } from "../../../api/defined.ts";
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
}

/** Requests by the counter. A counter that went down is a restart, and how many came before it nobody knows. */
function counted(previous: number | undefined, current: number | undefined): number | undefined {
  return previous === undefined || current === undefined || current < previous ? undefined : current - previous;
}

/**
 * What a pod did between two samples in a row: nothing is known of a pod without a newer one, and only load and
 * connections of a pod without an older one.
 */
export function samplesToInterval(
  previous: CountedSample | undefined,
  current: CountedSample | undefined,
): Omit<PodInterval, "id"> {
  if (!current || (previous && current.takenAt <= previous.takenAt)) return {};
  const { connections, load } = current;
  const completions = counted(previous?.requests, current.requests);
  return {
    ...defined({ completions }),
    ...(load !== undefined && { busy: Math.min(1, load / 100) }),
    ...defined({ queue: connections }),
    ...(previous && { intervalS: (current.takenAt - previous.takenAt) / 1_000 }),
  };
}
