import type { Column, Roster } from "../basics/by-pod.ts";
import type { Figures, FigureTable } from "../basics/figure-table.ts";
import type { Candidate } from "../membership/eligible.ts";
import type { Memory } from "../memory.ts";
import type { Servings } from "../samples/serving.ts";
import type { Pool } from "../world.ts";

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

/** How a figure comes about from others. */
export interface Step {
  readonly figure: string;
  /**
   * An expression over figures of the pod and of the pool. In `sum`, `mean` and `median` those of pods go over all pods
   * that have them.
   */
  readonly formula: string;
  /** The expression where a figure that the first one names is not known of a pod. */
  readonly otherwise?: string;
}

/** The steps to figures of the pool and of each pod. What no step leads to was measured, or is remembered. */
export interface Steps {
  readonly pool: readonly Step[];
  readonly pod: readonly Step[];
}

/** How weights came about, in the numbers that were used: the arithmetic that `explain` shows. */
export interface Working {
  readonly steps: Steps;
  /** What holds for the whole pool. */
  readonly pool: Figures;
  /** Figures that were not measured are absent. */
  readonly pods: FigureTable;
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
