import type { ExtprocOptions } from "../serve/extproc/start-extproc.ts";
import type { Log } from "../telemetry/log.ts";
import type { OperatorMetrics } from "../telemetry/operator-metrics.ts";
import { watchCrowding } from "./server-hooks.ts";

/** Between two log lines of one client: a proxy that is set up wrong asks with every request. */
const quietMs = 60_000;
const mostClients = 1_000;

/** What the endpoint picker tells of itself: what became of requests, and which proxies ask in a way that has no answer. */
export function extprocHooks(metrics: OperatorMetrics, log: Log): Partial<ExtprocOptions> {
  const toldAt = new Map<string, number>();
  return {
    onError: (error) => log.error({ error }, "the endpoint picker failed for one request; the others go on"),
    onCrowded: watchCrowding(metrics, log),
    onChoice: metrics.endpointPicked,
    onServed: metrics.pickServed,
    onMisuse({ client, code, why }) {
      // One whose pool is unknown has been counted.
      if (code !== "NOT_FOUND") metrics.endpointPicked("unanswered");
      const now = performance.now();
      if (now - (toldAt.get(client) ?? Number.NEGATIVE_INFINITY) < quietMs) return;
      if (toldAt.size >= mostClients) toldAt.clear();
      toldAt.set(client, now);
      log.warn({ client, why }, "a proxy asks the endpoint picker in a way that has no answer");
    },
  };
}
