import type { ConditionType, Verdict } from "../api/conditions.ts";
import type { CarrierType } from "../api/publish-to.ts";
import type { Drain, LastScale } from "../api/status.ts";
import type { Wording } from "./basics/wording.ts";
import type { CarrierPlan } from "./carriers/planned-carrier.ts";
import type { PodPort } from "./in-force.ts";
import type { LackedPort } from "./membership/pod-ports.ts";
import type { ProbeFailure } from "./membership/probe-failure.ts";
import type { ReadySetPlan } from "./ready-set/planned-set.ts";
import type { RebalancePlan } from "./rebalance/planned-rebalance.ts";
import type { Finding } from "./samples/findings.ts";
import type { Confirmation, ScaleDecision } from "./scaling/decision.ts";
import type { Entry } from "./scaling/ledger.ts";
import type { Signals } from "./signals/planned-signals.ts";
import type { WeightsState, Working } from "./weights/working.ts";
import type { Pod, Problem, RefusedMetric, SampleFailure } from "./world.ts";

/** A pod as published in the pool's order. */
export interface PlannedEndpoint {
  readonly pod: string;
  readonly uid: string;
  readonly address: string;
  /** At the numbers that this pod has them. */
  readonly ports: readonly PodPort[];
  readonly node?: string;
  readonly zone?: string;
  /** 1 is the best. */
  readonly rank: number;
  /** Share of the traffic, 1000 being an even share. */
  readonly weight: number;
  /** The share of its weight that a pod gets in its slow start; absent after it. It is in `weight`. */
  readonly slowStart?: number;
  readonly connections?: number;
  readonly load?: number;
  /** Response time, by its own count or by the probe. */
  readonly responseMs?: number;
  /** Of the requests that it completed of late; absent where it does not count them. */
  readonly requestsPerSecond?: number;
  /** Share of those that failed, 0 to 1; absent where there were none. */
  readonly errorShare?: number;
  /** Of the newest sample. */
  readonly ageMs?: number;
  /** It is out of the ready set for balance alone: a Service sends it nothing new. Rank and weight are as without. */
  readonly full?: true;
  /** Why it stands here, or why it is full. */
  readonly reason: string;
}

/** A pod that has a place in the slices, in the pool's order. */
export interface Member {
  readonly pod: Pod;
  /** Whether it is to get new connections. One that is not ready, or on its way out, never is. */
  readonly isIn: boolean;
  /** At the numbers that this pod has them; absent: those that the pool's spec gives. */
  readonly ports?: readonly PodPort[];
  /** It is out for balance alone. */
  readonly full?: true;
  /** When health, if that was after its readiness changed, or balance last put it in or out. */
  readonly changedAt?: number;
}

/** Why a pod of the pool gets no traffic. */
export type Exclusion =
  | {
      readonly reason:
        | "Failed"
        | "Succeeded"
        | "HostNetwork"
        | "AddressRefused"
        | "NoAddress"
        | "Terminating"
        | "NotReady"
        /** It takes writes, and `access.readers` spares it the reads. */
        | "WritesOnly";
    }
  | ({ readonly reason: "PortNotDeclared" } & LackedPort)
  | { readonly reason: "Unhealthy"; readonly why: UnhealthyPod["why"] }
  /** `pool` names the pool that drains it, if it is another. */
  | { readonly reason: "Draining"; readonly pool?: string };

/** A pod that is published though it lacks a port: at the ports that it was published with before. */
export type HeldPod = { readonly pod: string } & LackedPort;

/** A pod of the pool that gets no traffic, and why. */
export type Excluded = { readonly pod: string } & Exclusion;

/** A pod that the selector matches and that the target does not own: published, and not counted for scaling. */
export interface ForeignPod {
  readonly pod: string;
  /** Kind and name of its topmost controller that is known; absent: it has none. */
  readonly owner?: string;
}

/** A pod that takes writes. */
export interface Writer {
  readonly pod: string;
  readonly uid: string;
  readonly address: string;
  readonly ports: readonly PodPort[];
  /** Why it takes them. */
  readonly reason: string;
}

/** A ready pod that does not answer its probe. */
export interface UnhealthyPod {
  readonly pod: Pod;
  readonly why: ProbeFailure | "Recovering" | "NotProbedYet";
  /** What was found, where that says more. */
  readonly finding?: Finding;
  /** False where too many would be set aside: it goes on taking traffic. */
  readonly isAside: boolean;
}

export interface RefusedProbe {
  readonly failure: ProbeFailure;
  readonly pods: number;
  readonly example: string;
  /** Of the example. */
  readonly finding?: Finding;
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
  readonly refused: readonly RefusedProbe[];
}

