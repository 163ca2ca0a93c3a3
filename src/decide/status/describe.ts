import { setConditions, type Verdict } from "../../api/conditions.ts";
import { formatLoad } from "../../api/format-load.ts";
import { labelOf } from "../../api/sources.ts";
import {
  maxStatusEndpoints,
  type PoolStatus,
  type StatusDraining,
  type StatusEndpoint,
  type StatusUnhealthy,
} from "../../api/status.ts";
import { toTime } from "../../api/time.ts";
import { isGone } from "../membership/excluded.ts";
import { refusedSpec } from "../membership/standby.ts";
import type { DrainingPod, Outcome, Plan, PlannedEndpoint } from "../planned.ts";
import { freshForMs } from "../samples/staleness.ts";
import { averagesOf } from "../scaling/gauges.ts";
import type { Observation, Pool } from "../world.ts";

/** What an integer of 32 bits holds: a pod that reports more is not believed to the last digit. */
const largest = 2_147_483_647;
const whole = (value: number): number => Math.min(largest, Math.round(value));

/** An endpoint as status tells it. */
export const describeEndpoint = ({
  pod,
  address,
  connections,
  load,
  weight,
  reason,
}: PlannedEndpoint): StatusEndpoint => ({
  pod,
  address,
  ...(connections !== undefined && { connections: whole(connections) }),
  ...(load !== undefined && { load: whole(load) }),
  weight,
  reason,
});

const toDraining = ({ pod, connections }: DrainingPod): StatusDraining => ({
  pod,
  ...(connections !== undefined && { connections: whole(connections) }),
});

function sourceOf({ spec: { metrics } }: Pool): string {
  if (!metrics) return "None";
  return metrics.source ? labelOf(metrics.source.type) : "Probe";
}

/** A bound instead of an age, which would change with every look. */
function oldestSample({ spec: { metrics } }: Pool, { coverage: { expected, fresh } }: Plan): string | undefined {
  if (!metrics || expected === 0) return undefined;
  return `${fresh === expected ? "<" : ">"}${freshForMs(metrics) / 1_000}s`;
}

/** Verdicts after the fact: what could not be done is no longer as planned. */
function settle(verdicts: readonly Verdict[], { publishProblem, scaleProblem }: Outcome): Verdict[] {
  return verdicts.map((verdict) => {
    if (verdict.type === "Ready" && publishProblem) return { ...verdict, status: "False", ...publishProblem };
    if (verdict.type === "ScalingActive" && scaleProblem) return { ...verdict, status: "False", ...scaleProblem };
    return verdict;
  });
}

/** Pods that get no traffic but may yet; others' pods that get none are nobody's loss. */
function staying({ excluded, foreign = [] }: Plan): number {
  const others = new Set(foreign.map(({ pod }) => pod));
  return excluded.filter((entry) => !isGone(entry) && !others.has(entry.pod)).length;
}

/** Pods that are set aside: where a restarted operator goes on. */
const unhealthyIn = ({ health }: Plan): StatusUnhealthy[] =>
  (health?.unhealthy ?? [])
    .filter(({ isAside }) => isAside)
    .slice(0, maxStatusEndpoints)
    .map(({ pod, why }) => ({ pod: pod.name, reason: why }));

/** The status that an observation, its plan and what became of it amount to. */
export function describe(observation: Observation, plan: Plan, outcome: Outcome): PoolStatus {
  const { pool, target, status, now } = observation;
  const { scale, drain } = plan;
  const time = toTime(now);
  const replicas = outcome.scaled?.to ?? target?.replicas;
  const recommended = scale.kind === "scale" ? scale.to : scale.recommended;
  const lastScale = outcome.scaled ?? status.lastScale;
  const oldest = oldestSample(pool, plan);
  const figures = averagesOf(pool, plan, whole);
  const { limit: _, connectionsPerPod: __, ...averages } = figures;
  const load = formatLoad(figures);
  const unhealthy = unhealthyIn(plan);
  return {
    observedGeneration: pool.generation,
    conditions: setConditions(status.conditions ?? [], settle(plan.verdicts, outcome), pool.generation, time),
    ready: `${plan.endpoints.length}/${plan.endpoints.length + staying(plan)}`,
    ...(replicas !== undefined && { replicas }),
    ...(recommended !== undefined && { recommendedReplicas: whole(recommended) }),
    ...averages,
    ...(load !== undefined && { load }),
    source: sourceOf(pool),
    ...(oldest && { oldestSample: oldest }),
    ...(lastScale && { lastScale }),
    ...(unhealthy.length > 0 && { unhealthy }),
    ...(plan.foreign && { foreign: plan.foreign.slice(0, maxStatusEndpoints) }),
    ...(drain && { drain }),
    ...(plan.draining && { draining: plan.draining.slice(0, maxStatusEndpoints).map(toDraining) }),
    endpoints: plan.endpoints.slice(0, maxStatusEndpoints).map(describeEndpoint),
  };
}

/**
 * The status of a pool whose spec is refused and which has published nothing: there is nothing to decide. Nobody would end
 * a drain, which is over therefore.
 */
export function describeInvalid(before: PoolStatus, generation: number, problems: string, now: number): PoolStatus {
  const { drain: _, ...status } = before;
  const verdicts: Verdict[] = (["Ready", "MetricsHealthy", "ScalingActive"] as const).map((type) => ({
    type,
    status: type === "MetricsHealthy" ? "Unknown" : "False",
    ...refusedSpec(problems),
  }));
  const conditions = setConditions(status.conditions ?? [], verdicts, generation, toTime(now));
  return { ...status, observedGeneration: generation, conditions };
}
