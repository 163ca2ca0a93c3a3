import type { Metrics } from "../../api/metrics.ts";
import type { Column, Roster } from "../basics/by-pod.ts";
import { type Figures, FigureTable } from "../basics/figure-table.ts";
import { meanOf } from "../basics/mean.ts";
import { trustTimes } from "../samples/staleness.ts";

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

/** How far the numbers of a pod count, 0 to 1; the age is absent where the pod is too new or was never measured. */
export interface Trust {
  readonly trust: number;
  /** 1 where a fresh probe stands for a sample, else 0. */
  readonly probed: number;
  readonly ageMs?: number;
}

/** What became of the computed weights. */
interface Outcome {
  readonly computed: Column;
  readonly trusts: Column<Trust>;
  readonly blended: Column;
  readonly trusted: Column;
  readonly former: Column;
  readonly moves: Column;
  readonly inForce: Column;
}

/** The way from a strategy's weight to the one in force, which is the same for all strategies. */
const steps = {
  pool: [
    { figure: "meanWeight", formula: "mean(weight)" },
    { figure: "meanBlended", formula: "mean(blended)" },
    { figure: "largestMove", formula: "largest(move)" },
    { figure: "publish", formula: "largestMove > 0.05 or overdue > 0 ? 1 : 0" },
  ],
  pod: [
    { figure: "computed", formula: "meanWeight > 0 ? weight / meanWeight : 1" },
    {
      figure: "trust",
      formula: "age <= held ? 1 : age > expiry ? 0 : exp((held - age) / fading)",
      otherwise: "probed",
    },
    { figure: "blended", formula: "usualWeight + trust * (computed - usualWeight)", otherwise: "computed" },
    { figure: "trusted", formula: "blended / meanBlended" },
    { figure: "move", formula: "abs(trusted - former) / max(trusted, former)" },
    { figure: "inForce", formula: "publish > 0 ? trusted : former" },
  ],
} satisfies Record<string, readonly Step[]>;

interface Whole {
  readonly metrics: Metrics;
  readonly middle: number | undefined;
  readonly largestMove: number;
  readonly overdue: boolean;
  readonly publish: boolean;
}

/** The way from what pods have in the long run to the weights in force, while too few pods are measured. */
const usualSteps = {
  pool: [{ figure: "meanLongRun", formula: "mean(longRun)" }],
  pod: [{ figure: "inForce", formula: "longRun / meanLongRun" }],
} satisfies Record<string, readonly Step[]>;

export const workingOfUsual = (roster: Roster, longRun: Column, inForce: Column): Working => ({
  steps: usualSteps,
  pool: { meanLongRun: meanOf(longRun) },
  pods: new FigureTable(roster, { longRun, inForce }),
});

/** The working of a strategy, with what became of its weights. */
export function finishWorking(working: Working, weights: Column, outcome: Outcome, whole: Whole): Working {
  const { metrics, middle, largestMove, overdue, publish } = whole;
  const { computed, trusts, blended, trusted, former, moves, inForce } = outcome;
  const { heldMs, expiryMs, fadingMs } = trustTimes(metrics);
  return {
    steps: { pool: [...working.steps.pool, ...steps.pool], pod: [...working.steps.pod, ...steps.pod] },
    pool: {
      ...working.pool,
      meanWeight: meanOf(weights),
      ...(middle !== undefined && { usualWeight: middle }),
      meanBlended: meanOf(blended),
      held: heldMs / 1_000,
      expiry: expiryMs / 1_000,
      fading: fadingMs / 1_000,
      largestMove,
      overdue: overdue ? 1 : 0,
      publish: publish ? 1 : 0,
    },
    pods: working.pods.with({
      computed,
      trust: trusts.map(({ trust }) => trust),
      probed: trusts.map(({ probed }) => probed),
      blended,
      trusted,
      former,
      move: moves,
      inForce,
      age: trusts.map(({ ageMs }) => (ageMs === undefined ? undefined : ageMs / 1_000)),
    }),
  };
}
