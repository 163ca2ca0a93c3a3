import { defined } from "../../api/defined.ts";
import { type BrakeMemory, type Changes, countChanges } from "./brake.ts";
import { type Contender, mendSet } from "./choose.ts";
import { arrivalsOf, decideSet, type SetDecision } from "./decision.ts";
import { setsBack } from "./lag.ts";
import { type LearnedTraffic, learnPeriod, type PodRow } from "./learn.ts";
import { type Period, periodAt, untilNext } from "./period.ts";

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

/** What one step hands to the next. */
export interface SetMemory extends LearnedTraffic {
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
  /** UIDs of the pods that were out by the sets before, the last one first. */
  readonly fullBefore?: readonly ReadonlySet<string>[];
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

/** Whether the period was as long as it should be, with the same pods all the time. */
function isLong(memory: SetMemory, pods: readonly SetPod[], { now, periodMs }: SetMoment): boolean {
  if (Math.abs(now - memory.at - periodMs) > tolerance * periodMs) return false;
  return memory.begin.size === pods.length && pods.every(({ uid }) => memory.begin.has(uid));
}

/** Whether the set was the same all the time. */
const isWhole = ({ inForce, isBroken }: SetMemory, pods: readonly SetPod[]): boolean =>
  !isBroken && inForce !== undefined && pods.every(({ uid, isIn }) => inForce.has(uid) === isIn);

/** The last sets by who was out, that in force first; one that is as the set before it is the same object. */
function setsOf(memory: SetMemory | undefined, pods: readonly SetPod[], { now, periodMs }: SetMoment) {
  const published = fullOf(
    pods,
    pods.map(({ isIn }) => isIn),
  );
  const isNext = memory?.periodMs === periodMs && now - memory.at <= (1 + tolerance) * periodMs;
  const last = memory && isSame(memory.full, published) ? memory.full : published;
  return [last, ...((isNext && memory.fullBefore) || [])].slice(0, setsBack);
}

function learn(
  memory: SetMemory | undefined,
  pods: readonly SetPod[],
  moment: SetMoment,
  sets: readonly ReadonlySet<string>[],
): LearnedTraffic {
  // What outlasts a period of another length is another share.
  if (!memory || memory.periodMs !== moment.periodMs) return {};
  const { keep, lag, arrivals } = memory;
  const learned = defined({ keep, lag, arrivals });
  if (!isLong(memory, pods, moment)) return learned;
  const rows: PodRow[] = [];
  for (const { uid, connections, sampledAt = moment.now } of pods) {
    const before = memory.begin.get(uid);
    // A sample from before the period began tells nothing of it.
    if (before === undefined || connections === undefined || sampledAt <= memory.at) continue;
    rows.push({ uid, before, now: connections });
  }
  return learnPeriod(learned, rows, isWhole(memory, pods) ? sets : undefined);
}

const everybody = (pods: readonly SetPod[]): boolean[] => pods.map(() => true);

const fullOf = (pods: readonly SetPod[], isIn: readonly boolean[]): ReadonlySet<string> =>
  new Set(pods.flatMap(({ uid }, place) => (isIn[place] ? [] : [uid])));

const isSame = (one: ReadonlySet<string>, other: ReadonlySet<string>): boolean =>
  one.size === other.size && [...one].every((uid) => other.has(uid));

function decide(
  memory: SetMemory | undefined,
  given: readonly SetPod[],
  moment: SetMoment,
  period: number,
  changes: Changes,
): SteppedSet {
  const { now, periodMs } = moment;
  const pods = inForceOf(memory, given);
  const sets = setsOf(memory, pods, moment);
  const learned = learn(memory, pods, moment, sets);
  const { keep } = learned;
  const decision = keep && decideSet(pods, { learned: { ...learned, keep }, sets, changes }, moment);
  const isIn = decision?.isIn ?? everybody(pods);
  const full = fullOf(pods, isIn);
  return {
    isIn,
    memory: {
      ...learned,
      period,
      periodMs,
      at: now,
      full: isSame(full, sets[0]!) ? sets[0]! : full,
      fullBefore: sets,
      begin: new Map(pods.map((pod) => [pod.uid, pod.connections])),
      isBroken: false,
      state: decision ? "chosen" : "learning",
      ...defined({ decision }),
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
      ...defined({ inForce }),
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
