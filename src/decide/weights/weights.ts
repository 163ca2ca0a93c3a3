import { defined } from "../../api/defined.ts";
import type { Metrics } from "../../api/metrics.ts";
import { ByPod, columnOf, rosterOf } from "../basics/by-pod.ts";
import type { Candidate, Eligibility } from "../membership/eligible.ts";
import { isFresh, trustTimes } from "../samples/staleness.ts";
import { strategies } from "../strategies/strategy.ts";
import type { Observation } from "../world.ts";
import { complete } from "./columns.ts";
import { compute, type Evidence, type Learned, type Weigh } from "./compute.ts";
import { hold, isWithin } from "./hold.ts";
import { fallBack, followLongRun, type LongRun } from "./long-run.ts";
import { evenWeight } from "./publish.ts";
import { createRootState } from "./root-rule/state.ts";
import { slowStart } from "./slow-start.ts";
import { trust } from "./trust.ts";
import { wholeWorking } from "./whole-working.ts";
import type { WeightsState, Working } from "./working.ts";

/** A pulse may come a little early. */
const due = 0.9;

/** Weights by pod UID, before the slow start, and how they came about. Times are Unix milliseconds. */
export interface WeightMemory {
  /** How the pods were sampled, as text: numbers of another source are not compared with those of this one. */
  readonly sampling: string;
  /** Of mean 1 when they were computed. */
  readonly inForce: ReadonlyMap<string, number>;
  /** As last computed: not in force while they hardly differ from those that are. */
  readonly computed: ReadonlyMap<string, number>;
  readonly longRun: LongRun;
  /** In force at the start, as status told: by what an operator before had learned. */
  readonly inherited?: ReadonlyMap<string, number>;
  /** When weights were last computed. */
  readonly computedAt: number;
  /** When weights were last put in force. */
  readonly publishedAt: number;
  /** When numbers that count in full were last weighed. */
  readonly trustedAt: number;
  /** Of the last computation. */
  readonly working?: Working;
}

/** What is remembered for the next weights. */
export interface WeightsBefore {
  readonly weights: WeightMemory;
  readonly learned: Learned;
}

/** The same after a pass, in which they were computed or, for this reason, not. */
export interface WeightsAfter extends WeightsBefore {
  readonly state: WeightsState;
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

const samplingOf = ({ pool }: Observation): string =>
  JSON.stringify([pool.spec.metrics ?? {}, pool.spec.strategy.type]);

const nothingLearned: Learned = { samples: new Map(), root: createRootState(), traits: new Map() };

/** What a start goes on from, or a pool whose pods are sampled otherwise than before. */
function start(
  observation: Observation,
  sampling: string,
  before: WeightsBefore | undefined,
  candidates: readonly Candidate[],
): WeightsBefore {
  const inherited = before ? undefined : weightsInStatus(observation, candidates);
  const inForce = before?.weights.inForce ?? inherited ?? new Map();
  const never = Number.NEGATIVE_INFINITY;
  const known = { sampling, inForce, computed: inForce, longRun: new Map(), ...defined({ inherited }) };
  return {
    weights: { ...known, computedAt: never, publishedAt: never, trustedAt: never },
    learned: nothingLearned,
  };
}

/** Whether no pod's numbers count in full any more. An answer that is late after a lost one does not make it so. */
const areSilent = (candidates: readonly Candidate[], metrics: Metrics, now: number): boolean =>
  candidates.every(({ reading, response }) => {
    const newest = reading?.samples[0];
    if (!newest) return metrics.source !== undefined || !response;
    return !isFresh(newest.takenAt, trustTimes(metrics).heldMs + metrics.timeout, now);
  });

function stateOf(
  candidates: readonly Candidate[],
  metrics: Metrics,
  isFrozen: boolean,
  computedAt: number,
  now: number,
): WeightsState {
  if (isFrozen) return "frozen";
  if (!candidates.some(({ sample, response }) => sample ?? response)) return "notMeasured";
  if (areSilent(candidates, metrics, now)) return "silent";
  return isWithin(due * metrics.interval, computedAt, now) ? "notDue" : "computed";
}

/** Compute, trust, hold: what is left for each plan is to publish what is in force. */
function* computeAnew(
  weigh: Weigh,
  given: Omit<Evidence, "shares">,
  before: WeightsBefore,
): Generator<undefined, WeightsBefore> {
  const { now, candidates, roster, inForce } = given;
  const metrics = given.pool.spec.metrics!;
  const { weights: known, learned } = before;
  const computed = compute(weigh, given);
  yield;
  const trusted = trust(computed.weights, candidates, given);
  const held = hold(trusted.weights, inForce, known.publishedAt, metrics.interval, now);
  const longRun = followLongRun(known.longRun, roster, {
    elapsedMs: Number.isFinite(known.computedAt) ? Math.max(0, now - known.computedAt) : 0,
    inForce,
    trusts: trusted.trusts,
    lasting: computed.lasting,
    intervalMs: metrics.interval,
  });
  return {
    weights: {
      ...known,
      inForce: new ByPod(roster, held.inForce),
      computed: new ByPod(roster, trusted.computed),
      longRun,
      computedAt: now,
      publishedAt: held.isNew ? now : known.publishedAt,
      trustedAt: trusted.trusts.some((own) => own.trust === 1) ? now : known.trustedAt,
      working: wholeWorking(computed, trusted, held, metrics),
    },
    learned: { ...learned, ...computed.remember },
  };
}

/**
 * The weights in force after this pass. They are computed once per interval, as what was measured in an interval counts
 * once; between, while they are frozen, as too few pods are measured, and after a start, those in force stay, and a pod
 * that came meanwhile gets their median. Even weights need no measuring. In steps, as the plan is.
 */
export function* updateWeights(
  observation: Observation,
  last: WeightsBefore | undefined,
  { candidates, servings }: Pick<Eligibility, "candidates" | "servings">,
  isFrozen: boolean,
): Generator<undefined, WeightsAfter> {
  const { now, pool } = observation;
  const { metrics, strategy } = pool.spec;
  const sampling = samplingOf(observation);
  const before = last?.weights.sampling === sampling ? last : start(observation, sampling, last, candidates);
  const { weights: known, learned } = before;
  const roster = rosterOf(candidates, known.inForce);
  const { weigh } = strategies[strategy.type];
  if (!weigh) {
    const even = new ByPod(
      roster,
      candidates.map(() => 1),
    );
    return { state: "even", weights: { ...known, computedAt: now, inForce: even, computed: even }, learned };
  }
  const inForce = complete(columnOf(known.inForce, roster));
  const computed = complete(columnOf(known.computed, roster));
  const state = metrics ? stateOf(candidates, metrics, isFrozen, known.computedAt, now) : "noMetrics";
  if (state === "computed") {
    const { computedAt, inherited } = known;
    const given = { now, pool, candidates, roster, inForce, computed, computedAt, inherited, servings, learned };
    return { state, ...(yield* computeAnew(weigh, given, before)) };
  }
  const kept = { ...known, inForce: new ByPod(roster, inForce), computed: new ByPod(roster, computed) };
  // Many pods that come at once make most of them unknown, too, for a moment.
  const isLasting = metrics && !isWithin(trustTimes(metrics).heldMs, known.trustedAt, now);
  const fallen =
    state === "silent" || (state === "frozen" && isLasting) ? fallBack(known.longRun, roster, inForce) : undefined;
  if (!fallen) return { state, weights: kept, learned };
  const weights = new ByPod(roster, fallen.weights);
  const { working } = fallen;
  return { state, weights: { ...kept, inForce: weights, computed: weights, working, publishedAt: now }, learned };
}
