import { defined } from "../../api/defined.ts";
import type { ScaleReason, ScalingReason } from "../../api/reasons.ts";
import type { ScaleStep } from "../../api/status.ts";

/** Every reason to leave replicas as they are, and whether scaling is at work meanwhile: what ScalingActive tells. */
const holds = {
  InvalidSpec: "off",
  NotScaled: "off",
  PoolTerminating: "off",
  Paused: "off",
  TargetForbidden: "off",
  ScaleUnreadable: "off",
  ReplicasUnset: "off",
  TargetMissing: "off",
  TargetTerminating: "off",
  ScaledByAnother: "off",
  AutoscalersUnreadable: "off",
  ScaledToZero: "off",
  ReportsUnauthenticated: "off",
  OwnersPending: "at work",
  OwnersUnreadable: "off",
  NoOwnPods: "off",
  NoSamples: "off",
  ScaleRefused: "off",
  ScaleFailed: "off",
  ReplicasReset: "off",
  AboveMaximum: "at work",
  AtMaximum: "at work",
  WaitingForPolls: "at work",
  PodsOnTheirWay: "at work",
  PodsNotMeasured: "at work",
  PodsWarmingUp: "at work",
  StepLimit: "at work",
  WithinLimit: "at work",
  TooFewFresh: "at work",
  WaitingForWindow: "at work",
  RolloutInProgress: "at work",
  DrainedByHand: "at work",
  SlicesNotWritten: "at work",
  Draining: "at work",
  DrainUndone: "at work",
} as const satisfies Partial<Record<ScalingReason, "at work" | "off">>;

export type HoldReason = keyof typeof holds;

/** Replicas stay as they are. */
export interface HoldDecision {
  readonly kind: "hold";
  readonly reason: HoldReason;
  readonly message: string;
  readonly recommended?: number;
}

const resizes = [
  "LoadAboveLimit",
  "ConnectionsAboveLimit",
  "BelowMinimum",
  "LoadBelowLimit",
] as const satisfies ScaleReason[];

/** Replicas are to change. */
export interface ResizeDecision {
  readonly kind: "scale";
  readonly reason: (typeof resizes)[number];
  readonly message: string;
  readonly from: number;
  readonly to: number;
  /** The step that this belongs to, which bounds what follows. */
  readonly step: ScaleStep;
  /** False in mode Recommend: say it, do not do it. */
  readonly act: boolean;
}

export type ScaleDecision = HoldDecision | ResizeDecision;

export const scaleReasons: readonly ScaleDecision["reason"][] = [...resizes, ...(Object.keys(holds) as HoldReason[])];

/** The next sample of every pod is to come before its interval is over, to confirm a crossing. */
export interface Confirmation {
  /** When it is due, Unix milliseconds. */
  readonly at: number;
  readonly reason: string;
}

export const hold = (reason: HoldReason, message: string, recommended?: number): HoldDecision => ({
  kind: "hold",
  reason,
  message,
  ...defined({ recommended }),
});

/** Whether scaling is at work, be there something to do or not. */
export const isAtWork = (decision: ScaleDecision): boolean =>
  decision.kind === "scale" || holds[decision.reason] === "at work";
