import type { Working } from "../weights/working.ts";
import { type BrakeMemory, type Changes, countChanges } from "./brake.ts";
import { type ChosenSet, type Contender, chooseSet, mendSet } from "./choose.ts";
import { type KeepMemory, keepOf, learnKeep, type PodPeriod } from "./keep.ts";
import { type Period, periodAt, untilNext } from "./period.ts";
import { sharesOf, surplusOf } from "./share.ts";
import { setWorking } from "./working.ts";

/** A pod that may be in the set, with what is known of it. */
export interface SetPod extends Contender {
  /** When its connections were read, Unix milliseconds. */
  readonly sampledAt?: number;
}

export interface SetMoment extends Period {
  /** Unix milliseconds. */
  readonly now: number;
  /** Between two samples of a pod. */
  readonly intervalMs: number;
  /** So many pods are in at least. */
  readonly floor: number;
  /** Of its connections, so much is the most that a pod is asked to close in a period; absent: none. */
  readonly maxPercent?: number;
  /** The first samples are still to come, as after a restart: what is published stays. */
  readonly isAwaited: boolean;
  /** Too few pods are measured to decide by: everybody is in. */
  readonly isBlind: boolean;
}

/** Why the set is as it is. */
export type SetState =
  /** After a restart, as the slices say. */
  | "inherited"
  /** Too few pods are measured: everybody. */
  | "blind"
  /** How long connections live is not known yet: everybody. */
  | "learning"
  /** A crowd came: everybody, until the period ends. */
  | "braked"
  /** As chosen, or as it was before, which is no worse. */
  | "chosen";

/** What was decided at the begin of the period, in figures. */
export interface SetDecision extends ChosenSet {
  /** Open connections, those of pods that are not measured taken for the mean. */
  readonly connections: number;
  readonly keep: number;
  /** New connections that the set is chosen for. */
  readonly arrivals: number;
  /** Connections that pods are asked to close. */
  readonly closing: number;
  readonly at: number;
  readonly working: Working;
}

/** What one step hands to the next. */
export interface SetMemory {
  /** The period in which the set was decided on. */
  readonly period: number;
  readonly periodMs: number;
  readonly at: number;
  /** UIDs of the pods that are out. */
  readonly full: ReadonlySet<string>;
  /** Connections at the begin of the period; undefined of a pod that was not measured then. */
  readonly begin: ReadonlyMap<string, number | undefined>;
  /** UIDs of those in force since the write at its begin has come through; absent: it has not yet. */
  readonly inForce?: ReadonlySet<string>;
  /** The set changed within the period, so that it teaches nothing. */
  readonly isBroken: boolean;
  readonly state: SetState;
  readonly keep?: KeepMemory;
  readonly brake?: BrakeMemory;
  readonly decision?: SetDecision;
}

export interface SteppedSet {
  /** In the order of the pods. */
  readonly isIn: readonly boolean[];
  readonly memory: SetMemory;
}

/** A set is in force after so much of the time between two samples: not before the first one. */
const comesThrough = 0.9;
/** A write may take so much of a period. */
const settling = 0.25;
/** A period that is off by more than this teaches nothing. */
const tolerance = 0.2;

/**
 * Milliseconds until the next look: at the begin of the next period, and before, once the write at the begin of this one
 * has had its time, as the slices then tell what is in force for the rest of it.
 */
export function untilLook({ inForce, isBroken, at }: SetMemory, moment: SetMoment): number {
  const next = untilNext(moment);
  const settledIn = at + settling * moment.periodMs - moment.now;
  return inForce || isBroken || settledIn <= 0 ? next : Math.min(next, settledIn);
}

const isNewIn = (memory: SetMemory, { uid }: SetPod): boolean => !memory.begin.has(uid);

/** What slices say of a pod that was there when the period began; one that came since is in. */
const inForceOf = (memory: SetMemory | undefined, pods: readonly SetPod[]): SetPod[] =>
  pods.map((pod) => (memory && !pod.isIn && isNewIn(memory, pod) ? { ...pod, isIn: true } : pod));

/** Connections that come in a period: as many as end in it. */
const arrivalsOf = ({ connections, keep }: Pick<SetDecision, "connections" | "keep">): number =>
  connections * (1 - keep);

/** Whether the period was as long as it should be, and the set the same all the time. */
function isWhole(memory: SetMemory, pods: readonly SetPod[], { now, periodMs }: SetMoment): boolean {
  const { inForce, begin } = memory;
  if (memory.isBroken || !inForce) return false;
  if (Math.abs(now - memory.at - periodMs) > tolerance * periodMs) return false;
  return begin.size === pods.length && pods.every(({ uid, isIn }) => begin.has(uid) && inForce.has(uid) === isIn);
}

function learn(memory: SetMemory | undefined, pods: readonly SetPod[], moment: SetMoment): KeepMemory | undefined {
  // What outlasts a period of another length is another share.
  if (!memory || memory.periodMs !== moment.periodMs) return undefined;
  if (!isWhole(memory, pods, moment)) return memory.keep;
  const periods: PodPeriod[] = [];
  for (const { uid, connections, sampledAt = moment.now, isIn } of pods) {
    const before = memory.begin.get(uid);
    // A sample from before the period began tells nothing of it.
    if (before === undefined || connections === undefined || sampledAt <= memory.at) continue;
    periods.push({ before, now: connections, isIn });
  }
  return learnKeep(memory.keep, periods);
}

const meanKnown = (pods: readonly SetPod[]): number => {
  const known = pods.flatMap(({ connections }) => connections ?? []);
  return known.length === 0 ? 0 : known.reduce((total, one) => total + one, 0) / known.length;
};

