import type { Crowding } from "../serve/http/connections.ts";
import type { Log } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";

/** Between two log lines: whoever fills the connections does so thousands of times a second. */
const quietMs = 60_000;

/** Counts connections that had to make room, and logs now and then who holds most. */
export function watchCrowding(metrics: Metrics, log: Log, now: () => number): (crowding: Crowding) => void {
  let toldAt = Number.NEGATIVE_INFINITY;
  return ({ address, held }) => {
    metrics.connectionEvicted();
    if (now() - toldAt < quietMs) return;
    toldAt = now();
    log.warn({ address, held }, "connections are as many as may be: those of this address make room for others");
  };
}
