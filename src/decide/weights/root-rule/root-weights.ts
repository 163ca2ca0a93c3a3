import { ByPod, type Column, Roster } from "../../basics/by-pod.ts";
import { sum } from "../../basics/mean.ts";
import { estimateArrivals, meanQueue, ratesOf } from "./arrivals.ts";
import { estimateCapacities } from "./capacities.ts";
import { fill } from "./fill.ts";
import { inherit } from "./inherit.ts";
import { type KnownPod, type PoolInterval, recall } from "./interval.ts";
import { longestS, withinCount, withinDelay, withinTime } from "./limits.ts";
import { relax } from "./relax.ts";
import { createRootState, type RootState } from "./state.ts";
import { fadingAfter, tally } from "./tally.ts";

/** The weights, and every number behind them. Rates are per second; maps are by id of the pod, columns in the order of the ids. */
export interface RootWeights {
  /** Of mean 1. */
  readonly weights: ByPod<number>;
  /** Those for any time: the static optimum. */
  readonly lasting: ByPod<number>;
  readonly state: RootState;
  /** Requests that each pod can serve. */
  readonly capacities: ByPod<number>;
  /** That of all pods together. Absent while nothing is known of capacities, and they count as equal. */
  readonly fleetCapacity?: number;
  /** What a busy second counts against the fleet's mean, and against the pod's past; 0 while chance explains all. */
  readonly spread: number;
  readonly drift: number;
  /** The same by the long tallies alone; empty while nothing is known. */
  readonly longTerm: ByPod<number>;
  /** Shares of the traffic by the weights so far: these sum to 1. */
  readonly shares: ByPod<number>;
  /** Seconds from the samples until the weights are in force. */
  readonly delayS: number;
  /** In flight when the weights come into force. */
  readonly queues: ByPod<number>;
  /** Seconds that the weights are made for. */
  readonly horizonS: number;
  /** `capacity - (queue + 1) / horizonS`. */
  readonly spare: ByPod<number>;
  readonly level: number;
  /** `max(0, spare + level * sqrt(capacity))`. */
  readonly rates: ByPod<number>;
  /** Rates over their mean, and none too small: what weights are proportional to. */
  readonly parts: ByPod<number>;
  /** Requests that the pool gets. */
  readonly lambda: number;
  /** Of these, what the pods can serve: the sum of the rates that the weights are proportional to. */
  readonly poured: number;
  /** The unit of time. */
  readonly serviceTimeS: number;
}

/** With fewer of the pods sampled, in shares, an interval is a silent one. */
const leastSampled = 0.5;

function isSilent(pods: readonly KnownPod[]): boolean {
  const sampled = pods.filter(({ completions, busy, queue }) => (completions ?? busy ?? queue) !== undefined);
  return sampled.length < leastSampled * pods.length;
}

/**
 * The root rule: weights by square-root water filling on shrunk capacities, for weights that stay in force for an
 * interval. Least connections where the interval is short against a service time, the static optimum where it is long.
 *
 * Each call tells of one interval, and the state that it returns is for the next one. After an interval in which most
 * pods were not sampled nobody knows how long that lasts: its weights are the static optimum, which holds for any time.
 * Those that suit the queues of a moment would in time fill some pods beyond what they can serve.
 */
export function rootWeights(before: RootState, interval: PoolInterval): RootWeights {
  // An empty pool tells nothing, and its past nothing of the pods that come next.
  const state = interval.pods.length > 0 ? before : createRootState();
  const pods = recall(state, interval);
  const intervalS = withinTime(interval.intervalS);
  const lambdaBefore = interval.lambda === undefined ? state.lambda : withinCount(interval.lambda);
  const rates = ratesOf(pods, lambdaBefore);
  const fading = fadingAfter(pods.length > 0 ? (sum(rates) / pods.length) * intervalS : 0);
  const counted = tally(pods, rates);
  const tallied = interval.inherited
    ? inherit(counted, pods, interval.inherited, withinTime(interval.intervalS))
    : counted;
  const known = estimateCapacities(tallied, state.misfit, fading);
  const {
    lambda,
    counted: isCounted,
    serviceTimeS,
    ...arrivals
  } = estimateArrivals(pods, rates, state.lambda, interval, known?.fleet);
  const capacities = known?.capacities ?? pods.map(() => 1 / serviceTimeS);

  const mean = meanQueue(pods);
  const sampled = pods.map(({ queue, share, memory }, index) => {
    if (queue !== undefined) return queue;
    return memory.queue === undefined ? mean : relax(memory.queue, lambda * share, capacities[index]!, intervalS);
  });
  const delayS = withinDelay(interval.delayS);
  const queues = sampled.map((queue, index) => relax(queue, lambda * pods[index]!.share, capacities[index]!, delayS));
  const vessels = queues.map((queue, index) => ({ queue, capacity: capacities[index]! }));
  const lasting = fill(vessels, lambda, longestS);
  const horizonS = isSilent(pods) ? longestS : intervalS;
  const filling = horizonS === longestS ? lasting : fill(vessels, lambda, horizonS);
  const { spare, level, poured, rates: filled, parts, weights } = filling;

  const roster = new Roster(pods.map(({ id }) => id));
  const byId = (values: Column<number | undefined>) => new ByPod<number>(roster, values);
  return {
    weights: byId(weights),
    lasting: byId(lasting.weights),
    state: {
      pods: tallied.map(({ id, long, recent }, index) => {
        const rate = arrivals.rates[index];
        const queue = sampled[index]!;
        return rate === undefined ? { id, long, recent, queue } : { id, long, recent, queue, rate };
      }),
      misfit: known?.misfit ?? state.misfit,
      ...(isCounted && { lambda }),
    },
    capacities: byId(capacities),
    longTerm: byId(known?.longTerm ?? pods.map(() => undefined)),
    shares: byId(pods.map(({ share }) => share)),
    delayS,
    ...(known && { fleetCapacity: known.fleet }),
    spread: known?.spread ?? 0,
    drift: known?.drift ?? 0,
    queues: byId(queues),
    horizonS,
    spare: byId(spare),
    level,
    rates: byId(filled),
    parts: byId(parts),
    lambda,
    poured,
    serviceTimeS,
  };
}
