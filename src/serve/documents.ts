import type { StrategyType } from "../api/pool.ts";
import type { PoolCondition } from "../api/status.ts";
import type { Explanation } from "../decide/explain/explanation.ts";
import type { ToldExcluded } from "../decide/membership/excluded.ts";
import type { CountedBeginning, CountedRefusal } from "../decide/planned.ts";
import type { RebalanceState } from "../decide/rebalance/rebalance.ts";
import type { ScaleDecision } from "../decide/scaling/decision.ts";
import type { SampleFailure } from "../decide/world.ts";

/** Answer of `GET /v1/pools`. */
export interface PoolListDocument {
  /** Ordered by namespace and name. */
  readonly pools: readonly PoolSummary[];
}

export interface PoolSummary {
  readonly namespace: string;
  readonly name: string;
  readonly strategy: StrategyType;
  readonly generation: number;
  /** Status of the condition Ready. */
  readonly ready: PoolCondition["status"];
  /** Pods that may get traffic. */
  readonly endpoints: number;
  /** Pods of the pool that get none. */
  readonly excluded: number;
  /** Percent. */
  readonly averageLoad?: number;
  /** Percent, above which replicas are added; only where the pool reads a load. */
  readonly limit?: number;
  /** Of open connections, over the endpoints that tell them; only with `connectionsPerPod`. */
  readonly averageConnections?: number;
  /** Average above which replicas are added. */
  readonly connectionsPerPod?: number;
  readonly replicas?: number;
  /** RFC 3339. */
  readonly plannedAt: string;
}

export interface EndpointDocument {
  /** 1 is the best. */
  readonly rank: number;
  readonly pod: string;
  readonly address: string;
  readonly ports: readonly PortDocument[];
  /** Share of the traffic, 1000 being an even share. */
  readonly weight: number;
  readonly connections?: number;
  /** Percent. */
  readonly load?: number;
  /** Mean response time of the last interval, else time to the answer of a probe. */
  readonly responseMs?: number;
  /** Age of the newest sample as of this answer. */
  readonly ageMs?: number;
  readonly node?: string;
  readonly zone?: string;
  /**
   * Connections that the pod should close in the period of `rebalance`, 0 where it has no more than its share. Absent:
   * the pool moves none, or it is not decided in this period.
   */
  readonly surplus?: number;
  /**
   * A Service sends it nothing new for now, as the others have fewer connections; absent: it does. Who reads this list goes
   * by rank and weight, which are as without.
   */
  readonly full?: true;
  /** Why it stands here, or why it is full. */
  readonly reason: string;
}

/** What pods should close so that their connections come back elsewhere. */
export interface RebalanceDocument {
  readonly state: RebalanceState;
  readonly periodMs: number;
  /** Unix milliseconds: each `surplus` counts once for it. Absent where nothing is decided in this period. */
  readonly decidedAt?: number;
}

/** A pod that takes writes. */
export interface WriterDocument {
  readonly pod: string;
  readonly address: string;
  readonly ports: readonly PortDocument[];
  /** Why it takes them. */
  readonly reason: string;
}

interface PortDocument {
  readonly name: string;
  readonly port: number;
}

export interface DecisionDocument {
  readonly kind: ScaleDecision["kind"];
  readonly reason: ScaleDecision["reason"];
  readonly message: string;
  /** Replicas that the load asks for while they are held. */
  readonly recommended?: number;
  readonly from?: number;
  readonly to?: number;
  /** False where the pool is only to be told: mode Recommend. */
  readonly act?: boolean;
}

/** Replicas that the operator wrote. */
export interface ScaleDocument {
  /** Unix milliseconds. */
  readonly at: number;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
  readonly message: string;
}

interface CoverageFailureDocument {
  readonly failure: SampleFailure;
  readonly pods: number;
  /** One of them. */
  readonly example: string;
  /** What was found there, where that says more. */
  readonly detail?: string;
}

export interface CoverageDocument {
  /** Pods that should be measured. */
  readonly expected: number;
  /** Of those, pods with a fresh sample when the plan was made. */
  readonly fresh: number;
  /** Age of the oldest sample in use as of this answer. */
  readonly oldestMs?: number;
  readonly failures: readonly CoverageFailureDocument[];
  /** Metrics that samples do without, though the pool asks for them; absent: none. */
  readonly refused?: readonly CountedRefusal[];
  /** Counters of which pods have told the first value, so that there is no rate yet; absent: none. */
  readonly beginning?: readonly CountedBeginning[];
}

export interface ReadySetDocument {
  /** Endpoints that a Service sends new connections, of how many, and how many it is at least. */
  readonly size: number;
  readonly able: number;
  readonly floor: number;
  /** Why it is so, and whether a set can help here. */
  readonly message: string;
}

