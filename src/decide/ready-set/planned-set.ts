import { defined } from "../../api/defined.ts";
import type { SetDecision } from "./decision.ts";
import { untilNext } from "./period.ts";
import type { SetMoment, SetPod, SetState, SteppedSet } from "./ready-set.ts";
import { type Share, sharesOf } from "./share.ts";

/** Why a set changed: for a better one, for a crowd, to hold the floor, or because too little is known to leave anybody out. */
export type SetCause = "balance" | "brake" | "floor" | "blind";

/** A change of the set that the slices are still to tell of. */
export interface UnwrittenChange {
  readonly cause: SetCause;
  /** UIDs of the pods that it puts in or out. */
  readonly uids: ReadonlySet<string>;
}

/** Which of the pods that may get traffic the slices publish as ready, of a pool that balances by that. */
export interface ReadySetPlan {
  readonly state: SetState;
  readonly periodMs: number;
  /** When the next period begins, Unix milliseconds. */
  readonly nextAt: number;
  /** So many are in at least. */
  readonly floor: number;
  /** Pods that may be in. */
  readonly able: number;
  /** Pods that are in. */
  readonly size: number;
  /** The others, which are out for balance alone, by UID; of one that is not measured nothing is known. */
  readonly full: ReadonlyMap<string, Share | undefined>;
  /** The share of the pod that has most for what it can carry; absent: no pod is measured. */
  readonly fullest?: Share;
  /** The last one, which is in force unless `state` says otherwise. */
  readonly decision?: SetDecision;
  /** The slices do not tell of it yet: why it changed, and of whom they say something else; absent: they do. */
  readonly unwritten?: UnwrittenChange;
  /** Since when it has been as small as it may be; absent while it is not. Unix milliseconds. */
  readonly atFloorSince?: number;
}

/** A stepped set as plans tell it. */
export function planReadySet(pods: readonly SetPod[], { isIn, memory }: SteppedSet, moment: SetMoment): ReadySetPlan {
  const shares = sharesOf(pods);
  let fullest: Share | undefined;
  for (const share of shares)
    if (share && (!fullest || share.connections * fullest.even > fullest.connections * share.even)) fullest = share;
  const full = new Map(pods.flatMap(({ uid }, place) => (isIn[place] ? [] : [[uid, shares[place]] as const])));
  return {
    state: memory.state,
    periodMs: moment.periodMs,
    nextAt: moment.now + untilNext(moment),
    floor: Math.min(pods.length, moment.floor),
    able: pods.length,
    size: pods.length - full.size,
    full,
    ...defined({ fullest, decision: memory.decision }),
  };
}
