import { type DeadBand, moved } from "../basics/dead-band.ts";
import { evenWeight } from "../weights/publish.ts";

/** An even share as objects tell it, which is what Cilium takes a backend for that says none. */
export const evenCarried = 100;
/** The largest that Cilium takes. */
const mostCarried = 65_535;

/** A weight moves by more than this before its object is written: each write makes every node, or proxy, reckon anew. */
const deadBand: DeadBand = { share: 0.1, least: 2 };

/** A published weight as objects tell it: in percent of an even share, and never 0, which would be no traffic at all. */
export const carriedOf = (weight: number): number =>
  Math.min(mostCarried, Math.max(1, Math.round((weight * evenCarried) / evenWeight)));

export interface Weighed {
  readonly uid: string;
  /** As published: 1000 is an even share. */
  readonly weight: number;
}

/** What objects say now. */
export interface Carried {
  /** By UID of the pod. */
  readonly weights: ReadonlyMap<string, number>;
  /** UIDs of the pods that they lead to. */
  readonly isIn: ReadonlySet<string>;
}

/** What was decided in a period. */
export interface CarrierMemory {
  readonly period: number;
  /** What objects said when it was decided; of a pod that had none, nothing. By UID. */
  readonly from: ReadonlyMap<string, number>;
  readonly to: ReadonlyMap<string, number>;
}

export interface CarriedStep {
  /** What objects are to say, by UID. */
  readonly weights: ReadonlyMap<string, number>;
  /** Pods whose weight has left the dead band, and waits for the next period. */
  readonly waiting: number;
  /** Pods whose weight differs, and by no more than the dead band. */
  readonly within: number;
  readonly memory: CarrierMemory;
}

/**
 * Decides once a period which weights are written: those that left the dead band. In between, and in the period of a
 * start, those stay that objects have, whoever wrote them: a replica that takes over writes nothing a second time. A pod
 * that comes in brings its weight with it, as its object is written anyway.
 */
export function stepCarried(
  pods: readonly Weighed[],
  carried: Carried,
  before: CarrierMemory | undefined,
  period: number,
): CarriedStep {
  const isDue = before !== undefined && before.period !== period;
  const from = new Map<string, number>();
  const to = new Map<string, number>();
  let waiting = 0;
  let within = 0;
  const settle = (uid: string, known: number | undefined, wanted: number): number => {
    if (known === undefined || !carried.isIn.has(uid)) return wanted;
    if (isDue) return moved(known, wanted, deadBand) ? wanted : known;
    const decided = before?.to.get(uid);
    const isOurs = known === decided || known === before?.from.get(uid);
    return decided !== undefined && isOurs ? decided : known;
  };
  for (const { uid, weight } of pods) {
    const known = carried.weights.get(uid);
    const wanted = carriedOf(weight);
    const weightNow = settle(uid, known, wanted);
    const first = isDue ? known : (before?.from.get(uid) ?? known);
    if (first !== undefined) from.set(uid, first);
    to.set(uid, weightNow);
    if (moved(weightNow, wanted, deadBand)) waiting += 1;
    else if (weightNow !== wanted) within += 1;
  }
  return { weights: to, waiting, within, memory: { period, from, to } };
}
