import { isSettled, tooFewFresh } from "../coverage.ts";
import type { Candidate } from "../eligible.ts";
import type { Plan } from "../planned.ts";
import { readyForMs } from "../slow-start.ts";
import { strategies } from "../strategy.ts";
import type { Figures, Step, Working } from "../weighing.ts";
import { type PublishedWeight, publishedWeights, type Rest, whyNotWeighed } from "../weights.ts";
import type { Observation } from "../world.ts";
import type { Line, PodExplanation, WeightsExplanation } from "./explanation.ts";
import { podLines, poolLines } from "./lines.ts";

/** From the weight in force to the published one, which is made anew with every plan. */
const publishing = {
  pool: [{ figure: "totalTraffic", formula: "sum(traffic)" }],
  pod: [
    { figure: "slowStart", formula: "readyFor >= ramp ? 1 : max(0.1, readyFor / ramp)", otherwise: "1" },
    { figure: "traffic", formula: "inForce * slowStart" },
    { figure: "published", formula: "max(1, round(1000 * traffic * endpoints / totalTraffic))" },
  ],
} satisfies Record<string, readonly Step[]>;

const restMessages: Record<Rest, string> = {
  even: "The strategy gives every pod the same weight.",
  noMetrics: "The pool reads no metrics: weights stay as they are.",
  frozen: "Fewer than half of the pods have fresh numbers: weights stay as they are.",
  notMeasured: "No pod has a fresh sample: weights stay as they are.",
  silent: "No numbers are new enough to count in full: weights stay as they are.",
  notDue: "Weights are computed once per interval: those of the last one stay.",
};

function messageOf(state: WeightsExplanation["state"], { pool }: Working, settled: boolean): string {
  const published = pool.publish === 1;
  if ((state === "frozen" || state === "silent") && pool.meanLongRun !== undefined)
    return `${state === "silent" ? "No numbers are new enough to count in full: until some are" : "Fewer than half of the pods have fresh numbers: until they do"}, each has the weight that it has in the long run.`;
  if (state === "frozen" && !settled) return "Too many pods have not been asked yet: weights stay as they are.";
  if (state !== "computed") return restMessages[state];
  return published
    ? "The weights were computed from this pass's samples and are in force."
    : "The weights were computed from this pass's samples; those before stay in force, as none moved by more than 5 %.";
}

function publishingFigures(candidate: Candidate, published: PublishedWeight, { pool, now }: Observation): Figures {
  const { inForce, slowStart, weight } = published;
  const readyMs = readyForMs(candidate, now);
  return {
    inForce,
    ...(readyMs !== undefined && { readyFor: readyMs / 1_000, ramp: pool.spec.strategy.slowStart / 1_000 }),
    slowStart,
    traffic: inForce * slowStart,
    published: weight,
  };
}

/** A pod that came since has no working of its own: the weight in force is the median of the others. */
const noSteps: Working = { steps: { pool: [], pod: [] }, pool: {}, pods: new Map() };

export interface ExplainedWeights {
  readonly weights: WeightsExplanation;
  /** The lines of each candidate, in their order. */
  readonly lines: readonly PodExplanation["lines"][];
}

/** How the weights of these candidates, in the plan's order, came about. */
export function explainWeights(
  observation: Observation,
  { memory, coverage }: Plan,
  candidates: readonly Candidate[],
): ExplainedWeights {
  const { pool } = observation;
  const rest = whyNotWeighed(observation, candidates, tooFewFresh(coverage) || !isSettled(candidates, pool));
  const isEven = !strategies[pool.spec.strategy.type].weigh;
  const working = (!isEven && memory.working) || noSteps;
  const published = publishedWeights(candidates, memory, observation);
  const rows = candidates.map((candidate, index) => {
    const last = working.pods.get(candidate.pod.uid);
    // One that was away since has the median of the others, as one that is new.
    const figures = last?.inForce === published[index]!.inForce ? last : {};
    return { figures, publishing: publishingFigures(candidate, published[index]!, observation) };
  });
  const totalTraffic = rows.reduce((sum, row) => sum + row.publishing.traffic!, 0);
  // Sums of the computation go over the pods that it was about, be they still there or not.
  const computing = { pool: working.pool, pods: [...working.pods.values()] };
  const handing = {
    pool: rows.length > 0 ? { endpoints: rows.length, totalTraffic } : {},
    pods: rows.map((row) => row.publishing),
  };
  const whole: Line[] = [...poolLines(working.steps.pool, computing), ...poolLines(publishing.pool, handing)];
  const computingLines = podLines(working.steps.pod);
  const publishingLines = podLines(publishing.pod);
  const state = rest ?? "computed";
  const agoOf = (at: number): number | undefined => (isEven || !Number.isFinite(at) ? undefined : observation.now - at);
  const computedAgoMs = agoOf(memory.weighedAt);
  const inForceForMs = agoOf(memory.publishedAt);
  return {
    weights: {
      state,
      message: messageOf(state, working, isSettled(candidates, pool)),
      ...(computedAgoMs !== undefined && { computedAgoMs }),
      ...(inForceForMs !== undefined && { inForceForMs }),
      lines: whole,
    },
    lines: rows.map(({ figures, publishing: own }) => {
      const known = computingLines({ pool: computing.pool, pod: figures });
      const led = new Set(known.map(({ name }) => name));
      return [...known, ...publishingLines({ pool: handing.pool, pod: own }).filter(({ name }) => !led.has(name))];
    }),
  };
}
