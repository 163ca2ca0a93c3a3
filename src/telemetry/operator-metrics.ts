import type { SetCause } from "../decide/ready-set/planned-set.ts";
import type { ScaleDecision } from "../decide/scaling/decision.ts";
import type { PoolFigures } from "./pool-figures.ts";
import type { FollowerCount, PoolName, ProbeOutcome, SampleOutcome } from "./pool-metrics.ts";

interface ApiRequest {
  readonly verb: string;
  readonly resource: string;
  /** Status of the answer, or what came instead of one. */
  readonly code: number | string;
}

interface HttpRequest {
  readonly method: string;
  /** The route's pattern, not the path. */
  readonly route: string;
  readonly status: number;
}

/** How a watch ended. */
type WatchRestart = "ended" | "silent" | "expired" | "drifted" | "stopped" | "failed";

/** Records what happens. Nothing here waits, and no label is for outsiders to choose: its values stay few. */
export interface OperatorMetrics {
  /** After each pass: the pool's gauges. Other series of the pool begin with the first call. */
  planned(pool: PoolName, figures: PoolFigures): void;
  sampled(pool: PoolName, outcome: SampleOutcome, seconds: number): void;
  probed(pool: PoolName, outcome: ProbeOutcome, seconds: number): void;
  /** A pod was asked to close so many connections. */
  rebalanced(pool: PoolName, connections: number, outcome: SampleOutcome): void;
  scaleDecided(pool: PoolName, decision: ScaleDecision["kind"], reason: ScaleDecision["reason"]): void;
  /** Asked when metrics are read, until what it returns is called: how many follow a pool, by consumer. */
  followed(count: FollowerCount): () => void;
  /** The pool is gone, and its series with it. */
  forgetPool(namespace: string, name: string): void;
  passed(outcome: "done" | "failed", seconds: number): void;
  /** Keys that wait. */
  queued(depth: number): void;
  /** A key left the queue after it waited so long. */
  dequeued(seconds: number): void;
  apiAnswered(request: ApiRequest, seconds: number): void;
  /** Time since anything came over the watch of a resource, be it a bookmark. */
  watchAged(resource: string, seconds: number): void;
  watchRestarted(resource: string, reason: WatchRestart): void;
  /** A relist found objects that the watch had not told of. */
  relistDrifted(resource: string, objects: number): void;
  /** `cause`: who its pods are and how they are, weights alone, or why the ready set changed, where nothing else did. */
  sliceWritten(operation: "create" | "update" | "delete", cause: "membership" | "weights" | SetCause): void;
  entryWritten(
    kind: "WorkloadEntry" | "ServiceEntry",
    operation: "create" | "update" | "delete",
    cause: "membership" | "weights",
  ): void;
  statusWritten(): void;
  scaleWritten(): void;
  /** A part of a pool could not be written, and rests. */
  writeMissed(
    part: "slices" | "service" | "entries" | "marks" | "scale" | "status",
    outcome: "refused" | "failed" | "overtaken",
  ): void;
  /** This is the certificate that ports show now. */
  certificateUsed(certificate: { readonly subject: string; readonly from: Date; readonly until: Date }): void;
  leading(leads: boolean): void;
  leaseChangedHands(): void;
  httpServed(request: HttpRequest, seconds: number): void;
  /** A connection was closed to make room for another. */
  connectionEvicted(): void;
  /** A client's report went to another replica, or did not. */
  reportForwarded(outcome: "ok" | "failed" | "refused" | "dropped"): void;
  /** Streams of xDS that are open. */
  xdsStreamed(streams: number): void;
  /** A response went out, of resources of this type. */
  xdsSent(type: string): void;
  /** A client of xDS did what none should. */
  xdsOdd(kind: string): void;
  /** What became of a request for which a gateway asked where it should go. */
  endpointPicked(outcome: PickOutcome): void;
  /** To whom such a request went in the end. */
  pickServed(place: "first" | "later" | "other"): void;
  /** An agent check of HAProxy was answered. */
  agentAnswered(answer: AgentAnswerKind): void;
  /** An error that nothing had caught came to the process. */
  errorUnhandled(kind: "rejection" | "exception"): void;
}

type PickOutcome = "sent" | "none" | "shed" | "unknown" | "unanswered";

/** What HAProxy was told of a server. */
type AgentAnswerKind = "weight" | "drain" | "down" | "doubt" | "silent" | "unreadable";
