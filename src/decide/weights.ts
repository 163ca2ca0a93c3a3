import type { Candidate } from "./eligible.ts";
import { median } from "./median.ts";
import type { Memory } from "./memory.ts";
import { createRootState } from "./root-rule/state.ts";
import { isNew, slowStart } from "./slow-start.ts";
import { trustIn } from "./staleness.ts";
import { strategies } from "./strategy.ts";
import type { Observation } from "./world.ts";

/** New weights are put in force when one moved by more than this share, as consumers rebuild their schedulers. */
const deadBand = 0.05;
/** After this many intervals they are put in force anyway. */
const longestHold = 10;
/** A pulse may come a little early. */
const due = 0.9;

/** An even share of the traffic. */
const evenWeight = 1_000;

type Weights = ReadonlyMap<string, number>;

/**
 * Weights as status tells them, by pod UID: where a restarted operator goes on. Those of pods in their slow start tell
 * nothing, as the slow start is in them.
 */
function weightsInStatus(observation: Observation, candidates: readonly Candidate[]): Map<string, number> {
  const told = new Map(observation.status.endpoints?.map(({ pod, weight }) => [pod, weight / evenWeight]));
  return new Map(
    candidates.flatMap((candidate) => {
      const weight = slowStart(candidate, observation) === 1 ? told.get(candidate.pod.name) : undefined;
      return weight ? [[candidate.pod.uid, weight] as const] : [];
    }),
  );
}

/** Weights for exactly these pods: those that have none yet get the median. */
function complete(weights: Weights, candidates: readonly Candidate[]): Map<string, number> {
  const known = candidates.flatMap(({ pod }) => weights.get(pod.uid) ?? []);
  const unknown = known.length > 0 ? median(known) : 1;
  return new Map(candidates.map(({ pod }) => [pod.uid, weights.get(pod.uid) ?? unknown]));
}

/** The same weights with mean 1; even ones where there are none. */
function normalise(weights: Weights): Map<string, number> {
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  return new Map([...weights].map(([uid, weight]) => [uid, total > 0 ? (weight * weights.size) / total : 1]));
}

/**
 * Weights as far as their numbers can be trusted, and the median of those that fully can be for the rest. A pod that
 * is new has the median, be its numbers what they may: it looks idle because nobody knows it yet.
 */
function blend(weights: Weights, candidates: readonly Candidate[], { pool, now }: Observation): Map<string, number> {
  const metrics = pool.spec.metrics!;
  const trust = new Map(
    candidates.map((candidate) => {
      const newest = candidate.reading?.samples[0];
      const sampled = newest ? trustIn(now - newest.takenAt, metrics) : 0;
      // Where a probe is all there is, its time is there while it is fresh.
      const probed = !metrics.source && candidate.response ? 1 : 0;
      return [candidate.pod.uid, isNew(candidate, { pool, now }) ? 0 : sampled || probed];
    }),
  );
  const valid = [...weights].filter(([uid]) => trust.get(uid) === 1);
  if (valid.length === 0 || valid.length === weights.size) return new Map(weights);
  const usual = median(valid.map(([, weight]) => weight));
  return new Map([...weights].map(([uid, weight]) => [uid, usual + trust.get(uid)! * (weight - usual)]));
}

const moved = (before: Weights, after: Weights): boolean =>
  [...after].some(([uid, weight]) => {
    const earlier = before.get(uid);
    return earlier === undefined || Math.abs(weight - earlier) > deadBand * Math.max(weight, earlier);
  });

const samplingOf = ({ pool }: Observation): string =>
  JSON.stringify([pool.spec.metrics ?? {}, pool.spec.strategy.type]);

function startMemory(observation: Observation, candidates: readonly Candidate[]): Memory {
  const weights = observation.memory?.weights ?? weightsInStatus(observation, candidates);
  return {
    sampling: samplingOf(observation),
    weighedAt: Number.NEGATIVE_INFINITY,
    publishedAt: Number.NEGATIVE_INFINITY,
    weights,
    computed: weights,
    samples: new Map(),
    root: createRootState(),
    traits: new Map(),
  };
}

/** Of a time in the future, by a clock that has been set back since, nothing is known. */
const isWithin = (periodMs: number, since: number, now: number): boolean => since <= now && now - since < periodMs;

/**
 * The memory after this plan, with the weights now in force. They are computed once per interval, as what was measured
 * in an interval counts once; between, while they are frozen, as too few pods are measured, and after a start, those in
 * force stay, and a pod that came meanwhile gets their median. Even weights need no measuring.
 */
export function weigh(observation: Observation, candidates: readonly Candidate[], frozen: boolean): Memory {
  const { now, pool } = observation;
  const { metrics } = pool.spec;
  const known = observation.memory;
  const memory = known?.sampling === samplingOf(observation) ? known : startMemory(observation, candidates);
  const { weigh: weigher } = strategies[pool.spec.strategy.type];
  if (!weigher) {
    const even = new Map(candidates.map(({ pod }) => [pod.uid, 1]));
    return { ...memory, weighedAt: now, weights: even, computed: even };
  }
  const weights = complete(memory.weights, candidates);
  const computed = complete(memory.computed, candidates);
  const measured = candidates.some(({ sample, response }) => sample ?? response);
  if (!metrics || frozen || !measured || isWithin(due * metrics.interval, memory.weighedAt, now))
    return { ...memory, weights, computed };
  const shares = new Map(
    candidates.map((candidate) => {
      const { uid } = candidate.pod;
      return [uid, weights.get(uid)! * slowStart(candidate, observation)];
    }),
  );
  const weighed = weigher({ now, pool, candidates, weights, shares, computed, memory });
  const next = normalise(weighed.weights);
  const trusted = normalise(blend(next, candidates, observation));
  const publish = !isWithin(longestHold * metrics.interval, memory.publishedAt, now) || moved(weights, trusted);
  return {
    ...memory,
    ...weighed.remember,
    working: weighed.working,
    weighedAt: now,
    publishedAt: publish ? now : memory.publishedAt,
    computed: next,
    weights: publish ? trusted : weights,
  };
}

/** Weights as published: after the slow start, whole, 1000 being an even share. In the order of the candidates. */
export function publishedWeights(
  candidates: readonly Candidate[],
  { weights }: Memory,
  observation: Observation,
): number[] {
  const raw = candidates.map((candidate) => (weights.get(candidate.pod.uid) ?? 1) * slowStart(candidate, observation));
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  return raw.map((weight) => Math.max(1, Math.round((evenWeight * weight * raw.length) / total)));
}
