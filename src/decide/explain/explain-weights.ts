import { Roster } from "../basics/by-pod.ts";
import { type Figures, FigureTable } from "../basics/figure-table.ts";
import type { Candidate } from "../membership/eligible.ts";
import type { Memories } from "../memory.ts";
import type { Plan } from "../planned.ts";
import { isSettled, tooFewFresh } from "../samples/coverage.ts";
import { strategies } from "../strategies/strategy.ts";
import { readyForMs } from "../weights/slow-start.ts";
import { type PublishedWeight, publishedWeights, type Rest, totalTraffic, whyNotWeighed } from "../weights/weights.ts";
import type { Step, Working } from "../weights/working.ts";
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

/** From what the published weights of these candidates are made. */
function publishingTable(
  candidates: readonly Candidate[],
  published: readonly PublishedWeight[],
  { pool, now }: Observation,
): FigureTable {
  const readyMs = candidates.map((candidate) => readyForMs(candidate, now));
  const ifReady = (figure: (ms: number) => number) => readyMs.map((ms) => (ms === undefined ? undefined : figure(ms)));
  return new FigureTable(new Roster(candidates.map(({ pod }) => pod.uid)), {
    inForce: published.map(({ inForce }) => inForce),
    readyFor: ifReady((ms) => ms / 1_000),
    ramp: ifReady(() => pool.spec.strategy.slowStart / 1_000),
    slowStart: published.map(({ slowStart }) => slowStart),
    traffic: published.map(({ inForce, slowStart }) => inForce * slowStart),
    published: published.map(({ weight }) => weight),
  });
}

/** A pod that came since has no working of its own: the weight in force is the median of the others. */
const noSteps: Working = { steps: { pool: [], pod: [] }, pool: {}, pods: new FigureTable(new Roster([]), {}) };

export interface ExplainedWeights {
  readonly weights: WeightsExplanation;
  /** The lines of the candidate at a place. */
  readonly linesAt: (place: number) => PodExplanation["lines"];
}

/** How the weights of these candidates, in the plan's order, came about. */
export function explainWeights(
  observation: Observation,
  { coverage }: Plan,
  { before, after: memory }: Memories,
  candidates: readonly Candidate[],
): ExplainedWeights {
  const { pool } = observation;
  const rest = whyNotWeighed(observation, before, candidates, tooFewFresh(coverage) || !isSettled(candidates, pool));
  const isEven = !strategies[pool.spec.strategy.type].weigh;
  const working = (!isEven && memory.working) || noSteps;
  const published = publishedWeights(candidates, memory, observation);
  const table = publishingTable(candidates, published, observation);
  // Sums of the computation go over the pods that it was about, be they still there or not.
  const { pool: computing } = working;
  const handing: Figures =
    candidates.length > 0 ? { endpoints: candidates.length, totalTraffic: totalTraffic(published) } : {};
  const whole: Line[] = [
    ...poolLines(working.steps.pool, { pool: computing, pods: working.pods }),
    ...poolLines(publishing.pool, { pool: handing, pods: table }),
  ];
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
    linesAt: (place) => {
      const last = working.pods.get(candidates[place]!.pod.uid);
      // One that was away since has the median of the others, as one that is new.
      const figures = last?.inForce === published[place]!.inForce ? last : {};
      const known = computingLines({ pool: computing, pod: figures });
      const led = new Set(known.map(({ name }) => name));
      const handed = publishingLines({ pool: handing, pod: table.at(place) });
      return [...known, ...handed.filter(({ name }) => !led.has(name))];
    },
  };
}
