import type { Verdict } from "../api/conditions.ts";
import type { PoolSpec } from "../api/pool.ts";
import type { Drain, LastScale, PoolStatus, ScaleStep } from "../api/status.ts";
import type { Memory } from "./memory.ts";

/** A pod as the API server shows it, stripped to what decisions use. Times are Unix milliseconds. */
export interface Pod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly createdAt: number;
  readonly phase: "Pending" | "Running" | "Succeeded" | "Failed" | "Unknown";
  readonly labels: Readonly<Record<string, string>>;
  /** All addresses, the primary one first; empty before the pod has one. */
  readonly addresses: readonly string[];
  /** True when an address of the pod was left out, as no traffic may go there (loopback, link-local …). */
  readonly addressRefused: boolean;
  readonly ready: boolean;
  /** When `ready` last changed. */
  readonly readyChangedAt?: number;
  readonly terminating: boolean;
  readonly hostNetwork: boolean;
  readonly node?: string;
  readonly zone?: string;
  /** TCP ports that the containers declare. */
  readonly ports: readonly DeclaredPort[];
  /** Sum of the containers' CPU requests, in millicores; absent when a container has none. */
  readonly cpuRequest?: number;
  /** The controller that made it. */
  readonly owner?: PodOwner;
  /** Somebody asks by annotation that it be drained. */
  readonly drainRequested?: boolean;
  /** What it costs its ReplicaSet to remove it; absent is 0. */
  readonly deletionCost?: DeletionCost;
}

export interface PodOwner {
  readonly kind: string;
  readonly uid: string;
}

/** The annotation `controller.kubernetes.io/pod-deletion-cost`. */
export interface DeletionCost {
  readonly value: number;
  /** True when this operator wrote it. */
  readonly ours: boolean;
}

export interface DeclaredPort {
  readonly name?: string;
  readonly port: number;
}

/** One reading of one pod. Values are finite and not negative. */
export interface Sample {
  /** When the pod answered, Unix milliseconds of the observation's clock. */
  readonly takenAt: number;
  /** Open connections. */
  readonly connections?: number;
  /** Load in percent of the capacity. */
  readonly load?: number;
  /** Completed requests since the pod's start. */
  readonly requests?: number;
  /** Of these, requests that failed. */
  readonly errors?: number;
  /** What all responses since the pod's start took together, in milliseconds, and how many they are. */
  readonly responses?: { readonly totalMs: number; readonly count: number };
  /** Mean response time since the sample before, milliseconds; absent where the pod answered nothing since. */
  readonly responseMs?: number;
  /** Share of the responses since then that were errors, 0 to 1. */
  readonly errorShare?: number;
}

/** Why the last attempt to sample a pod gave nothing. */
export type SampleFailure =
  | "PortNotDeclared"
  | "AddressRefused"
  | "ConnectFailed"
  | "TimedOut"
  | "ConnectionCut"
  | "StatusNotOk"
  | "Redirected"
  | "EncodingRefused"
  | "BodyTooLarge"
  | "TooManySamples"
  | "Malformed"
  | "MetricMissing"
  | "ValueRefused"
  | "NoCpuRequest"
  | "SourceUnavailable"
  | "NotReported";

/** What sampling knows of a pod. */
export interface Reading {
  /** Newest first; at most as many as the pool's `scaling.up.polls`, at least one kept. */
  readonly samples: readonly Sample[];
  /** Of the last attempt; absent when it succeeded. */
  readonly failure?: SampleFailure;
  /** Attempts that failed in a row. */
  readonly failures: number;
}

/** Why a probe failed. */
export type ProbeFailure =
  | "PortNotDeclared"
  | "AddressRefused"
  | "ConnectFailed"
  | "TimedOut"
  | "ConnectionCut"
  | "StatusNotOk"
  | "Redirected"
  | "Malformed"
  /** The gRPC server, or the service, says that it does not serve. */
  | "NotServing"
  /** The gRPC server does not know the service that it was asked for. */
  | "ServiceUnknown"
  /** The gRPC server has no health service. */
  | "NotImplemented"
  /** The database starts up, shuts down or takes no more connections. */
  | "NotAccepting"
  | "ServerError";

/** What probing knows of a ready pod. */
export interface Probing {
  /** End of the newest probe, Unix milliseconds. */
  readonly at: number;
  /** Median of the newest times to an answer, at most three; absent until there is one. */
  readonly responseMs?: number;
  /** Newest first. */
  readonly times: readonly number[];
  /** Of the newest probe; absent when it succeeded. */
  readonly failure?: ProbeFailure;
  /** Probes that failed in a row. */
  readonly failures: number;
  /** Probes that succeeded in a row. */
  readonly successes: number;
  /** Whether it failed so often, and has not answered twice in a row since. */
  readonly isDown: boolean;
  /** When `isDown` last changed; absent if it never did. */
  readonly changedAt?: number;
}

/** The workload that a pool scales. */
export interface Target {
  readonly uid: string;
  readonly replicas: number;
}

/** Something that forbids a part of the work, with the words that users read. */
export interface Problem {
  readonly reason: string;
  readonly message: string;
}

export interface ObservedPod {
  readonly pod: Pod;
  readonly reading?: Reading;
  readonly probe?: Probing;
}

/** The pool's own slices and Service, as far as a decision needs them. */
export interface Pool {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly createdAt: number;
  readonly spec: PoolSpec;
}

