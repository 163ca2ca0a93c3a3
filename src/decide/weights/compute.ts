import type { Column, Roster } from "../basics/by-pod.ts";
import type { Candidate } from "../membership/eligible.ts";
import type { Servings } from "../samples/serving.ts";
import type { Pool, Sample } from "../world.ts";
import type { RootState } from "./root-rule/state.ts";
import { slowStart } from "./slow-start.ts";
import type { Working } from "./working.ts";

/** What strategies remember of a pod. */
export interface Traits {
  /** Response time in milliseconds, averaged over the last seconds. */
  readonly responseMs?: number;
  /** When the newest of the response times in it was measured, Unix milliseconds. */
  readonly respondedAt?: number;
  /** How well it responds, 0.05 to 1. */
  readonly score?: number;
  /** Has too much to do to be asked for more. */
  readonly hot?: boolean;
}

/** What strategies remember of a pool. */
export interface Learned {
  /** The newest sample of each pod that has been weighed. */
  readonly samples: ReadonlyMap<string, Sample>;
  readonly root: RootState;
  readonly traits: ReadonlyMap<string, Traits>;
  /** Variance of the logarithm of a pod's load from one sample to the next, halved. */
  readonly noise?: number;
}

/** What a strategy weighs by, once per interval. Columns are in the order of the candidates, which is that of their UIDs. */
export interface Evidence {
  /** Unix milliseconds. */
  readonly now: number;
  readonly pool: Pool;
  readonly candidates: readonly Candidate[];
  readonly roster: Roster;
  /** Weights in force. */
  readonly inForce: Column;
  /** Shares of the traffic that they amount to: with the slow start in them. In any scale. */
  readonly shares: Column;
  /** Weights as last computed, be they in force or held back by the dead band. */
  readonly computed: Column;
  /** When that was, Unix milliseconds; before everything else if never. */
  readonly computedAt: number;
  /** Weights that a life before had put in force; absent unless status told them at the start. */
  readonly inherited: ReadonlyMap<string, number> | undefined;
  /** Since when they serve. */
  readonly servings: Servings;
  readonly learned: Learned;
}

/** What a strategy makes of the evidence. */
export interface Computed {
  /** In any scale. */
  readonly weights: Column;
  readonly working: Working;
  /** Weights that hold for any time, where more is known than the moment. */
  readonly lasting?: Column;
  /** What it wants to know next time. */
  readonly remember?: Partial<Learned>;
}

export type Weigh = (evidence: Evidence) => Computed;

/** The weights of a strategy, by what its pods did with those in force. */
export function compute(weigh: Weigh, given: Omit<Evidence, "shares">): Computed {
  const shares = given.inForce.map((weight, place) => weight * slowStart(given.candidates[place]!, given));
  return weigh({ ...given, shares });
}
