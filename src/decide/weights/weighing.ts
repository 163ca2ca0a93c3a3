import type { Column, Roster } from "../basics/by-pod.ts";
import type { Candidate } from "../membership/eligible.ts";
import type { Memory } from "../memory.ts";
import type { Servings } from "../samples/serving.ts";
import type { Pool } from "../world.ts";
import type { Working } from "./working.ts";

/** What a strategy weighs by, once per interval. Columns are in the order of the candidates, which is that of their UIDs. */
export interface Weighing {
  /** Unix milliseconds. */
  readonly now: number;
  readonly pool: Pool;
  readonly candidates: readonly Candidate[];
  readonly roster: Roster;
  /** Weights in force. */
  readonly weights: Column;
  /** Shares of the traffic that they amount to: with the slow start in them. In any scale. */
  readonly shares: Column;
  /** Weights as last computed, be they in force or held back by the dead band. */
  readonly computed: Column;
  /** Since when they serve. */
  readonly servings: Servings;
  readonly memory: Memory;
}

/** What a strategy brings: weights in any scale, and what it wants to know next time. */
export interface Weighed {
  readonly weights: Column;
  readonly working: Working;
  /** Weights that hold for any time, where more is known than the moment. */
  readonly lasting?: Column;
  readonly remember?: Partial<Pick<Memory, "samples" | "root" | "traits" | "noise">>;
}

export type Weigher = (weighing: Weighing) => Weighed;
