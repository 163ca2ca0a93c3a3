import type { Candidate } from "../eligible.ts";
import { follow } from "../ewma.ts";
import type { Traits } from "../memory.ts";
import { type Response, responseOf } from "../response.ts";
import type { Steps, Weigher, Weighing } from "../weighing.ts";
import { asBefore, followRoot, relativeCapacities } from "./follow-root.ts";
import { meanOf, rankMeasured, type Strategy } from "./rank.ts";

/** Slow is a pod from here on, well up to there, in shares of the mean; between, its score stays (LinkedIn's D2). */
const band = { slow: 1.2, well: 1.1 };

/** What a score loses or gains in `stepMs`, and its bounds: a pod without traffic has no response times. */
const step = 0.2;
const stepMs = 5_000;
const scores = { least: 0.05, most: 1 };

/** Errors come fast. A pod with more of them than this, and than twice the pool's share, is a slow one. */
const acceptedErrors = 0.05;

/** A pod with what is known of its responses, smoothed. */
interface Responding {
  readonly uid: string;
  readonly response: Response | undefined;
  readonly traits: Traits;
}

/** Response times, smoothed: a response that was counted before is not counted again. */
export function followResponses({ candidates, memory }: Weighing): Responding[] {
  return candidates.map((candidate) => {
    const { uid } = candidate.pod;
    const before = memory.traits.get(uid) ?? {};
    const response = responseOf(candidate);
    if (!response || response.at === before.respondedAt) return { uid, response, traits: before };
    const elapsedMs = before.respondedAt === undefined ? 0 : response.at - before.respondedAt;
    const responseMs = follow(before.responseMs, response.ms, elapsedMs);
    return { uid, response, traits: { ...before, responseMs, respondedAt: response.at } };
  });
}

export const traitsByUid = (rows: readonly { uid: string; traits: Traits }[]): ReadonlyMap<string, Traits> =>
  new Map(rows.map(({ uid, traits }) => [uid, traits]));

/** A pod that fails more than it may, and more than twice as much as the one that fails least. */
const fails = ({ response }: Responding, leastErrors: number): boolean =>
  (response?.errorShare ?? 0) > Math.max(acceptedErrors, 2 * leastErrors);

/** Mean response time of the pods that answer; errors, which come fast, must not make those look slow. */
function usualResponse(responding: readonly Responding[], leastErrors: number): number {
  const known = responding.filter(({ response }) => response);
  const answering = known.filter((row) => !fails(row, leastErrors));
  return meanOf((answering.length > 0 ? answering : known).map(({ traits }) => traits.responseMs!));
}

/**
 * The scores with which an operator starts that has just come: those that lead to the weights which one before had put
 * in force.
 */
function startScores({ candidates, weights, memory }: Weighing): ReadonlyMap<string, number> {
  if (!memory.inherited || Number.isFinite(memory.weighedAt)) return new Map();
  const most = Math.max(...weights.values());
  return new Map(
    candidates.map(({ pod: { uid } }) => [uid, Math.max(scores.least, (scores.most * weights.get(uid)!) / most)]),
  );
}

/** Whether the pods tell what it takes to learn capacities. */
const countsCapacities = ({ candidates }: Weighing): boolean =>
  candidates.some(({ sample }) => sample?.requests !== undefined && sample.load !== undefined);

/** The score after a change of at most so much. Without a response time there is nothing to judge. */
function judge(row: Responding, score: number, mean: number, leastErrors: number, change: number): number {
  const { responseMs } = row.traits;
  if (!row.response || responseMs === undefined) return score;
  if (fails(row, leastErrors) || responseMs >= band.slow * mean) return Math.max(scores.least, score - change);
  return responseMs <= band.well * mean ? Math.min(scores.most, score + change) : score;
}

const steps: Steps = {
  pool: [],
  pod: [
    {
      figure: "score",
      formula:
        "errorShare > max(0.05, 2 * leastErrors) or responseMs >= 1.2 * average ? max(0.05, before - change) : responseMs <= 1.1 * average ? min(1, before + change) : before",
      otherwise: "before",
    },
    { figure: "weight", formula: "capacity * score" },
  ],
};

/**
 * Capacity times a score that falls while a pod responds slowly and rises while it responds well, with a dead band
 * between. Never the inverse of the response time: that swings, as the traffic that a fast pod gets makes it slow.
 */
const weigh: Weigher = (weighing) => {
  const { now, memory, weights } = weighing;
  const { result, remember } = followRoot(weighing, memory.inherited);
  const responding = followResponses(weighing);
  // Of what pods can serve weights tell more than scores: where that shows from the second sample on, they stay till then.
  if (!Number.isFinite(memory.weighedAt) && countsCapacities(weighing))
    return { weights, working: asBefore(weights), remember: { ...remember, traits: traitsByUid(responding) } };
  const capacities = relativeCapacities(result);
  // Not the mean, which half of the pods could raise beyond what any of them can exceed.
  const leastErrors = Math.min(1, ...responding.flatMap(({ response }) => response?.errorShare ?? []));
  const mean = usualResponse(responding, leastErrors);
  const elapsedMs = Number.isFinite(memory.weighedAt) ? Math.max(0, now - memory.weighedAt) : 0;
  const change = step * Math.min(1, elapsedMs / stepMs);
  const started = startScores(weighing);
  const rows = responding.map((row) => {
    const before = started.get(row.uid) ?? row.traits.score ?? scores.most;
    const score = judge(row, before, mean, leastErrors, change);
    const capacity = capacities.get(row.uid)!;
    return { ...row, traits: { ...row.traits, score }, before, capacity, score, weight: capacity * score };
  });
  return {
    weights: new Map(rows.map(({ uid, weight }) => [uid, weight])),
    working: {
      steps,
      pool: { average: mean, leastErrors, change },
      pods: new Map(
        rows.map(({ uid, response, traits, before, capacity, score, weight }) => [
          uid,
          {
            ...(response && traits.responseMs !== undefined && { responseMs: traits.responseMs }),
            ...(response && { errorShare: response.errorShare ?? 0 }),
            before,
            capacity,
            score,
            weight,
          },
        ]),
      ),
    },
    remember: { ...remember, traits: traitsByUid(rows) },
  };
};

interface Standing {
  readonly figure: number;
  readonly score: number;
  readonly keys: readonly number[];
}

/** Best score first, then the shortest response time. */
export const fastestResponse: Strategy = {
  order: "best score first, then the shortest response time",
  rank: (candidates, { seed, traits }) =>
    rankMeasured(
      candidates,
      seed,
      (candidate: Candidate): Standing | undefined => {
        const response = responseOf(candidate);
        if (!response) return undefined;
        const { score = scores.most, responseMs = response.ms } = traits.get(candidate.pod.uid) ?? {};
        return { figure: responseMs, score, keys: [-score, responseMs] };
      },
      ({ figure, score }, mean) => `${figure.toFixed(1)} ms, mean ${mean.toFixed(1)} ms, score ${score.toFixed(2)}`,
    ),
  weigh,
};
