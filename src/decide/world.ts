import type { PoolSpec } from "../api/pool.ts";
import type { Reason } from "../api/reasons.ts";
import type { PoolStatus } from "../api/status.ts";
import type { Locality } from "./claims/localities.ts";
import type { PortsInForce, SetInForce } from "./in-force.ts";
import type { ProbeFailure } from "./membership/probe-failure.ts";
import type { Finding, SecretFound, ValueFault } from "./samples/findings.ts";
import type { SampleFailure } from "./samples/sample-failure.ts";
import type { RefusedScale, Target } from "./target.ts";

export type { SampleFailure } from "./samples/sample-failure.ts";

/** CPU in millicores, memory in bytes; absent is what nothing is asked for. */
export interface ResourceRequests {
  readonly cpuRequest?: number;
  readonly memoryRequest?: number;
}

/**
 * A pod as the API server shows it, stripped to what decisions use. Times are Unix milliseconds. Its requests are those of
 * all its containers, or its own as a whole.
 */
export interface Pod extends ResourceRequests {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly createdAt: number;
  /** When its node took it on. */
  readonly startedAt?: number;
  readonly phase: "Pending" | "Running" | "Succeeded" | "Failed" | "Unknown";
  readonly labels: Readonly<Record<string, string>>;
  /** All addresses, the primary one first; empty before the pod has one. */
  readonly addresses: readonly string[];
  /** True when an address of the pod was left out, as no traffic may go there (loopback, link-local …). */
  readonly addressRefused: boolean;
  readonly ready: boolean;
  /** When `ready` last changed. */
  readonly readyChangedAt?: number;
  /** How often its containers were started again, together; absent is 0. */
  readonly restarts?: number;
  /** When the last of these was; absent where there was none, or it does not run. */
  readonly restartedAt?: number;
  readonly terminating: boolean;
  readonly hostNetwork: boolean;
  readonly node?: string;
  readonly zone?: string;
  readonly region?: string;
  /** How it is in Istio's mesh; absent where it is not. */
  readonly mesh?: PodMesh;
  /** Its name in the Service that `subdomain` names; absent where it has none of its own. */
  readonly hostname?: string;
  /** Name of a headless Service, under which cluster DNS knows the pod by its `hostname`. */
  readonly subdomain?: string;
  /** TCP ports that the containers declare. */
  readonly ports: readonly DeclaredPort[];
  /** Those that run as long as the pod does, with what each asks for. */
  readonly containers?: readonly (ResourceRequests & { readonly name: string })[];
  /** The controller that made it. */
  readonly owner?: PodOwner;
  /** Somebody asks by annotation that it be drained, and, unless its removal is asked for as well, kept. */
  readonly drainRequested?: boolean;
  /** Of those, one that is to be the first to go when there are to be fewer. */
  readonly removalRequested?: boolean;
  /** What it costs its ReplicaSet to remove it; absent is 0. */
  readonly deletionCost?: DeletionCost;
}

/** Whether a proxy of its own takes a pod's traffic, or its node's, and who the pod is in the mesh. */
export interface PodMesh {
  readonly by: "Sidecar" | "Ambient";
  readonly serviceAccount: string;
}

export interface PodOwner {
  readonly kind: string;
  readonly uid: string;
}

/** Whether a pod that the target's selector matches is the target's own. */
export type Belonging =
  /** Its controllers from the pod's up to the target, which is not among them. */
  | { readonly kind: "own"; readonly controllers: readonly PodOwner[] }
  /** Its topmost controller that is known; absent: it has none. */
  | { readonly kind: "foreign"; readonly controller?: PodOwner & { readonly name: string } }
  /** Not known yet, or, with a problem, not to be known. */
  | { readonly kind: "unread"; readonly problem?: Problem<"OwnersUnread"> }
  /** The selector matched it before, and matches no ready pod now. */
  | { readonly kind: "kept" };

/** The annotation `controller.kubernetes.io/pod-deletion-cost`. */
export interface DeletionCost {
  readonly value: number;
  /** True when this operator wrote it, and nobody else says the same. */
  readonly ours: boolean;
  /** UIDs of the pools for which it did. Absent: none, or none that is known, as in version 0.1. */
  readonly pools?: readonly string[];
  /** What somebody else had said before; known beside a mark alone. */
  readonly given?: number;
}

export interface DeclaredPort {
  readonly name?: string;
  readonly port: number;
}

/** One reading of one pod. Values are finite and not negative. */
export interface Sample {
  /** When the pod answered, Unix milliseconds of the observation's clock. */
  readonly takenAt: number;
  /** Time up to then that its figures are an average of, milliseconds; absent where they are of the moment. */
  readonly windowMs?: number;
  /** Open connections. */
  readonly connections?: number;
  /** Load in percent of the capacity. */
  readonly load?: number;
  /** Of which the load is the rate; there is no load beside the first. */
  readonly counter?: LoadCounter;
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
  /** Metrics that were asked for beside the others and could not be used; absent: none. */
  readonly refused?: readonly RefusedMetric[];
}

