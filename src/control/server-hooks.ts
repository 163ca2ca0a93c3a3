import type { Crowding } from "../serve/http/connections.ts";
import type { ServerOptions } from "../serve/http/server.ts";
import type { Log } from "../telemetry/log.ts";
import type { OperatorMetrics } from "../telemetry/operator-metrics.ts";

/** Between two log lines: whoever fills the connections does so thousands of times a second. */
const quietMs = 60_000;

/** Counts connections that had to make room, and logs now and then who holds most. */
export function watchCrowding(metrics: OperatorMetrics, log: Log): (crowding: Crowding) => void {
  let toldAt = Number.NEGATIVE_INFINITY;
  return ({ address, held }) => {
    metrics.connectionEvicted();
    if (performance.now() - toldAt < quietMs) return;
    toldAt = performance.now();
    log.warn({ address, held }, "connections are as many as may be: those of this address make room for others");
  };
}

/** What every server of the operator tells of itself: what it answered, what broke, and who made room for whom. */
export const serverHooks = (metrics: OperatorMetrics, log: Log) =>
  ({
    onRequest: ({ method, route, status, durationMs }) =>
      metrics.httpServed({ method, route, status }, durationMs / 1_000),
    onError: (error, request) => log.error({ error, ...request }, "a request failed"),
    onCrowded: watchCrowding(metrics, log),
  }) satisfies Partial<ServerOptions>;
