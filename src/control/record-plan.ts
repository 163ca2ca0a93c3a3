import type { PoolStatus } from "../api/status.ts";
import type { Plan } from "../decide/planned.ts";
import type { Observation } from "../decide/world.ts";
import type { Metrics } from "../telemetry/metrics.ts";

/** Puts a plan into the pool's metrics. */
export function recordPlan(metrics: Metrics, { pool, now }: Observation, plan: Plan, status: PoolStatus): void {
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
