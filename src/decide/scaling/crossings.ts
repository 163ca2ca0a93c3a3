import type { Confirmation } from "./decision.ts";
import type { Gauge } from "./gauges.ts";

/** Which crossings were confirmed: an average passes its limit, and has not been within it since. */
export interface Crossings {
  readonly gauges: readonly Gauge["name"][];
  readonly last: Confirmation;
  /** Replicas when that was asked for. */
  readonly replicas: number;
}
