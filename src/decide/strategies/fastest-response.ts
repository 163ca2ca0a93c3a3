import { ByPod, type Column, columnOf } from "../basics/by-pod.ts";
import { follow } from "../basics/ewma.ts";
import { FigureTable } from "../basics/figure-table.ts";
import { largestOf, meanOf } from "../basics/mean.ts";
import type { Candidate } from "../membership/eligible.ts";
import type { Response } from "../samples/response.ts";
import type { Evidence, Traits, Weigh } from "../weights/compute.ts";
import type { Steps } from "../weights/working.ts";
import { asBefore, followRoot, relativeCapacities } from "./follow-root.ts";
import { type PoolStrategy, rankMeasured } from "./rank.ts";

/** Slow is a pod from here on, well up to there, in shares of the mean; between, its score stays (LinkedIn's D2). */
const band = { slow: 1.2, well: 1.1 };

/** What a score loses or gains in `stepMs`, and its bounds: a pod without traffic has no response times. */
const step = 0.2;
const stepMs = 5_000;
const scores = { least: 0.05, most: 1 };

/** Errors come fast. A pod with more of them than this, and than so many times those of the best, is a slow one. */
const acceptedErrors = 0.05;
const mostTimes = 2;

/** A pod with what is known of its responses, smoothed. */
interface Responding {
  readonly response: Response | undefined;
  readonly traits: Traits;
}

const none: Traits = {};

/** Response times, smoothed: a response that was counted before is not counted again. In the order of the candidates. */
export function followResponses({ candidates, roster, learned }: Evidence): Responding[] {
  const known = columnOf(learned.traits, roster);
  return candidates.map((candidate, place) => {
    const before = known[place] ?? none;
    const { response } = candidate;
    if (!response || response.at === before.respondedAt) return { response, traits: before };
    const elapsedMs = before.respondedAt === undefined ? 0 : response.at - before.respondedAt;
    const responseMs = follow(before.responseMs, response.ms, elapsedMs);
    return { response, traits: { ...before, responseMs, respondedAt: response.at } };
  });
}

export const traitsOf = (rows: readonly Responding[], { roster }: Evidence): ReadonlyMap<string, Traits> =>
  new ByPod(
    roster,
    rows.map(({ traits }) => traits),
  );

/** A pod that fails more than it may, and more than twice as much as the one that fails least. */
const fails = ({ response }: Responding, leastErrors: number): boolean =>
  (response?.errorShare ?? 0) > Math.max(acceptedErrors, mostTimes * leastErrors);

/** Mean response time of the pods that answer; errors, which come fast, must not make those look slow. */
function meanResponse(responding: readonly Responding[], leastErrors: number): number {
  const known = responding.filter(({ response }) => response);
  const answering = known.filter((row) => !fails(row, leastErrors));
  return meanOf((answering.length > 0 ? answering : known).map(({ traits }) => traits.responseMs!));
}

/**
 * The scores with which an operator starts that has just come: those that lead to the weights which one before had put
 * in force.
 */
function startScores({ inForce, inherited, computedAt }: Evidence): Column | undefined {
  if (!inherited || Number.isFinite(computedAt)) return undefined;
  const most = largestOf(inForce);
  return inForce.map((weight) => Math.max(scores.least, (scores.most * weight) / most));
}

/** Whether the pods tell what it takes to learn capacities. */
const countsCapacities = ({ candidates }: Evidence): boolean =>
  candidates.some(({ sample }) => sample?.requests !== undefined && sample.load !== undefined);

/** The score after a change of at most so much. Without a response time there is nothing to judge. */
function judge(row: Responding, score: number, mean: number, leastErrors: number, change: number): number {
  const { responseMs } = row.traits;
  if (!row.response || responseMs === undefined) return score;
  if (fails(row, leastErrors) || responseMs >= band.slow * mean) return Math.max(scores.least, score - change);
  return responseMs <= band.well * mean ? Math.min(scores.most, score + change) : score;
}

const failing = `errorShare > max(${acceptedErrors}, ${mostTimes} * leastErrors)`;
const slow = `responseMs >= ${band.slow} * average`;
const well = `responseMs <= ${band.well} * average`;
const falls = `max(${scores.least}, before - change)`;
const rises = `min(${scores.most}, before + change)`;
const steps: Steps = {
  pool: [],
  pod: [
    {
      figure: "score",
      formula: `${failing} or ${slow} ? ${falls} : ${well} ? ${rises} : before`,
      otherwise: "before",
    },
    { figure: "weight", formula: "capacity * score" },
  ],
};

/**
 * Capacity times a score that falls while a pod responds slowly and rises while it responds well, with a dead band
 * between. Never the inverse of the response time: that swings, as the traffic that a fast pod gets makes it slow.
 */
const weigh: Weigh = (evidence) => {
  const { now, roster, inForce, inherited, computedAt } = evidence;
  const { result, remember } = followRoot(evidence, inherited);
  const responding = followResponses(evidence);
  // Of what pods can serve weights tell more than scores: where that shows from the second sample on, they stay till then.
  if (!Number.isFinite(computedAt) && countsCapacities(evidence))
    return {
      weights: inForce,
      working: asBefore(evidence),
      remember: { ...remember, traits: traitsOf(responding, evidence) },
    };
  const capacity = relativeCapacities(result, evidence);
  // Not the mean, which half of the pods could raise beyond what any of them can exceed.
  const leastErrors = responding.reduce((least, { response }) => Math.min(least, response?.errorShare ?? least), 1);
  const mean = meanResponse(responding, leastErrors);
  const elapsedMs = Number.isFinite(computedAt) ? Math.max(0, now - computedAt) : 0;
  const change = step * Math.min(1, elapsedMs / stepMs);
  const started = startScores(evidence);
  const before = responding.map(({ traits }, place) => started?.[place] ?? traits.score ?? scores.most);
  const score = responding.map((row, place) => judge(row, before[place]!, mean, leastErrors, change));
  const weight = score.map((own, place) => capacity[place]! * own);
  const rows = responding.map(({ response, traits }, place) => ({
    response,
    traits: { ...traits, score: score[place]! },
  }));
  return {
    weights: weight,
    working: {
      steps,
      pool: { average: mean, leastErrors, change },
      pods: new FigureTable(roster, {
        responseMs: rows.map(({ response, traits }) => response && traits.responseMs),
        errorShare: rows.map(({ response }) => response && (response.errorShare ?? 0)),
        before,
        capacity,
        score,
        weight,
      }),
    },
    remember: { ...remember, traits: traitsOf(rows, evidence) },
  };
};

interface Standing {
  readonly figure: number;
  readonly score: number;
  readonly keys: readonly number[];
}

/** Best score first, then the shortest response time. */
export const fastestResponse: PoolStrategy = {
  order: "best score first, then the shortest response time",
  pickBy: "turn",
  rank: (candidates, { seed, traits }) =>
    rankMeasured(
      candidates,
      seed,
      (candidate: Candidate): Standing | undefined => {
        const { response } = candidate;
        if (!response) return undefined;
        const { score = scores.most, responseMs = response.ms } = traits.get(candidate.pod.uid) ?? {};
        return { figure: responseMs, score, keys: [-score, responseMs] };
      },
      ({ figure, score }, mean) => `${figure.toFixed(1)} ms, mean ${mean} ms, score ${score.toFixed(2)}`,
    ),
  weigh,
};
