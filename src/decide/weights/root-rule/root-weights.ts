import { defined } from "../../../api/defined.ts";
import { ByPod, type Column, Roster } from "../../basics/by-pod.ts";
import { sum } from "../../basics/mean.ts";
import { type Arrivals, estimateArrivals, meanQueue, ratesOf } from "./arrivals.ts";
import { type Capacities, estimateCapacities } from "./capacities.ts";
import { addJumps, dispersionOf } from "./dispersion.ts";
import { fill } from "./fill.ts";
import { inherit } from "./inherit.ts";
import { type KnownPod, type PoolInterval, recall } from "./interval.ts";
import { longestS, withinCount, withinDelay, withinTime } from "./limits.ts";
import { relax } from "./relax.ts";
import { createRootState, type Jumps, type PodMemory, type RootState } from "./state.ts";
import { fadingAfter, type TalliedPod, tally } from "./tally.ts";

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

/** What an interval tells of a pool: what arrives, and what its pods can serve. Columns are in the order of the pods. */
interface Estimate {
  readonly tallied: readonly TalliedPod[];
  readonly jumps: Jumps;
  readonly arrivals: Arrivals;
  readonly capacities: Column;
  /** What the capacities were made of; absent while nothing is known of them, and they count as equal. */
  readonly known: Capacities | undefined;
}

function estimate(pods: readonly KnownPod[], state: RootState, interval: PoolInterval): Estimate {
  const intervalS = withinTime(interval.intervalS);
  const lambda = interval.lambda === undefined ? state.lambda : withinCount(interval.lambda);
  const rates = ratesOf(pods, lambda);
  const jumps = addJumps(state.jumps, pods);
  const dispersion = dispersionOf(jumps);
  const counted = tally(pods, rates, dispersion);
  const { inherited } = interval;
  const tallied = inherited ? inherit(counted, pods, inherited, intervalS) : counted;
  const fading = fadingAfter(pods.length > 0 ? (sum(rates) / pods.length) * intervalS : 0, dispersion);
  const known = estimateCapacities(tallied, state.misfit, fading);
  const arrivals = estimateArrivals(pods, rates, state.lambda, interval, known?.fleet);
  return {
    tallied,
    jumps,
    arrivals,
    known,
    capacities: known?.capacities ?? pods.map(() => 1 / arrivals.serviceTimeS),
  };
}

/** What is in flight at each pod at the end of the interval, and after the delay, when the weights come into force. */
function predictQueues(
  pods: readonly KnownPod[],
  { capacities, arrivals: { lambda } }: Estimate,
  intervalS: number,
  delayS: number,
): { readonly sampled: Column; readonly queues: Column } {
  const after = (seconds: number, queue: number, place: number): number =>
    relax(queue, lambda * pods[place]!.share, capacities[place]!, seconds);
  const mean = meanQueue(pods);
  const sampled = pods.map(
    ({ queue, memory }, place) => queue ?? (memory.queue === undefined ? mean : after(intervalS, memory.queue, place)),
  );
  return { sampled, queues: sampled.map((queue, place) => after(delayS, queue, place)) };
}

/** What the next interval goes on from. */
const stateAfter = ({ tallied, jumps, arrivals, known }: Estimate, sampled: Column, before: RootState): RootState => ({
  pods: tallied.map((pod, place): PodMemory => {
    const rate = arrivals.rates[place];
    return { ...pod, queue: sampled[place]!, ...defined({ rate }) };
  }),
  misfit: known?.misfit ?? before.misfit,
  jumps,
  ...(arrivals.counted && { lambda: arrivals.lambda }),
});

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
  const delayS = withinDelay(interval.delayS);
  const estimated = estimate(pods, state, interval);
  const { known, capacities, arrivals } = estimated;
  const { lambda, serviceTimeS } = arrivals;
  const { sampled, queues } = predictQueues(pods, estimated, intervalS, delayS);
  const vessels = queues.map((queue, place) => ({ queue, capacity: capacities[place]! }));
  const lasting = fill(vessels, lambda, longestS);
  const horizonS = isSilent(pods) ? longestS : intervalS;
  const filling = horizonS === longestS ? lasting : fill(vessels, lambda, horizonS);

  const roster = new Roster(pods.map(({ id }) => id));
  const byId = (values: Column<number | undefined>) => new ByPod<number>(roster, values);
  return {
    weights: byId(filling.weights),
    lasting: byId(lasting.weights),
    state: stateAfter(estimated, sampled, state),
    capacities: byId(capacities),
    longTerm: byId(known?.longTerm ?? pods.map(() => undefined)),
    shares: byId(pods.map(({ share }) => share)),
    delayS,
    ...defined({ fleetCapacity: known?.fleet }),
    spread: known?.spread ?? 0,
    drift: known?.drift ?? 0,
    queues: byId(queues),
    horizonS,
    spare: byId(filling.spare),
    level: filling.level,
    rates: byId(filling.rates),
    parts: byId(filling.parts),
    lambda,
    poured: filling.poured,
    serviceTimeS,
  };
}