const everybody = (pods: readonly SetPod[]): boolean[] => pods.map(() => true);

const fullOf = (pods: readonly SetPod[], isIn: readonly boolean[]): ReadonlySet<string> =>
  new Set(pods.flatMap(({ uid }, place) => (isIn[place] ? [] : [uid])));

/** The best set, by what is learned of how long connections live. */
function choose(
  pods: readonly SetPod[],
  learned: KeepMemory,
  { now, floor, maxPercent = 0 }: SetMoment,
  changes: Changes,
): SetDecision {
  const connections = meanKnown(pods) * pods.length;
  const keep = keepOf(learned, connections);
  // In a crowd the set is in force until the brake has counted what comes to it, and another write has come through.
  const crowd = changes.isCrowd ? 2 * changes.gained : 0;
  const arrivals = Math.max(arrivalsOf({ connections, keep }), crowd);
  const choice = chooseSet(pods, { keep, arrivals }, floor);
  const working = setWorking(pods, { learned, connections, keep, arrivals, crowd, floor, choice });
  const closing = sharesOf(pods).reduce((total, share) => total + (share ? surplusOf(share, maxPercent) : 0), 0);
  return { ...choice, connections, keep, arrivals, closing, at: now, working };
}

function decide(
  memory: SetMemory | undefined,
  given: readonly SetPod[],
  moment: SetMoment,
  period: number,
  changes: Changes,
): SteppedSet {
  const { now, periodMs } = moment;
  const pods = inForceOf(memory, given);
  const known = learn(memory, pods, moment);
  const decision = known && choose(pods, known, moment, changes);
  const isIn = decision?.isIn ?? everybody(pods);
  return {
    isIn,
    memory: {
      period,
      periodMs,
      at: now,
      full: fullOf(pods, isIn),
      begin: new Map(pods.map((pod) => [pod.uid, pod.connections])),
      isBroken: false,
      state: decision ? "chosen" : "learning",
      ...(known && { keep: known }),
      ...(decision && { decision }),
    },
  };
}

/** Within a period pods that come are in, and those that go are missed; the floor holds all the same. */
function goOn(memory: SetMemory, pods: readonly SetPod[], moment: SetMoment): SteppedSet {
  const left = pods.map(({ uid }) => !memory.full.has(uid));
  const mended = memory.full.size > 0 ? mendSet(pods, left, moment.floor) : undefined;
  const came = pods.filter((pod) => isNewIn(memory, pod)).length;
  const isBroken = memory.isBroken || mended !== undefined || came > 0 || pods.length - came < memory.begin.size;
  const hasSettled = moment.now - memory.at >= settling * moment.periodMs;
  const inForce =
    memory.inForce ?? (hasSettled ? new Set(pods.flatMap(({ uid, isIn: is }) => (is ? [uid] : []))) : undefined);
  return {
    isIn: mended ?? left,
    memory: {
      ...memory,
      full: mended ? fullOf(pods, mended) : memory.full,
      isBroken,
      ...(inForce && { inForce }),
    },
  };
}

const letIn = (memory: SetMemory, state: SetState): SetMemory => ({
  ...memory,
  full: new Set(),
  isBroken: true,
  state,
});

/**
 * The ready set as of now. It is decided on once a period; between, it changes for a crowd, for pods that come or go and
 * would leave it below its floor, and where too few are measured. Of each pod `isIn` says what is published: after a
 * restart that is what goes on.
 */
export function stepReadySet(memory: SetMemory | undefined, pods: readonly SetPod[], moment: SetMoment): SteppedSet {
  const { now, periodMs, intervalMs, isAwaited, isBlind } = moment;
  const period = periodAt(moment);
  if (isAwaited && (!memory || memory.state === "inherited")) return asPublished(pods, moment, period);
  if (isBlind) {
    const known = memory ?? asPublished(pods, moment, period).memory;
    return { isIn: everybody(pods), memory: letIn(known, "blind") };
  }
  const arrivals = memory?.decision ? arrivalsOf(memory.decision) : Number.POSITIVE_INFINITY;
  const closing = memory?.decision?.closing ?? 0;
  const changes = countChanges(memory?.brake, pods, { now, periodMs, intervalMs, arrivals, closing });
  const isDue = !memory || memory.state === "inherited" || memory.period !== period || memory.periodMs !== periodMs;
  const stepped = isDue ? decide(memory, pods, moment, period, changes) : goOn(memory, pods, moment);
  const after = { ...stepped.memory, brake: changes.memory };
  // What comes before a set is in force falls on those that were in before, and tells nothing against it.
  const isInForce = now - after.at >= (1 + comesThrough) * intervalMs;
  const isBraked = after.full.size > 0 && (changes.isLoss || (changes.isCrowd && isInForce));
  return isBraked ? { isIn: everybody(pods), memory: letIn(after, "braked") } : { isIn: stepped.isIn, memory: after };
}

/** What the slices say, until there are samples. Pods may have turned ready since they were written: the floor holds. */
function asPublished(pods: readonly SetPod[], moment: SetMoment, period: number): SteppedSet {
  const { now, periodMs } = moment;
  const published = pods.map((pod) => pod.isIn);
  const isIn = mendSet(pods, published, moment.floor) ?? published;
  const memory: SetMemory = {
    period,
    periodMs,
    at: now,
    full: fullOf(pods, isIn),
    begin: new Map(),
    isBroken: true,
    state: "inherited",
  };
  return { isIn, memory };
}