/** All that a decision may see. */
export interface Observation {
  /** Unix milliseconds. */
  readonly now: number;
  /** Seed of every random choice; the same seed gives the same plan. */
  readonly seed: number;
  readonly pool: Pool;
  readonly pods: readonly ObservedPod[];
  readonly target?: Target;
  /** Why there is no target, when the pool names one. */
  readonly targetProblem?: Problem;
  /** Why the replicas belong to somebody else: another autoscaler, another pool. */
  readonly scaleProblem?: Problem;
  /** Why the Service cannot carry the endpoints. */
  readonly publishProblem?: Problem;
  readonly status: PoolStatus;
  /** What the last plan left for this one; absent after a start. */
  readonly memory?: Memory;
}

/** A pod as published in the pool's order. */
export interface Endpoint {
  readonly pod: string;
  readonly uid: string;
  readonly address: string;
  readonly ports: readonly { readonly name: string; readonly port: number }[];
  readonly node?: string;
  readonly zone?: string;
  /** 1 is the best. */
  readonly rank: number;
  /** Share of the traffic, 1000 being an even share. */
  readonly weight: number;
  readonly connections?: number;
  readonly load?: number;
  /** Response time, by its own count or by the probe. */
  readonly responseMs?: number;
  /** Of the newest sample. */
  readonly ageMs?: number;
  /** Why it stands here. */
  readonly reason: string;
}

/** A pod as it belongs in the slices, in the pool's order. */
export interface Member {
  readonly pod: Pod;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  /** When health last put it in or out, if that was after its readiness changed. */
  readonly changedAt?: number;
}

/** A pod of the pool that gets no traffic, and why. */
export interface Excluded {
  readonly pod: string;
  readonly reason: string;
}

/** A pod that takes writes. */
export interface Writer {
  readonly pod: string;
  readonly uid: string;
  readonly address: string;
  readonly ports: readonly { readonly name: string; readonly port: number }[];
  /** Why it takes them. */
  readonly reason: string;
}

/** A ready pod that does not answer its probe. */
export interface UnhealthyPod {
  readonly pod: Pod;
  readonly why: ProbeFailure | "Recovering" | "NotProbedYet";
  /** False where too many would be set aside: it goes on taking traffic. */
  readonly isAside: boolean;
}

/** What the probes say of the ready pods. */
export interface PoolHealth {
  /** Pods that are to be probed. */
  readonly expected: number;
  /** Of those, pods of which a probe has ended. */
  readonly probed: number;
  /** Those that fell first come first. */
  readonly unhealthy: readonly UnhealthyPod[];
  /** Probes that could not be made, which say nothing of the pod: by kind, with one pod as an example. */
  readonly refused: readonly { readonly failure: ProbeFailure; readonly pods: number; readonly example: string }[];
}

export type HoldReason =
  | "NotScaled"
  | "Paused"
  | "TargetMissing"
  | "ScaledByAnother"
  | "ScaledToZero"
  | "AboveMaximum"
  | "AtMaximum"
  | "NoSamples"
  | "WaitingForPolls"
  | "PodsOnTheirWay"
  | "PodsNotMeasured"
  | "StepLimit"
  | "WithinLimit"
  | "TooFewFresh"
  | "WaitingForWindow"
  | "RolloutInProgress"
  | "Draining"
  | "DrainUndone";

export type ScaleDecision =
  | { readonly kind: "hold"; readonly reason: HoldReason; readonly message: string; readonly recommended?: number }
  | {
      readonly kind: "scale";
      readonly reason: "LoadAboveLimit" | "ConnectionsAboveLimit" | "BelowMinimum" | "LoadBelowLimit";
      readonly message: string;
      readonly from: number;
      readonly to: number;
      /** The step that this belongs to, which bounds what follows. */
      readonly step: ScaleStep;
      /** False in mode Recommend: say it, do not do it. */
      readonly act: boolean;
    };

/** A pod whose deletion cost is to change; without a cost it is to be taken off. */
export interface CostChange {
  readonly pod: Pod;
  readonly cost?: number;
}

/** How well the pool is measured. */
export interface Coverage {
  /** Pods that should be measured. */
  readonly expected: number;
  /** Of those, pods with a fresh sample. */
  readonly fresh: number;
  /** Age of the oldest sample in use. */
  readonly oldestMs?: number;
  /** Failures by kind, with one pod as an example. */
  readonly failures: readonly { readonly failure: SampleFailure; readonly pods: number; readonly example: string }[];
}

/** A pod that gets no new traffic, with the connections that it was last seen to have. */
export interface DrainingPod {
  readonly pod: string;
  readonly connections?: number;
}

/** What should be. */
export interface Plan {
  /** The pods that may get traffic, best first. */
  readonly endpoints: readonly Endpoint[];
  readonly members: readonly Member[];
  readonly excluded: readonly Excluded[];
  readonly scale: ScaleDecision;
  /** Pods that leave the lists before they are removed, as status is to tell it; in force once status does. */
  readonly drain?: Drain;
  /** Ready pods that get no new traffic and keep what they have, by name; absent: none. */
  readonly draining?: readonly DrainingPod[];
  /** Deletion costs to be written or taken off; absent: none. */
  readonly costs?: readonly CostChange[];
  /** Percent, over the pods with a fresh sample. */
  readonly averageLoad?: number;
  readonly coverage: Coverage;
  /** Absent where pods are not probed. */
  readonly health?: PoolHealth;
  /** Pods that take writes, by name; absent where there is no write list. */
  readonly writers?: readonly Writer[];
  /** False while most pods were never asked: status is to stay as it is. */
  readonly settled: boolean;
  readonly verdicts: readonly Verdict[];
  readonly memory: Memory;
  /** Look again after this long even if nothing happens. */
  readonly lookAgainInMs: number;
}

/** What became of a plan. */
export interface Outcome {
  /** Why the endpoints could not be published. */
  readonly publishProblem?: Problem;
  /** Why the replicas could not be written. */
  readonly scaleProblem?: Problem;
  /** Replicas that were written in this pass. */
  readonly scaled?: LastScale;
}
