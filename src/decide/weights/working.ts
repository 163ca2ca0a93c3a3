import type { Figures, FigureTable } from "../basics/figure-table.ts";

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

/** Whether weights were computed in a pass, and why not. */
export type WeightsState = "computed" | "even" | "noMetrics" | "frozen" | "notMeasured" | "silent" | "notDue";
