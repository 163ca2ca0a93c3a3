import { defined } from "../../api/defined.ts";
import type { LastScale } from "../../api/status.ts";
import { tellExcluded } from "../../decide/membership/excluded.ts";
import type { DrainingPod, PlannedEndpoint, Writer } from "../../decide/planned.ts";
import type { ReadySetPlan } from "../../decide/ready-set/planned-set.ts";
import { tellReadySet } from "../../decide/ready-set/tell-set.ts";
import type { RebalancePlan } from "../../decide/rebalance/planned-rebalance.ts";
import { tellCoverage } from "../../decide/samples/coverage.ts";
import type { ScaleDecision } from "../../decide/scaling/decision.ts";
import { averagesOf } from "../../decide/scaling/gauges.ts";
import type { Signals } from "../../decide/signals/planned-signals.ts";
import { troublesIn } from "../../decide/status/trouble.ts";
import type {
  CoverageDocument,
  DecisionDocument,
  DrainingDocument,
  EndpointDocument,
  NextDocument,
  NextEndpoint,
  PoolDocument,
  PoolSummary,
  ReadySetDocument,
  RebalanceDocument,
  ScaleDocument,
  WriterDocument,
} from "../documents.ts";
import type { FeedEntry } from "../feed.ts";

const rounded = (value: number): number => Math.round(value * 100) / 100;

const identity = ({ observation: { pool } }: FeedEntry) => ({
  namespace: pool.namespace,
  name: pool.name,
  strategy: pool.spec.strategy.type,
});

const figures = (entry: FeedEntry) => ({
  generation: entry.observation.pool.generation,
  plannedAt: new Date(entry.observation.now).toISOString(),
  ...averagesOf(entry.observation.pool, entry.plan, rounded),
  ...defined({ replicas: entry.status.replicas }),
});

const describeEndpoint = (
  endpoint: PlannedEndpoint,
  elapsedMs: number,
  surplus: number | undefined,
): EndpointDocument => ({
  rank: endpoint.rank,
  pod: endpoint.pod,
  address: endpoint.address,
  ports: endpoint.ports,
  weight: endpoint.weight,
  ...(endpoint.connections !== undefined && { connections: rounded(endpoint.connections) }),
  ...(endpoint.load !== undefined && { load: rounded(endpoint.load) }),
  ...(endpoint.responseMs !== undefined && { responseMs: rounded(endpoint.responseMs) }),
  ...(endpoint.requestsPerSecond !== undefined && { requestsPerSecond: rounded(endpoint.requestsPerSecond) }),
  ...(endpoint.errorShare !== undefined && { errorPercent: rounded(100 * endpoint.errorShare) }),
  ...(endpoint.ageMs !== undefined && { ageMs: Math.round(endpoint.ageMs + elapsedMs) }),
  ...defined({ node: endpoint.node, zone: endpoint.zone }),
  ...(endpoint.full && { full: true }),
  ...defined({ surplus }),
  reason: endpoint.reason,
});

const describeTraffic = ({ requests, errorShare, responseMs }: Signals): PoolDocument["traffic"] => ({
  ...(requests !== undefined && { requestsPerSecond: rounded(requests) }),
  ...(errorShare !== undefined && { errorPercent: rounded(100 * errorShare) }),
  ...(responseMs !== undefined && { responseMs: rounded(responseMs) }),
});

const describeDraining = ({ pod, connections, since }: DrainingPod): DrainingDocument => ({
  pod,
  ...(connections !== undefined && { connections: rounded(connections) }),
  ...defined({ since }),
});

const describeWriter = ({ pod, address, ports, reason }: Writer): WriterDocument => ({ pod, address, ports, reason });

const describeRebalance = ({ state, periodMs, decidedAt }: RebalancePlan): RebalanceDocument => ({
  state,
  periodMs,
  ...defined({ decidedAt }),
});

/** A decision; its words stay as they are. */
export const describeDecision = (decision: ScaleDecision): DecisionDocument => ({
  kind: decision.kind,
  reason: decision.reason,
  message: decision.message,
  ...(decision.kind === "scale"
    ? { from: decision.from, to: decision.to, act: decision.act }
    : decision.recommended !== undefined && { recommended: decision.recommended }),
});

