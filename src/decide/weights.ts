import type { StrategyType } from "../api/pool.ts";
import type { Candidate } from "./eligible.ts";
import { median } from "./median.ts";
import type { Memory } from "./memory.ts";
import { rootWeights } from "./root-rule/root-weights.ts";
import { samplesToInterval } from "./root-rule/samples-to-interval.ts";
import { createRootState } from "./root-rule/state.ts";
import type { Ranked } from "./strategies/rank.ts";
import type { Observation } from "./world.ts";

/** New weights are put in force when one moved by more than this share, as consumers rebuild their schedulers. */
const deadBand = 0.05;
/** After this many intervals they are put in force anyway. */
const longestHold = 10;
/** A pulse may come a little early. */
const due = 0.9;

/** An even share of the traffic. */
const evenWeight = 1_000;

/** Weight of a pod that has just become ready, of its own (Envoy's slow start). */
const slowStartFloor = 0.1;

/** The share of its weight that a pod gets so long after it became ready. */
function slowStart({ pod: { readyChangedAt } }: Candidate, { pool, now }: Observation): number {
  const windowMs = pool.spec.strategy.slowStart;
  // The API server's clock may be ahead.
  const readyMs = readyChangedAt === undefined ? windowMs : Math.max(0, now - readyChangedAt);
  return readyMs >= windowMs ? 1 : Math.max(slowStartFloor, readyMs / windowMs);
}

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
function complete(weights: ReadonlyMap<string, number>, candidates: readonly Candidate[]): Map<string, number> {
  const known = candidates.flatMap(({ pod }) => weights.get(pod.uid) ?? []);
  const unknown = known.length > 0 ? median(known) : 1;
  return new Map(candidates.map(({ pod }) => [pod.uid, weights.get(pod.uid) ?? unknown]));
}

const moved = (before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): boolean =>
  [...after].some(([uid, weight]) => {
    const earlier = before.get(uid);
    return earlier === undefined || Math.abs(weight - earlier) > deadBand * Math.max(weight, earlier);
  });

const samplingOf = ({ pool }: Observation): string => JSON.stringify(pool.spec.metrics ?? {});

const startMemory = (observation: Observation, candidates: readonly Candidate[]): Memory => ({
  sampling: samplingOf(observation),
  weighedAt: Number.NEGATIVE_INFINITY,
  publishedAt: Number.NEGATIVE_INFINITY,
  weights: weightsInStatus(observation, candidates),
  samples: new Map(),
  root: createRootState(),
});

/** Puts weights in force now. */
type Weigher = (observation: Observation, ranked: readonly Ranked[], memory: Memory) => Memory;

const even: Weigher = ({ now }, ranked, memory) => ({
  ...memory,
  weighedAt: now,
  weights: new Map(ranked.map(({ candidate }) => [candidate.pod.uid, 1])),
});

/** How far a weight may lie from an even share: what one sample can be trusted with. */
const bounds = { least: 0.5, most: 2 };

/**
 * The square root of (mean + 1) / (figure + 1), between half and twice an even share; the median for pods that are not
 * measured. The root halves the gain of the loop through the published list, so that clients that all follow it do not
 * chase each other (Mitzenmacher, "How Useful Is Old Information?", 2000).
 */
function inverseShares(ranked: readonly Ranked[]): Map<string, number> {
  const figures = ranked.flatMap(({ figure }) => figure ?? []);
  const mean = figures.reduce((sum, figure) => sum + figure, 0) / figures.length;
  const share = (figure: number) => Math.min(bounds.most, Math.max(bounds.least, Math.sqrt((mean + 1) / (figure + 1))));
  const unknown = figures.length > 0 ? median(figures.map(share)) : 1;
  return new Map(
    ranked.map(({ candidate, figure }) => [candidate.pod.uid, figure === undefined ? unknown : share(figure)]),
  );
}

const byFigure: Weigher = ({ now }, ranked, memory) => ({ ...memory, weighedAt: now, weights: inverseShares(ranked) });

/**
 * Half the way, by ratio, from the weights in force: what fewest connections alone can tell without a rate of requests.
 * All the way, the loop would swing as soon as an interval holds many requests.
 */
