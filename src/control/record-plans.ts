import { keyOf, namesIn } from "../key.ts";
import type { Consumer } from "../serve/consumer.ts";
import type { Known } from "../serve/feed.ts";
import type { OperatorMetrics } from "../telemetry/operator-metrics.ts";

function record(metrics: OperatorMetrics, { observation: { pool, now }, plan, status }: Known): void {
  const { coverage, readySet, scale, signals } = plan;
  metrics.planned(pool, {
    ready: status.conditions?.find(({ type }) => type === "Ready")?.status ?? "Unknown",
    eligible: plan.endpoints.length,
    excluded: plan.excluded.length,
    readySet,
    measured: pool.spec.metrics?.source && plan.endpoints.filter(({ ageMs }) => ageMs !== undefined).length,
    signals,
    unhealthy: plan.health?.unhealthy.length,
    averageLoad: plan.averageLoad,
    maxAverageLoad: pool.spec.scaling?.maxAverageLoad,
    replicas: status.replicas,
    recommendedReplicas: status.recommendedReplicas,
    oldestSampleAt: coverage.oldestMs === undefined ? undefined : now - coverage.oldestMs,
  });
  metrics.scaleDecided(pool, scale.kind, scale.reason);
}

/** Puts every plan into the metrics of its pool. */
export const recordPlans = (metrics: OperatorMetrics): Consumer => ({
  name: "metrics",
  async start(feed, followers) {
    const forget = metrics.followed((pool) => followers.counts(keyOf(pool)));
    const unsubscribe = feed.subscribeAll((key, known) => {
      if (known) record(metrics, known);
      else {
        const { namespace, name } = namesIn(key);
        metrics.forgetPool(namespace, name);
      }
    });
    return {
      async stop() {
        unsubscribe();
        // The metrics outlive what they are asked of.
        forget();
      },
    };
  },
});
