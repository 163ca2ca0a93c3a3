import type { StrategyType } from "../../api/pool.ts";
import type { CarrierType } from "../../api/publish-to.ts";
import type { ReadySetSpec } from "../../api/ready-set.ts";
import type { CarrierExplanation } from "../carriers/tell.ts";
import type { PodPort } from "../in-force.ts";
import type { ToldExcluded } from "../membership/excluded.ts";
import type { ProbeFailure } from "../membership/probe-failure.ts";
import type { UnhealthyPod, Writer } from "../planned.ts";
import type { SetState } from "../ready-set/ready-set.ts";
import type { RebalanceState } from "../rebalance/rebalance.ts";
import type { ToldCoverage } from "../samples/coverage.ts";
import type { ScaleDecision } from "../scaling/decision.ts";
import type { WeightsState } from "../weights/working.ts";

/** Numbers by the name that a formula gives them; several where the formula goes over pods. */
export type Numbers = Readonly<Record<string, number | readonly number[]>>;

/** One step of arithmetic. */
export interface Line {
  /** Of the figure. */
  readonly name: string;
  /** An expression over the numbers; absent for a figure that was measured, set or remembered. */
  readonly formula?: string;
  /** What the formula names. */
  readonly numbers?: Numbers;
  readonly result: number;
}

/** Why a pod stands where it stands, and gets what it gets. */
export interface PodExplanation {
  readonly pod: string;
  readonly rank: number;
  /** Share of the traffic, 1000 being an even share. */
  readonly weight: number;
  readonly reason: string;
  /** Compared in turn with those of other pods, the least first; absent where the pod is not measured, or nothing is. */
  readonly keys?: readonly number[];
  /** Age of the newest sample, milliseconds. */
  readonly ageMs?: number;
  /** At which numbers it has the pool's ports; absent where all pods have them at the same. */
  readonly ports?: readonly PodPort[];
  /** From the measured figures to the weight, which is the last one. */
  readonly lines: readonly Line[];
  /** What others' objects are to say of its weight, 100 being an even share; absent where none carries it. */
  readonly carried?: Partial<Readonly<Record<CarrierType, number>>>;
  /** Absent where all that may get traffic are published. */
  readonly readySet?: {
    /** False: it is full for now. */
    readonly published: boolean;
    /** As the set was decided on; none where the pod came since. */
    readonly lines: readonly Line[];
  };
  /** Absent where no pod is asked to close connections, or where that is not decided in this period. */
  readonly rebalance?: {
    /** Connections that it should close. */
    readonly surplus: number;
    /** As it was decided. */
    readonly lines: readonly Line[];
  };
}

/** Who is published as ready. */
export interface ReadySetExplanation {
  readonly type: ReadySetSpec["type"];
  /** Whether a set can help here, and what became of it. */
  readonly message: string;
  /** As those below, only of type LeastBusy. */
  readonly state?: SetState;
  /** Pods that are in, of how many, and how many are in at least. */
  readonly size?: number;
  readonly able?: number;
  readonly floor?: number;
  /** Since it was decided on, and since when it has been as small as it may be, as of the plan. */
  readonly decidedAgoMs?: number;
  readonly atFloorForMs?: number;
  /** As it was decided on. */
  readonly lines: readonly Line[];
}

/** Who is asked to close connections. */
export interface RebalanceExplanation {
  readonly state: RebalanceState;
  /** How many are asked for how many, or why nobody is. */
  readonly message: string;
  /** As of the plan. */
  readonly decidedAgoMs?: number;
  /** As it was decided. */
  readonly lines: readonly Line[];
}

export interface WeightsExplanation {
  /** Whether weights were computed in this pass, or why those of before stay. */
  readonly state: WeightsState;
  readonly message: string;
  /** Since weights were last computed, and since those in force came into force, as of the plan. */
  readonly computedAgoMs?: number;
  readonly inForceForMs?: number;
  /** What holds for the whole pool. */
  readonly lines: readonly Line[];
}

export interface ScalingExplanation {
  readonly kind: ScaleDecision["kind"];
  readonly reason: ScaleDecision["reason"];
  readonly message: string;
  /** False in mode Recommend: the change is not made. Absent where none is decided on. */
  readonly act?: boolean;
  /** Why the next sample comes before its interval is over; absent: it does not. */
  readonly confirm?: string;
  readonly lines: readonly Line[];
}

/** What the probes say of the ready pods. */
export interface HealthExplanation {
  /** Pods that are to be probed. */
  readonly expected: number;
  /** Of those, pods of which a probe has ended. */
  readonly probed: number;
  /** Those that failed first come first; `isAside` is false where too many would be set aside. */
  readonly unhealthy: readonly (Pick<UnhealthyPod, "why" | "isAside"> & {
    readonly pod: string;
    readonly detail?: string;
  })[];
  /** Probes that could not be made, by kind. */
  readonly refused: readonly {
    readonly failure: ProbeFailure;
    readonly pods: number;
    readonly example: string;
    readonly detail?: string;
  }[];
}

/** The arithmetic of a plan: of each rank, of each weight, of the ready set, and of the decision on scaling. */
export interface Explanation {
  readonly strategy: StrategyType;
  /** What comes first. */
  readonly order: string;
  readonly coverage: ToldCoverage;
  readonly readySet: ReadySetExplanation;
  /** Absent without `spec.rebalance`. */
  readonly rebalance?: RebalanceExplanation;
  readonly weights: WeightsExplanation;
  /** Absent where no objects of others carry the weights. */
  readonly carriers?: readonly CarrierExplanation[];
  /** In the strategy's order. */
  readonly pods: readonly PodExplanation[];
  readonly excluded: readonly ToldExcluded[];
  /** Absent where pods are not probed. */
  readonly health?: HealthExplanation;
  /** Absent where all pods take writes. */
  readonly writers?: readonly Writer[];
  readonly scaling: ScalingExplanation;
}

/** What stands before the pods. */
export type ExplanationHead = Pick<
  Explanation,
  "strategy" | "order" | "coverage" | "readySet" | "rebalance" | "weights" | "carriers"
>;
/** What stands behind them. */
export type ExplanationTail = Pick<Explanation, "excluded" | "health" | "writers" | "scaling">;

/** An explanation comes in parts, so that nobody has to hold the whole of a large pool's. */
export type ExplanationPart =
  | { readonly kind: "head"; readonly head: ExplanationHead }
  | { readonly kind: "pod"; readonly pod: PodExplanation }
  | { readonly kind: "tail"; readonly tail: ExplanationTail };