/** A pod whose deletion cost is to change; without a cost it is to be taken off. */
export interface CostChange {
  readonly pod: Pod;
  readonly cost?: number;
  /** What somebody else had said before, to be kept beside a mark. */
  readonly given?: number;
  /** UID of the pool whose mark it is. Absent: of one that a version wrote which told no pool. */
  readonly pool?: string;
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
  readonly failures: readonly CountedFailure[];
  /** Metrics that samples do without, with one pod as an example; absent: none. */
  readonly refused?: readonly CountedRefusal[];
  /** Counters of which pods have told the first value, so that these have no rate yet and are not expected; absent: none. */
  readonly beginning?: readonly CountedBeginning[];
}

export interface CountedFailure {
  readonly failure: SampleFailure;
  readonly pods: number;
  readonly example: string;
  /** Of the example. */
  readonly finding?: Finding;
}

export interface CountedBeginning {
  readonly metric: string;
  readonly pods: number;
  readonly example: string;
}

export interface CountedRefusal extends RefusedMetric {
  readonly pods: number;
  readonly example: string;
}

/** A pod that gets no new traffic, with the connections that it was last seen to have. */
export interface DrainingPod {
  readonly pod: string;
  readonly connections?: number;
  /** Unix milliseconds; absent where the drain began before anybody here saw it. */
  readonly since?: number;
}

/** A verdict whose message is still to be printed. */
export type WordedVerdict = Omit<Verdict, "message"> & { readonly message: Wording };

/** How weights came about: the arithmetic that `explain` shows. Times are Unix milliseconds. */
export interface Weighting {
  readonly state: WeightsState;
  /** False while most pods were never asked. */
  readonly isSettled: boolean;
  /** From what was measured to the weights in force, as last computed; absent: they were not. */
  readonly computing?: Working;
  /** From there to the published ones. */
  readonly publishing: Working;
  /** When they were last computed, and put in force; absent: never. */
  readonly computedAt?: number;
  readonly publishedAt?: number;
}

/** What should be. */
export interface Plan {
  /** The pods that may get traffic, best first. */
  readonly endpoints: readonly PlannedEndpoint[];
  /** By these the endpoints were compared, in turn, the least first; undefined of one that is not measured. In their order. */
  readonly keys: readonly (readonly number[] | undefined)[];
  readonly weighting: Weighting;
  /** Absent where all that may get traffic are published. */
  readonly readySet?: ReadySetPlan;
  /** Absent where open connections stay where they are. */
  readonly rebalance?: RebalancePlan;
  /** What others' objects are to say of the weights; absent where none carries them. */
  readonly carriers?: readonly CarrierPlan[];
  readonly members: readonly Member[];
  readonly excluded: readonly Excluded[];
  readonly scale: ScaleDecision;
  /** How the decision on scaling came about. */
  readonly ledger: readonly Entry[];
  /** Samples are to come before their interval is over; absent: they come once per interval. */
  readonly confirm?: Confirmation;
  /** Pods that do not count for scaling, by name; absent: none. */
  readonly foreign?: readonly ForeignPod[];
  /** Pods that leave the lists before they are removed, as status is to tell it; in force once status does. */
  readonly drain?: Drain;
  /** Pods that get no new traffic and keep what they have, by name; absent: none. */
  readonly draining?: readonly DrainingPod[];
  /** Deletion costs to be written or taken off; absent: none. */
  readonly costs?: readonly CostChange[];
  /** Percent, over the endpoints with a fresh sample; where the pool scales, over those with one by which it may. */
  readonly averageLoad?: number;
  /** Of open connections, over those of them that tell any. */
  readonly averageConnections?: number;
  readonly signals: Signals;
  readonly coverage: Coverage;
  /** Absent where pods are not probed. */
  readonly health?: PoolHealth;
  /** Pods that take writes, by name; absent where there is no write list. */
  readonly writers?: readonly Writer[];
  /** Pods that have a place in the slices of the write list; absent where there is none. */
  readonly writeMembers?: readonly Member[];
  /** False while most pods were never asked: status is to stay as it is. */
  readonly settled: boolean;
  readonly verdicts: readonly Verdict[];
  /** The verdicts' messages as they were before they were printed. */
  readonly wordings: ReadonlyMap<ConditionType, Wording>;
  /** Look again after this long even if nothing happens. */
  readonly lookAgainInMs: number;
}

/** What became of a plan. */
export interface Outcome {
  /** Why the endpoints could not be published. */
  readonly publishProblem?: Problem;
  /** Why one of the two lists could not be published on its Service. */
  readonly splitProblem?: Problem;
  /** Why others' objects could not be written, and whose carry weights, or still have to lose them. */
  readonly carrierProblem?: Problem;
  readonly publishedTo?: CarrierType[];
  /** Why the replicas could not be written. */
  readonly scaleProblem?: Problem;
  /** Replicas that were written in this pass. */
  readonly scaled?: LastScale;
}
