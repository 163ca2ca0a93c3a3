import type { Metrics } from "../api/metrics.ts";
import { trustTimes } from "./staleness.ts";
import type { Step, Working } from "./weighing.ts";

/** How far the numbers of a pod count, 0 to 1; the age is absent where the pod is too new or was never measured. */
export interface Trust {
  readonly trust: number;
  /** 1 where a fresh probe stands for a sample, else 0. */
  readonly probed: number;
  readonly ageMs?: number;
}

/** What became of a computed weight. */
interface Row extends Trust {
  readonly uid: string;
  readonly computed: number;
  readonly blended: number;
  readonly trusted: number;
  readonly former: number;
  readonly move: number;
  readonly inForce: number;
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

export function workingOfUsual(usual: ReadonlyMap<string, number>, inForce: ReadonlyMap<string, number>): Working {
  const values = [...usual.values()];
  return {
    steps: usualSteps,
    pool: { meanLongRun: values.reduce((sum, value) => sum + value, 0) / values.length },
    pods: new Map([...usual].map(([uid, value]) => [uid, { longRun: value, inForce: inForce.get(uid)! }])),
  };
}

/** The working of a strategy, with what became of its weights. */
export function finishWorking(working: Working, rows: readonly Row[], whole: Whole): Working {
  const { metrics, middle, largestMove, overdue, publish } = whole;
  const { heldMs, expiryMs, fadingMs } = trustTimes(metrics);
  const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    steps: { pool: [...working.steps.pool, ...steps.pool], pod: [...working.steps.pod, ...steps.pod] },
    pool: {
      ...working.pool,
      meanWeight: meanOf(rows.map(({ uid }) => working.pods.get(uid)!.weight!)),
      ...(middle !== undefined && { usualWeight: middle }),
      meanBlended: meanOf(rows.map(({ blended }) => blended)),
      held: heldMs / 1_000,
      expiry: expiryMs / 1_000,
      fading: fadingMs / 1_000,
      largestMove,
      overdue: overdue ? 1 : 0,
      publish: publish ? 1 : 0,
    },
    pods: new Map(
      rows.map(({ uid, ageMs, ...row }) => [
        uid,
        { ...working.pods.get(uid), ...row, ...(ageMs !== undefined && { age: ageMs / 1_000 }) },
      ]),
    ),
  };
}
