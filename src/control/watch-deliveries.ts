import type { PeerOptions } from "../serve/peers/peer.ts";
import type { Log } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";

/** Counts what becomes of forwarded reports, and logs when a replica falls out of reach or comes back. */
export function watchDeliveries(metrics: Metrics, log: Log): PeerOptions["onDelivery"] {
  const failing = new Set<string>();
  return (delivery, origin, error) => {
    metrics.reportForwarded(delivery);
    if (delivery === "failed" && !failing.has(origin)) {
      failing.add(origin);
      log.warn({ peer: origin, error }, "a replica takes no reports from this one");
    }
    if (delivery === "ok" && failing.delete(origin)) log.info({ peer: origin }, "a replica takes reports again");
  };
}
