import type { Consumer } from "../serve/consumer.ts";
import type { Known } from "../serve/feed.ts";
import type { OperatorMetrics } from "../telemetry/metrics.ts";

/** Puts a plan into the pool's metrics. */
function record(metrics: OperatorMetrics, { observation: { pool, now }, plan, status }: Known): void {
  const { coverage, scale } = plan;
  metrics.planned(pool, {
    ready: status.conditions?.find(({ type }) => type === "Ready")?.status ?? "Unknown",
    eligible: plan.endpoints.length,
    excluded: plan.excluded.length,
    unhealthy: plan.health?.unhealthy.length,
    averageLoad: plan.averageLoad,
    maxAverageLoad: pool.spec.scaling?.maxAverageLoad,
    replicas: status.replicas,
    recommendedReplicas: status.recommendedReplicas,
    oldestSampleAt: coverage.oldestMs === undefined ? undefined : now - coverage.oldestMs,
  });
  metrics.scaleDecided(pool, scale.kind, scale.reason);
}

/** Keeps the pools' metrics. */
export const poolMetrics = (metrics: OperatorMetrics): Consumer => ({
  name: "metrics",
  async start(feed) {
    const unsubscribe = feed.subscribeAll((key, known) => {
      if (known) record(metrics, known);
      else {
        const [namespace = "", name = ""] = key.split("/");
        metrics.forgetPool(namespace, name);
      }
    });
    return { stop: async () => unsubscribe() };
  },
});
