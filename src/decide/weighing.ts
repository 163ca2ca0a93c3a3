import type { Candidate } from "./eligible.ts";
import type { Memory } from "./memory.ts";
import type { Pool } from "./world.ts";

/** What a strategy weighs by, once per interval. Maps are by UID of the pod and hold every candidate. */
export interface Weighing {
  /** Unix milliseconds. */
  readonly now: number;
  readonly pool: Pool;
  readonly candidates: readonly Candidate[];
  /** Weights in force. */
  readonly weights: ReadonlyMap<string, number>;
  /** Shares of the traffic that they amount to: with the slow start in them. In any scale. */
  readonly shares: ReadonlyMap<string, number>;
  /** Weights as last computed, be they in force or held back by the dead band. */
  readonly computed: ReadonlyMap<string, number>;
  readonly memory: Memory;
}

/** Numbers by the name that the formula gives them. */
export type Figures = Readonly<Record<string, number>>;

/** How weights came about, in the numbers that were used: the arithmetic that `explain` shows. */
export interface Working {
  readonly formula: string;
  /** What holds for the whole pool. */
  readonly pool: Figures;
  /** By UID of the pod; no figures where the pod was not measured. */
  readonly pods: ReadonlyMap<string, Figures>;
}

/** What a strategy brings: weights in any scale, and what it wants to know next time. */
export interface Weighed {
  readonly weights: ReadonlyMap<string, number>;
  readonly working: Working;
  readonly remember?: Partial<Pick<Memory, "samples" | "root" | "traits" | "noise">>;
}

export type Weigher = (weighing: Weighing) => Weighed;
