import type { Gauge } from "./gauges.ts";

/** The next sample of every pod is to come before its interval is over, to confirm a crossing. */
export interface Confirmation {
  /** When it is due, Unix milliseconds. */
  readonly at: number;
  readonly reason: string;
}

/** Which crossings were confirmed: an average passes its limit, and has not been within it since. */
export interface Crossings {
  readonly gauges: readonly Gauge["name"][];
  readonly last: Confirmation;
  /** Replicas when that was asked for. */
  readonly replicas: number;
}
