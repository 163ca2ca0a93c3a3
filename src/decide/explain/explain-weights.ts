import { defined } from "../../api/defined.ts";
import { Roster } from "../basics/by-pod.ts";
import { FigureTable } from "../basics/figure-table.ts";
import type { Weighting } from "../planned.ts";
import { deadBand } from "../weights/hold.ts";
import type { WeightsState, Working } from "../weights/working.ts";
import type { PodExplanation, WeightsExplanation } from "./explanation.ts";
import { podLines, poolLines } from "./lines.ts";

const notComputed: Record<Exclude<WeightsState, "computed">, string> = {
  even: "The strategy gives every pod the same weight.",
  noMetrics: "The pool reads no metrics: weights stay as they are.",
  frozen: "Fewer than half of the pods have fresh numbers: weights stay as they are.",
  notMeasured: "No pod has a fresh sample: weights stay as they are.",
  silent: "No numbers are new enough to count in full: weights stay as they are.",
  notDue: "Weights are computed once per interval: those of the last one stay.",
};

function messageOf({ state, isSettled }: Weighting, { pool }: Working): string {
  const published = pool.publish === 1;
  if ((state === "frozen" || state === "silent") && pool.meanLongRun !== undefined)
    return `${state === "silent" ? "No numbers are new enough to count in full: until some are" : "Fewer than half of the pods have fresh numbers: until they do"}, weights stay at their long-run values.`;
  if (state === "frozen" && !isSettled) return "Too many pods have not been asked yet: weights stay as they are.";
  if (state !== "computed") return notComputed[state];
  return published
    ? "The weights were computed from this pass's samples and are in force."
    : `The weights were computed from this pass's samples; those before stay in force, as none moved by more than ${100 * deadBand} %.`;
}

/** A pod that came since has no working of its own: the weight in force is the median of the others. */
const noSteps: Working = { steps: { pool: [], pod: [] }, pool: {}, pods: new FigureTable(new Roster([]), {}) };

export interface ExplainedWeights {
  readonly weights: WeightsExplanation;
  /** The lines of a pod, by its UID. */
  readonly linesOf: (uid: string) => PodExplanation["lines"];
}

/** How weights came about, as of `now`. */
export function explainWeights(weighting: Weighting, now: number): ExplainedWeights {
  const { state, publishing, computedAt, publishedAt } = weighting;
  const isEven = state === "even";
  const computing = (!isEven && weighting.computing) || noSteps;
  const computingLines = podLines(computing.steps.pod);
  const publishingLines = podLines(publishing.steps.pod);
  const agoOf = (at: number | undefined): number | undefined => (isEven || at === undefined ? undefined : now - at);
  const computedAgoMs = agoOf(computedAt);
  const inForceForMs = agoOf(publishedAt);
  return {
    weights: {
      state,
      message: messageOf(weighting, computing),
      ...defined({ computedAgoMs, inForceForMs }),
      // Sums of the computation go over the pods that it was about, be they still there or not.
      lines: [...poolLines(computing.steps.pool, computing), ...poolLines(publishing.steps.pool, publishing)],
    },
    linesOf: (uid) => {
      const published = publishing.pods.get(uid)!;
      const last = computing.pods.get(uid);
      // One that was away since has the median of the others, as one that is new.
      const figures = last?.inForce === published.inForce ? last! : {};
      const known = computingLines({ pool: computing.pool, pod: figures });
      const led = new Set(known.map(({ name }) => name));
      const handed = publishingLines({ pool: publishing.pool, pod: published });
      return [...known, ...handed.filter(({ name }) => !led.has(name))];
    },
  };
}
