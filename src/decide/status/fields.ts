import { setConditions, type Verdict } from "../../api/conditions.ts";
import { defined } from "../../api/defined.ts";
import { formatLoad, type LoadFigures } from "../../api/format-load.ts";
import { labelOf } from "../../api/sources/sources.ts";
import {
  maxStatusEndpoints,
  type PoolStatus,
  type StatusDraining,
  type StatusEndpoint,
  type StatusUnhealthy,
} from "../../api/status.ts";
import { toTime } from "../../api/time.ts";
import { deadBands, moved } from "../basics/dead-band.ts";
import { isGone } from "../membership/excluded.ts";
import type { DrainingPod, Outcome, Plan, PlannedEndpoint } from "../planned.ts";
import { freshForMs } from "../samples/staleness.ts";
import { averagesOf } from "../scaling/gauges.ts";
import type { Observation, Pool } from "../world.ts";
import { type Backdrops, endpointsMoved, type News, newsOfConditions, newsOfDraining, podsMoved } from "./moves.ts";

/** What a status is made of. */
interface Look {
  readonly observation: Observation;
  readonly plan: Plan;
  readonly outcome: Outcome;
}

export interface StatusField<Value> {
  /** Undefined: there is nothing to tell. */
  tell(look: Look): Value | undefined;
  /** What it is that one value comes after the other. */
  news(before: Value | undefined, after: Value | undefined, around?: Backdrops): News;
}

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
  full,
  reason,
}: PlannedEndpoint): StatusEndpoint => ({
  pod,
  address,
  ...(connections !== undefined && { connections: whole(connections) }),
  ...(load !== undefined && { load: whole(load) }),
  weight,
  ...defined({ full }),
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
function settle(
  verdicts: readonly Verdict[],
  { publishProblem, splitProblem, carrierProblem, scaleProblem }: Outcome,
): Verdict[] {
  return verdicts.map((verdict) => {
    if (verdict.type === "SplitPublished" && splitProblem) return { ...verdict, status: "False", ...splitProblem };
    if (verdict.type === "Ready" && publishProblem) return { ...verdict, status: "False", ...publishProblem };
    if (verdict.type === "WeightsPublished" && carrierProblem)
      return { ...verdict, status: "False", ...carrierProblem };
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
function unhealthyIn({ health }: Plan): StatusUnhealthy[] | undefined {
  const aside = (health?.unhealthy ?? []).filter(({ isAside }) => isAside);
  if (aside.length === 0) return undefined;
  return aside.slice(0, maxStatusEndpoints).map(({ pod, why }) => ({ pod: pod.name, reason: why }));
}

/** Averages in whole numbers, and their limits. */
const figuresOf = ({ observation, plan }: Look): LoadFigures => averagesOf(observation.pool, plan, whole);

function recommendedIn({ scale }: Plan): number | undefined {
  const recommended = scale.kind === "scale" ? scale.to : scale.recommended;
  return recommended && whole(recommended);
}

const isNews =
  <Value>(news: News, hasMoved: (before: Value | undefined, after: Value | undefined, around?: Backdrops) => boolean) =>
  (before: Value | undefined, after: Value | undefined, around?: Backdrops): News =>
    hasMoved(before, after, around) ? news : "nothing";

const other = (before: unknown, after: unknown): boolean => before !== after;
const later = (before: { readonly time: string } | undefined, after: { readonly time: string } | undefined): boolean =>
  before?.time !== after?.time;
const leaves =
  (band: "load" | "connections") =>
  (before: number | undefined, after: number | undefined): boolean =>
    moved(before, after, deadBands.status[band]);

/** Every field of the status, in its order: what it tells, and when that is news. */
export const statusFields: { readonly [Name in keyof PoolStatus]-?: StatusField<NonNullable<PoolStatus[Name]>> } = {
  observedGeneration: {
    tell: ({ observation }) => observation.pool.generation,
    news: isNews("turn", other),
  },
  conditions: {
    tell: ({ observation: { pool, status, now }, plan, outcome }) =>
      setConditions(status.conditions ?? [], settle(plan.verdicts, outcome), pool.generation, toTime(now)),
    news: newsOfConditions,
  },
  ready: {
    tell: ({ plan }) => `${plan.endpoints.length}/${plan.endpoints.length + staying(plan)}`,
    news: isNews("figures", other),
  },
  readySet: {
    tell: ({ plan: { readySet } }) => readySet && `${readySet.size}/${readySet.able}`,
    news: isNews("figures", other),
  },
  publishedTo: {
    // Only who writes them knows what is left of them.
    tell: ({ observation, outcome }) => {
      const told = outcome.publishedTo ?? observation.status.publishedTo ?? [];
      return told.length > 0 ? told : undefined;
    },
    news: isNews("turn", (before, after) => before?.join() !== after?.join()),
  },
  replicas: {
    tell: ({ observation, outcome }) => outcome.scaled?.to ?? observation.target?.replicas,
    news: isNews("figures", other),
  },
  recommendedReplicas: { tell: ({ plan }) => recommendedIn(plan), news: isNews("figures", other) },
  averageLoad: { tell: (look) => figuresOf(look).averageLoad, news: isNews("figures", leaves("load")) },
  averageConnections: {
    tell: (look) => figuresOf(look).averageConnections,
    news: isNews("figures", leaves("connections")),
  },
  // It says what the averages say.
  load: { tell: (look) => formatLoad(figuresOf(look)), news: () => "nothing" },
  source: { tell: ({ observation }) => sourceOf(observation.pool), news: isNews("figures", other) },
  oldestSample: {
    tell: ({ observation, plan }) => oldestSample(observation.pool, plan),
    news: isNews("figures", other),
  },
  lastScale: {
    tell: ({ observation, outcome }) => outcome.scaled ?? observation.status.lastScale,
    news: isNews("turn", later),
  },
  unhealthy: { tell: ({ plan }) => unhealthyIn(plan), news: isNews("figures", podsMoved) },
  foreign: { tell: ({ plan }) => plan.foreign?.slice(0, maxStatusEndpoints), news: isNews("figures", podsMoved) },
  drain: { tell: ({ plan }) => plan.drain, news: isNews("turn", later) },
  draining: {
    tell: ({ plan }) => plan.draining?.slice(0, maxStatusEndpoints).map(toDraining),
    news: newsOfDraining,
  },
  endpoints: {
    tell: ({ plan }) => plan.endpoints.slice(0, maxStatusEndpoints).map(describeEndpoint),
    news: isNews("figures", endpointsMoved),
  },
};