function damped(weights: ReadonlyMap<string, number>, ranked: readonly Ranked[]): Map<string, number> {
  const shares = inverseShares(ranked);
  const raw = [...shares].map(([uid, share]): [string, number] => [uid, Math.sqrt(share * (weights.get(uid) ?? 1))]);
  const mean = raw.reduce((sum, [, weight]) => sum + weight, 0) / raw.length;
  return new Map(raw.map(([uid, weight]) => [uid, weight / mean]));
}

/** Of a time in the future, by a clock that has been set back since, nothing is known. */
const isWithin = (periodMs: number, since: number, now: number): boolean => since <= now && now - since < periodMs;

/** The root rule; it needs a rate of requests, which takes two samples of a counter. */
const byRoot: Weigher = (observation, ranked, memory) => {
  const { now, pool } = observation;
  const candidates = ranked.map(({ candidate }) => candidate);
  const { weights } = memory;
  const intervalMs = pool.spec.metrics!.interval;
  const ages = candidates.flatMap(({ sample }) => (sample ? [now - sample.takenAt] : []));
  const sharedBy = (candidate: Candidate) => weights.get(candidate.pod.uid)! * slowStart(candidate, observation);
  const result = rootWeights(memory.root, {
    intervalS: intervalMs / 1_000,
    delayS: Math.max(0, ages.reduce((sum, age) => sum + age, 0) / Math.max(1, ages.length)) / 1_000,
    pods: candidates.map(({ pod, sample }) => {
      const known = memory.samples.get(pod.uid);
      const previous = known && known.takenAt <= now ? known : undefined;
      return { id: pod.uid, ...samplesToInterval(previous, sample) };
    }),
    shares: new Map(candidates.map((candidate) => [candidate.pod.uid, sharedBy(candidate)])),
  });
  const samples = new Map(
    candidates.flatMap(({ pod, sample }) => {
      const newest = sample ?? memory.samples.get(pod.uid);
      return newest ? [[pod.uid, newest] as const] : [];
    }),
  );
  const knowsRate = result.state.lambda !== undefined;
  // A counter tells a rate from its second sample on; what is in force may come from a life that knew one.
  const lacksRate = memory.samples.size === 0 && candidates.some(({ sample }) => sample?.requests !== undefined);
  const next = knowsRate ? result.weights : lacksRate ? weights : damped(weights, ranked);
  const publish = !isWithin(longestHold * intervalMs, memory.publishedAt, now) || moved(weights, next);
  return {
    ...memory,
    weighedAt: now,
    publishedAt: publish ? now : memory.publishedAt,
    weights: publish ? next : weights,
    samples,
    root: result.state,
  };
};

const weighers: Record<StrategyType, Weigher> = {
  RoundRobin: even,
  Random: even,
  LeastConnections: byRoot,
  LeastLoad: byFigure,
};

/**
 * The memory after this plan, with the weights now in force. They are computed once per interval, as what was measured
 * in an interval counts once; between, while they are frozen, as too few pods are measured, and after a start, those in
 * force stay, and a pod that came meanwhile gets their median. Even weights need no measuring.
 */
export function weigh(observation: Observation, ranked: readonly Ranked[], frozen: boolean): Memory {
  const { now, pool } = observation;
  const { metrics } = pool.spec;
  const candidates = ranked.map(({ candidate }) => candidate);
  const known = observation.memory;
  const memory =
    known?.sampling === samplingOf(observation)
      ? known
      : { ...startMemory(observation, candidates), ...(known && { weights: known.weights }) };
  const weigher = weighers[pool.spec.strategy.type];
  if (weigher === even) return even(observation, ranked, memory);
  const weights = complete(memory.weights, candidates);
  const measured = candidates.some(({ sample }) => sample);
  if (!metrics || frozen || !measured || isWithin(due * metrics.interval, memory.weighedAt, now))
    return { ...memory, weights };
  return weigher(observation, ranked, { ...memory, weights });
}

/** Whether a pod is in its slow start, so that weights move with time alone. */
export const isRamping = (ranked: readonly Ranked[], observation: Observation): boolean =>
  ranked.some(({ candidate }) => slowStart(candidate, observation) < 1);

/** Weights as published: after the slow start, whole, 1000 being an even share. */
export function publishedWeights(ranked: readonly Ranked[], { weights }: Memory, observation: Observation): number[] {
  const raw = ranked.map(({ candidate }) => (weights.get(candidate.pod.uid) ?? 1) * slowStart(candidate, observation));
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  return raw.map((weight) => Math.max(1, Math.round((evenWeight * weight * raw.length) / total)));
}
