import type { PeersOptions } from "../serve/peers/peers.ts";
import type { Log } from "../telemetry/log.ts";
import type { OperatorMetrics } from "../telemetry/operator-metrics.ts";

/** Counts what becomes of forwarded reports, and logs when a replica falls out of reach or comes back. */
export function watchDeliveries(
  metrics: OperatorMetrics,
  log: Log,
): Required<Pick<PeersOptions, "onDelivery" | "onGone">> {
  const failing = new Set<string>();
  return {
    onDelivery(delivery, origin, error) {
      metrics.reportForwarded(delivery);
      if (delivery === "failed" && !failing.has(origin)) {
        failing.add(origin);
        log.warn({ peer: origin, error }, "a replica takes no reports from this one");
      }
      if (delivery === "ok" && failing.delete(origin)) log.info({ peer: origin }, "a replica takes reports again");
    },
    onGone: (origin) => void failing.delete(origin),
  };
}
