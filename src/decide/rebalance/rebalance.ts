import { defined } from "../../api/defined.ts";
import { type Period, periodAt } from "../ready-set/period.ts";
import { type Share, sharesOf, surplusOf } from "../ready-set/share.ts";
import type { Working } from "../weights/working.ts";
import { rebalanceWorking } from "./working.ts";

/** A pod that may get traffic, and give some away. */
export interface BalancedPod {
  readonly uid: string;
  /** Open connections; absent: there is no fresh sample. */
  readonly connections?: number;
  /** What it can carry beside the others; the mean of all is 1. */
  readonly capacity: number;
  /** Begin of what its sample tells of, Unix milliseconds. */
  readonly sampledAt?: number;
}

export interface RebalanceMoment extends Period {
  /** Unix milliseconds. */
  readonly now: number;
  /** Of its own connections, what a pod is asked to close in a period at most. */
  readonly maxPercent: number;
  /** A sample shows what was asked if it is so much younger: by then the pod has answered, or is given up. */
  readonly answerMs: number;
  /** Pods take traffic of which health says that they should not: it is no time to send them more. */
  readonly isImpaired: boolean;
}

/** What becomes of a period. */
export type RebalanceState =
  /** It is the first one: what was asked before a restart is not known. */
  | "starting"
  /** A sample is missing: nobody is asked. */
  | "missing"
  | "impaired"
  /** Not every sample shows yet what was last asked: it is decided when they do. */
  | "waiting"
  | "decided";

/** What one step hands to the next. */
export interface RebalanceMemory {
  readonly period: number;
  readonly periodMs: number;
  readonly state: RebalanceState;
  /** When pods were last asked. */
  readonly askedAt?: number;
  /** When it was decided, in this period. */
  readonly decidedAt?: number;
  /** Of every pod what it should close in this period, by UID; empty unless that is decided. */
  readonly surplus: ReadonlyMap<string, number>;
  /** How that came about. */
  readonly working?: Working;
}

export interface SteppedRebalance {
  readonly memory: RebalanceMemory;
  /** It was decided now: whoever has a surplus is to be asked. */
  readonly isNew: boolean;
}

const nothing: ReadonlyMap<string, number> = new Map();

/** Why nobody is asked now; undefined where it can be decided. */
function whyNot(
  pods: readonly BalancedPod[],
  { isImpaired, answerMs }: RebalanceMoment,
  askedAt: number | undefined,
): RebalanceState | undefined {
  if (pods.some(({ connections }) => connections === undefined)) return "missing";
  if (isImpaired) return "impaired";
  const since = askedAt === undefined ? Number.NEGATIVE_INFINITY : askedAt + answerMs;
  return pods.some(({ sampledAt = 0 }) => sampledAt < since) ? "waiting" : undefined;
}

/**
 * Whom to ask for how many connections, once a period at most. Nobody is asked by half a picture: not while a sample is
 * missing, which passes the whole period, and not before every sample shows what was asked the last time, so that
 * nothing is asked for twice. `pods` are all that may get traffic, and nobody else: connections that are closed come back
 * to them.
 */
export function stepRebalance(
  memory: RebalanceMemory | undefined,
  pods: readonly BalancedPod[],
  moment: RebalanceMoment,
): SteppedRebalance {
  const { now, periodMs, maxPercent } = moment;
  const period = periodAt(moment);
  const askedAt = memory?.askedAt;
  // A clock that was set back makes samples look older than what was asked.
  const isLost = memory === undefined || memory.periodMs !== periodMs || period < memory.period || (askedAt ?? 0) > now;
  if (isLost) {
    const state = { period, periodMs, state: "starting", surplus: nothing } as const;
    return { memory: { ...state, ...(memory && { askedAt: now }) }, isNew: false };
  }
  if (memory.period === period && memory.state !== "waiting") return { memory, isNew: false };
  const state = { period, periodMs, ...defined({ askedAt }) };
  const reason = whyNot(pods, moment, askedAt);
  if (reason) return { memory: { ...state, state: reason, surplus: nothing }, isNew: false };
  // Every pod is measured by now.
  const shares = sharesOf(pods) as Share[];
  const surplus = shares.map((share) => surplusOf(share, maxPercent));
  const isAsked = surplus.some((connections) => connections > 0);
  return {
    memory: {
      ...state,
      state: "decided",
      decidedAt: now,
      surplus: new Map(pods.map(({ uid }, place) => [uid, surplus[place]!])),
      working: rebalanceWorking(pods, { maxPercent, shares, surplus }),
      ...(isAsked && { askedAt: now }),
    },
    isNew: true,
  };
}