/** Answer of `GET /v1/pools/{namespace}/{name}`. */
export interface PoolDocument {
  readonly namespace: string;
  readonly name: string;
  readonly strategy: StrategyType;
  readonly generation: number;
  /** RFC 3339. */
  readonly plannedAt: string;
  /** How long this replica has heard nothing of the cluster; absent while it follows it. Samples have ages of their own. */
  readonly staleMs?: number;
  /** Percent. */
  readonly averageLoad?: number;
  /** Percent, above which replicas are added; only where the pool reads a load. */
  readonly limit?: number;
  /** Of open connections, over the endpoints that tell them; only with `connectionsPerPod`. */
  readonly averageConnections?: number;
  /** Average above which replicas are added. */
  readonly connectionsPerPod?: number;
  readonly replicas?: number;
  readonly maxReplicas?: number;
  /** Absent where a Service sends connections to all endpoints. */
  readonly readySet?: ReadySetDocument;
  readonly decision: DecisionDocument;
  /** The last change of replicas by the operator. */
  readonly lastScale?: ScaleDocument;
  readonly coverage: CoverageDocument;
  /** Only of a pool with `spec.rebalance`. */
  readonly rebalance?: RebalanceDocument;
  readonly conditions: readonly PoolCondition[];
  /** In the strategy's order, best first. */
  readonly endpoints: readonly EndpointDocument[];
  readonly excluded: readonly ToldExcluded[];
  /** Of the client that the request names: whom to turn to first, then next, as the pool's `publish.order` says. */
  readonly list?: readonly NextEndpoint[];
  /**
   * Only of a pool with `spec.access`: reads go to the endpoints, writes to these. With `writers.all` every write goes
   * to all of them, in this order, and is done when all have answered; with `writers.matchLabels` to the one.
   */
  readonly writers?: readonly WriterDocument[];
}

type Column = readonly (number | null)[];

/** Figures over time: a row for each point, oldest first; null where nothing was known. */
export interface SeriesDocument {
  /** Unix milliseconds. */
  readonly times: readonly number[];
  /** Percent, as are the two beside it. */
  readonly averageLoad: Column;
  /** Of one pod. */
  readonly lowestLoad: Column;
  /** Of one pod. */
  readonly highestLoad: Column;
  /** Of all endpoints together. */
  readonly connections: Column;
  /** Over the endpoints that tell them. */
  readonly averageConnections: Column;
  /** Of one pod. */
  readonly fewestConnections: Column;
  /** Of one pod. */
  readonly mostConnections: Column;
  readonly replicas: Column;
  /** Endpoints that a Service sends new connections, of a pool that chooses them. */
  readonly readySetSize: Column;
  readonly pods: readonly PodSeriesDocument[];
}

/** Of one pod, in the rows of its pool. */
export interface PodSeriesDocument {
  readonly pod: string;
  readonly load: Column;
  readonly connections: Column;
}

/** Answer of `GET /v1/pools/{namespace}/{name}/history`. */
export interface HistoryDocument extends SeriesDocument {
  /** When this was answered, Unix milliseconds. */
  readonly at: number;
  /** How far back the points go. */
  readonly windowMs: number;
  /** Decisions as they began, oldest first, each at its Unix milliseconds. */
  readonly decisions: readonly ({ readonly at: number } & DecisionDocument)[];
  /** Oldest first. */
  readonly scales: readonly ScaleDocument[];
}

/** Answer of `GET /v1/pools/{namespace}/{name}/next`. */
export interface NextDocument {
  readonly namespace: string;
  readonly name: string;
  readonly strategy: StrategyType;
  /** Whom to ask, then where to turn when it fails; all different. With `access=write`, the whole write list. */
  readonly endpoints: readonly NextEndpoint[];
}

export interface NextEndpoint {
  readonly pod: string;
  readonly address: string;
  /** The pool's first port. */
  readonly port: number;
  readonly ports: readonly PortDocument[];
}

/** Answer of `PUT /v1/pools/{namespace}/{name}/connections`. */
export interface ReportDocument {
  readonly namespace: string;
  readonly name: string;
  readonly client: string;
  /** The report stands for so long; it should be repeated at least every third of it. */
  readonly expiryMs: number;
  /** What was named and is no pod of the pool, as far as this replica knows; the first 20. They count for nothing. */
  readonly unknown: readonly string[];
}

/** Answer of `GET /v1/pools/{namespace}/{name}/explain`. Ages are as of the plan. */
export interface ExplanationDocument extends Explanation {
  readonly namespace: string;
  readonly name: string;
  readonly generation: number;
  /** RFC 3339. */
  readonly plannedAt: string;
}

export type { ProblemDocument, ProblemReason } from "./problem-document.ts";
