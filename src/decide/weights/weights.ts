import type { Metrics } from "../../api/metrics.ts";
import { ByPod, type Column, columnOf, type Roster, rosterOf } from "../basics/by-pod.ts";
import { largestOf, sum } from "../basics/mean.ts";
import { median } from "../basics/median.ts";
import type { Candidate, Eligibility } from "../membership/eligible.ts";
import type { Memory } from "../memory.ts";
import { isFresh, trustIn, trustTimes } from "../samples/staleness.ts";
import { strategies } from "../strategies/strategy.ts";
import type { Observation } from "../world.ts";
import { createRootState } from "./root-rule/state.ts";
import { isNew, slowStart } from "./slow-start.ts";
import { followUsual } from "./usual.ts";
import { finishWorking, type Trust, workingOfUsual } from "./working.ts";

/** New weights are put in force when one moved by more than this share, as consumers rebuild their schedulers. */
const deadBand = 0.05;
/** After this many intervals they are put in force anyway. */
const longestHold = 10;
/** A pulse may come a little early. */
const due = 0.9;

/** An even share of the traffic. */
const evenWeight = 1_000;

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

const isKnown = <V>(value: V | undefined): value is V => value !== undefined;

/** Weights of all pods: those that have none yet get the median. */
function complete(weights: Column<number | undefined>): Column {
  if (weights.every(isKnown)) return weights;
  const known = weights.filter(isKnown);
  const unknown = known.length > 0 ? median(known) : 1;
  return weights.map((weight) => weight ?? unknown);
}

/** The same weights with mean 1; even ones where there are none. */
function normalise(weights: Column): Column {
  const total = sum(weights);
  return weights.map((weight) => (total > 0 ? (weight * weights.length) / total : 1));
}

/** How far the numbers of a pod count; not at all while it is new: it looks idle because nobody knows it yet. */
function trustOf(candidate: Candidate, { pool, now }: Observation): Trust {
  const metrics = pool.spec.metrics!;
  // Where a probe is all there is, its time is there while it is fresh.
  const probed = !metrics.source && candidate.response ? 1 : 0;
  if (isNew(candidate, { pool, now })) return { trust: 0, probed: 0 };
  const newest = candidate.reading?.samples[0];
  if (!newest || probed) return { trust: probed, probed };
  const ageMs = Math.abs(now - newest.takenAt);
  return { trust: trustIn(ageMs, metrics), probed, ageMs };
}

/**
 * Weights as far as their numbers can be trusted, and the median of those that fully can be for the rest. They stay as
 * they are where there is nothing to tell apart.
 */
function blend(weights: Column, trusts: Column<Trust>): { blended: Column; middle?: number } {
  const valid = weights.filter((_, place) => trusts[place]!.trust === 1);
  if (valid.length === 0 || valid.length === weights.length) return { blended: weights };
  const middle = median(valid);
  return { blended: weights.map((weight, place) => middle + trusts[place]!.trust * (weight - middle)), middle };
}

/** How far a weight moved, as a share of the larger one. */
const moveOf = (before: number, after: number): number =>
  before === after ? 0 : Math.abs(after - before) / Math.max(after, before);

const samplingOf = ({ pool }: Observation): string =>
  JSON.stringify([pool.spec.metrics ?? {}, pool.spec.strategy.type]);

function startMemory(observation: Observation, before: Memory | undefined, candidates: readonly Candidate[]): Memory {
  const inherited = before ? undefined : weightsInStatus(observation, candidates);
  const weights = before?.weights ?? inherited ?? new Map();
  return {
    sampling: samplingOf(observation),
    weighedAt: Number.NEGATIVE_INFINITY,
    publishedAt: Number.NEGATIVE_INFINITY,
    weights,
    ...(inherited && { inherited }),
    computed: weights,
    usual: new Map(),
    toldAt: Number.NEGATIVE_INFINITY,
    samples: new Map(),
    root: createRootState(),
    traits: new Map(),
  };
}

/** Of a time in the future, by a clock that has been set back since, nothing is known. */
const isWithin = (periodMs: number, since: number, now: number): boolean => since <= now && now - since < periodMs;

/**
 * While too few pods are measured: weights of a moment, which may be extreme, give way to the usual ones. After that
 * nothing moves until numbers come.
 */
function fallBack(memory: Memory, weights: Column, roster: Roster, now: number): Memory {
  const known = columnOf(memory.usual, roster).map((usual) => usual?.value);
  if (!known.some(isKnown)) return memory;
  const usual = complete(known);
  const target = normalise(usual);
  const former = normalise(weights);
  if (largestOf(target.map((weight, place) => moveOf(former[place]!, weight))) <= deadBand) return memory;
  const byPod = new ByPod(roster, target);
  const working = workingOfUsual(roster, usual, target);
  return { ...memory, weights: byPod, computed: byPod, working, publishedAt: now };
}

/** Why weights are not computed in this pass. */
export type Rest = "even" | "noMetrics" | "frozen" | "notMeasured" | "silent" | "notDue";

/** Whether no pod's numbers count in full any more. An answer that is late after a lost one does not make it so. */
const areSilent = (candidates: readonly Candidate[], metrics: Metrics, now: number): boolean =>
  candidates.every(({ reading, response }) => {
    const newest = reading?.samples[0];
    if (!newest) return metrics.source !== undefined || !response;
    return !isFresh(newest.takenAt, trustTimes(metrics).heldMs + metrics.timeout, now);
  });