export const describeScale = ({ time, from, to, reason, message }: LastScale): ScaleDocument => ({
  at: Date.parse(time),
  from,
  to,
  reason,
  message,
});

const describeReadySet = (set: ReadySetPlan): ReadySetDocument => ({
  size: set.size,
  able: set.able,
  floor: set.floor,
  message: tellReadySet(set),
});

const describeCoverage = ({ plan: { coverage } }: FeedEntry, elapsedMs: number): CoverageDocument => ({
  expected: coverage.expected,
  fresh: coverage.fresh,
  ...(coverage.oldestMs !== undefined && { oldestMs: Math.round(coverage.oldestMs + elapsedMs) }),
  failures: tellCoverage(coverage).failures,
  ...defined({ refused: coverage.refused, beginning: coverage.beginning }),
});

/** A pool in one line of a list. */
export function summarizePool(entry: FeedEntry): PoolSummary {
  const { conditions = [] } = entry.status;
  const [trouble] = troublesIn(conditions);
  return {
    ...identity(entry),
    ready: conditions.find(({ type }) => type === "Ready")?.status ?? "Unknown",
    endpoints: entry.plan.endpoints.length,
    excluded: entry.plan.excluded.length,
    ...defined({ trouble }),
    ...figures(entry),
  };
}

export const toDial = ({ pod, address, ports }: PlannedEndpoint | Writer): NextEndpoint => ({
  pod,
  address,
  port: ports[0]!.port,
  ports,
});

/** As of when a pool is told. */
export interface TellingTime {
  readonly now: number;
  /** How long nothing was heard of the cluster. */
  readonly staleMs: number;
}

/** Seconds since what is told of a pool held for certain, as the header Age has it. */
export const ageOf = (entry: FeedEntry, { now, staleMs }: TellingTime): string =>
  String(Math.floor(Math.max(0, now - entry.observation.now, staleMs) / 1_000));

/** All that is known of a pool, with a client's list if there is one; ages are as of `now`. */
export function describePool(
  entry: FeedEntry,
  { now, staleMs }: TellingTime,
  list?: readonly PlannedEndpoint[],
): PoolDocument {
  const elapsedMs = Math.max(0, now - entry.observation.now);
  const { scaling } = entry.observation.pool.spec;
  const { lastScale } = entry.status;
  const { conditions = [] } = entry.status;
  const { readySet, rebalance, confirm, draining } = entry.plan;
  return {
    ...identity(entry),
    ...figures(entry),
    ...(staleMs > 0 && { staleMs: Math.round(staleMs) }),
    ...defined({ maxReplicas: scaling?.maxReplicas }),
    traffic: describeTraffic(entry.plan.signals),
    ...defined({ readySet: readySet && describeReadySet(readySet) }),
    decision: describeDecision(entry.plan.scale),
    ...defined({ confirm: confirm?.reason, lastScale: lastScale && describeScale(lastScale) }),
    coverage: describeCoverage(entry, elapsedMs),
    ...defined({ rebalance: rebalance && describeRebalance(rebalance) }),
    conditions,
    troubles: troublesIn(conditions),
    endpoints: entry.plan.endpoints.map((endpoint) =>
      describeEndpoint(endpoint, elapsedMs, rebalance?.surplus.get(endpoint.uid)),
    ),
    excluded: entry.plan.excluded.map(tellExcluded).sort((a, b) => (a.pod < b.pod ? -1 : 1)),
    ...defined({ draining: draining?.map(describeDraining), list: list?.map(toDial) }),
    ...(entry.plan.writers && { writers: entry.plan.writers.map(describeWriter) }),
  };
}

/** Whom to ask next, or whom to write to. */
export const describeNext = (entry: FeedEntry, endpoints: readonly (PlannedEndpoint | Writer)[]): NextDocument => ({
  ...identity(entry),
  endpoints: endpoints.map(toDial),
});