/** A counter whose rate is the load. */
export interface LoadCounter {
  /** Its name, or pointer. */
  readonly metric: string;
  /** What it has come to, so that one more in a second is a load of 1 %. */
  readonly total: number;
  /** Of several counters, of which one may go or begin anew while the others stay. */
  readonly isSum?: boolean;
  /** When the pod was asked for it, Unix milliseconds: answers take longer at some times than at others. */
  readonly at: number;
}

/** A metric that the sample does without. */
export interface RefusedMetric {
  /** What it is in the pool's source. */
  readonly of: "requests" | "responseTime" | "errors";
  /** Its name, or pointer. */
  readonly metric: string;
  readonly fault: ValueFault | "Missing";
}

/** What sampling knows of a pod. */
export interface Reading {
  /** Newest first; as many as decisions may ask for, at least one kept. */
  readonly samples: readonly Sample[];
  /** Of the last attempt; absent when it succeeded. */
  readonly failure?: SampleFailure;
  /** What was found then, where that says more than the failure's word. */
  readonly finding?: Finding;
  /** Attempts that failed in a row. */
  readonly failures: number;
}

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
  /** What was found then, where that says more than the failure's word. */
  readonly finding?: Finding;
  /** Probes that failed in a row. */
  readonly failures: number;
  /** Probes that succeeded in a row. */
  readonly successes: number;
  /** Whether it failed so often, and has not answered twice in a row since. */
  readonly isDown: boolean;
  /** When `isDown` last changed; absent if it never did. */
  readonly changedAt?: number;
  /** What a database has last said of itself, and when; absent where it says nothing. */
  readonly role?: { readonly takesWrites: boolean; readonly at: number };
}

/** Something that forbids a part of the work, with the words that users read. */
export interface Problem<R extends string = Reason> {
  readonly reason: R;
  readonly message: string;
}

/** Why nothing is known of a target, or nothing new. */
export type TargetProblem = Problem<
  | "TargetKindUnknown"
  | "TargetNotScalable"
  | "TargetUnknown"
  | "TargetNotFound"
  | "TargetWithoutSelector"
  | "TargetForbidden"
  | "ScaleUnreadable"
  | "ReplicasUnset"
>;

/** Why a pool leaves the replicas of its target alone. */
export type ScaleProblem = Problem<"ScaledByAnother" | "AutoscalersUnreadable">;

export interface ObservedPod {
  readonly pod: Pod;
  /** Absent where every pod of the pool counts: there is no target, nothing is scaled, or all that are selected count. */
  readonly belonging?: Belonging;
  readonly reading?: Reading;
  readonly probe?: Probing;
}

/** A LoadBalancerPool, as far as a decision needs it. */
export interface Pool {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly createdAt: number;
  /** By which policy its author was asked for Secrets of late. */
  readonly secretsPolicy?: string;
  /** It is being deleted, and waits for these finalizers; absent while it is not. */
  readonly deletion?: { readonly finalizers: readonly string[] };
  readonly spec: PoolSpec;
}

/** What Istio's entries say of a pool; of one that asks for them, or has some left. */
export interface IstioInForce {
  /** By UID of the pod that an entry leads to, its weight. */
  readonly weights: ReadonlyMap<string, number>;
  /** Why it is not known; without a message, only because no answer has come yet. */
  readonly problem?: Problem;
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
  /** Why the spec is refused, of a pool that goes on by another. */
  readonly specProblem?: Problem;
  /** Why there is no target, when the pool names one; beside a target: why what is known of it may be old. */
  readonly targetProblem?: TargetProblem;
  /** Why the replicas belong to somebody else, or may: another autoscaler, another pool. */
  readonly scaleProblem?: ScaleProblem;
  /** Whether nobody reports to this operator (source push) without a token. Absent: anybody may. */
  readonly reportsAuthenticated?: boolean;
  /** Why the endpoint slices cannot be written, of which the last attempt tells. */
  readonly slicesProblem?: Problem;
  /** What is wrong with the Secret that the pool's source names although pods are still shown what was good before. */
  readonly credentialTrouble?: SecretFound;
  /** The last change of replicas, if it could not be written. */
  readonly refusedScale?: RefusedScale;
  /** Why pods do not close connections when they are asked, as the last attempts tell. */
  readonly rebalanceProblem?: Problem;
  /** Why the Service cannot carry the endpoints. */
  readonly publishProblem?: Problem;
  /** Who else publishes on the Service, without the Service saying so. */
  readonly besideProblem?: Problem;
  /** Why one of the Services of the two lists does not have it. */
  readonly splitProblem?: Problem;
  /** UIDs of the pods that slices tell as taking writes; absent where there are none for the write list. */
  readonly writersInForce?: ReadonlySet<string>;
  /** Ports of the Service that the pool does not serve. */
  readonly idlePorts?: readonly string[];
  /** Of each node, or each zone, that has ready pods one is to stay in, as the Service has traffic stay there. */
  readonly keepsOne?: readonly Locality[];
  /** Absent where nobody asks. */
  readonly istio?: IstioInForce;
  /** Absent where the pool has no slices on its Service. */
  readonly published?: SetInForce;
  /** Of the pods that the pool's slices name; absent where it has none. */
  readonly portsInForce?: PortsInForce;
  /** Pods that other pools of the namespace drain to have them removed: by UID, the name of the pool. */
  readonly drainedBy?: ReadonlyMap<string, string>;
  readonly status: PoolStatus;
}