/** Undefined when they are. */
export function whyNotWeighed(
  observation: Observation,
  memory: Memory | undefined,
  candidates: readonly Candidate[],
  frozen: boolean,
): Rest | undefined {
  const { now, pool } = observation;
  const { metrics } = pool.spec;
  if (!strategies[pool.spec.strategy.type].weigh) return "even";
  if (!metrics) return "noMetrics";
  if (frozen) return "frozen";
  if (!candidates.some(({ sample, response }) => sample ?? response)) return "notMeasured";
  if (areSilent(candidates, metrics, now)) return "silent";
  const known = memory?.sampling === samplingOf(observation) ? memory : undefined;
  return known && isWithin(due * metrics.interval, known.weighedAt, now) ? "notDue" : undefined;
}

/**
 * The memory after this plan, with the weights now in force. They are computed once per interval, as what was measured
 * in an interval counts once; between, while they are frozen, as too few pods are measured, and after a start, those in
 * force stay, and a pod that came meanwhile gets their median. Even weights need no measuring.
 */
export function weigh(
  observation: Observation,
  before: Memory | undefined,
  { candidates, servings }: Pick<Eligibility, "candidates" | "servings">,
  frozen: boolean,
): Memory {
  const { now, pool } = observation;
  const { metrics } = pool.spec;
  const isSame = before?.sampling === samplingOf(observation);
  const memory = isSame ? before : startMemory(observation, before, candidates);
  const roster = rosterOf(candidates, memory.weights);
  const { weigh: weigher } = strategies[pool.spec.strategy.type];
  if (!weigher) {
    const even = new ByPod(
      roster,
      candidates.map(() => 1),
    );
    return { ...memory, weighedAt: now, weights: even, computed: even };
  }
  const weights = complete(columnOf(memory.weights, roster));
  const computed = complete(columnOf(memory.computed, roster));
  const rest = metrics ? whyNotWeighed(observation, before, candidates, frozen) : "noMetrics";
  if (!metrics || rest !== undefined) {
    const kept = { ...memory, weights: new ByPod(roster, weights), computed: new ByPod(roster, computed) };
    // Many pods that come at once make most of them unknown, too, for a moment.
    const isLasting = metrics && !isWithin(trustTimes(metrics).heldMs, memory.toldAt, now);
    return rest === "silent" || (rest === "frozen" && isLasting) ? fallBack(kept, weights, roster, now) : kept;
  }
  const shares = weights.map((weight, place) => weight * slowStart(candidates[place]!, observation));
  const weighed = weigher({ now, pool, candidates, roster, weights, shares, computed, servings, memory });
  const next = normalise(weighed.weights);
  const trusts = candidates.map((candidate) => trustOf(candidate, observation));
  const { blended, middle } = blend(next, trusts);
  const trusted = normalise(blended);
  const usual = followUsual(memory.usual, roster, {
    elapsedMs: Number.isFinite(memory.weighedAt) ? Math.max(0, now - memory.weighedAt) : 0,
    weights,
    trusts,
    lasting: weighed.lasting,
    intervalMs: metrics.interval,
  });
  const moves = trusted.map((weight, place) => moveOf(weights[place]!, weight));
  const largestMove = largestOf(moves);
  const overdue = !isWithin(longestHold * metrics.interval, memory.publishedAt, now);
  const publish = largestMove > deadBand || overdue;
  const inForce = publish ? trusted : weights;
  const became = { computed: next, trusts, blended, trusted, former: weights, moves, inForce };
  const whole = { metrics, middle, largestMove, overdue, publish };
  return {
    ...memory,
    ...weighed.remember,
    working: finishWorking(weighed.working, weighed.weights, became, whole),
    weighedAt: now,
    publishedAt: publish ? now : memory.publishedAt,
    computed: new ByPod(roster, next),
    usual,
    toldAt: trusts.some(({ trust }) => trust === 1) ? now : memory.toldAt,
    weights: new ByPod(roster, inForce),
  };
}

/** A pod's weight as published, and what it was made of. */
export interface PublishedWeight {
  /** In force, of mean 1 when it was computed. */
  readonly inForce: number;
  readonly slowStart: number;
  /** Whole, 1000 being an even share. */
  readonly weight: number;
}

/** The ranks change, and sums in another order differ in the last digit: that must move no weight. */
export const totalTraffic = (rows: readonly Pick<PublishedWeight, "inForce" | "slowStart">[]): number =>
  Float64Array.from(rows, ({ inForce, slowStart: share }) => inForce * share)
    .sort()
    .reduce((all, share) => all + share, 0);

/** Weights as published: after the slow start, whole, 1000 being an even share. In the order of the candidates. */
export function publishedWeights(
  candidates: readonly Candidate[],
  { weights }: Memory,
  observation: Observation,
): PublishedWeight[] {
  const known = columnOf(weights, rosterOf(candidates, weights));
  const rows = candidates.map((candidate, place) => {
    const inForce = known[place] ?? 1;
    return { inForce, slowStart: slowStart(candidate, observation), weight: 0 };
  });
  const total = totalTraffic(rows);
  for (const row of rows) {
    const share = row.inForce * row.slowStart;
    row.weight = Math.max(1, Math.round((evenWeight * share * rows.length) / total));
  }
  return rows;
}
