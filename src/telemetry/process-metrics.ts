import { collectDefaultMetrics, type Registry } from "prom-client";

/** Gauges of prom-client that end in `_total`, which is for counters alone; the series without it say the same. */
const misnamed = ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"];

/** The usual figures of a Node process: CPU, memory, garbage collection, lag of the event loop. */
export function collectProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry });
  for (const name of misnamed) registry.removeSingleMetric(name);
}
