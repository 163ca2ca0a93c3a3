import { defined } from "../../api/defined.ts";
import type { KeepMemory, PodPeriod } from "./keep.ts";

/**
 * How likely each of the lags is: from what is known of the pods until new connections heed what is decided by it. The age of
 * samples is part of it, as is the time that a change takes to the nodes. The last one is that no effect can be seen: sets are
 * heeded later than any of the lags, or never. Plain data; the sum is 1.
 */
export type LagMemory = readonly number[];

type Counts = Pick<PodPeriod, "before" | "now">;

/** In periods. */
const lags: readonly number[] = [
  ...[0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.4, 1.6, 1.8, 2, 2.25, 2.5, 2.75, 3],
  ...[3.33, 3.67, 4, 4.5, 5, 5.5, 6, 6.67, 7.33, 8, 9, 10, 11, 12, 13, 14, 15, 16.5, 18, 20, 22, 24, 27, 30],
  ...[33, 36, 40, 44, 48, 53, 58, 64, 70, 77, 85, 93, 102, 112, 123, 135],
];

/** The longest lag that can be told, in periods. */
export const longestLag = lags.at(-1)!;

/** What is heeded within the first part of a period is as good as heeded at once; from the second on all of a lag counts. */
const [tolerated, whole] = [0.3, 0.6];
const counted = lags.map((lag) => (lag < whole ? Math.max(0, (whole * (lag - tolerated)) / (whole - tolerated)) : lag));

/** So many sets back a new connection may still go. */
export const setsBack = Math.ceil(longestLag) + 1;

/** So much of what is believed changes in a period at most: a lag that varies is not taken for the last one. */
const learning = 0.15;
/** What is believed runs over to the lags beside by this share, and to any lag by the other, as it may change. */
const blurring = 0.02;
const doubt = 0.01;
/** The same while everybody is published, which shows nothing. To find out again does as much harm as it did before. */
const fading = 0.0003;
/** The same once nobody has been out for so many periods: from then on sets show little, and that is no reason to doubt. */
const quietAfter = 20;
/** Nodes and clients differ: counts are told less than their chance would allow. */
const caution = 1.5;

const normal = (weights: readonly number[]): number[] => {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
};

const mixed = (belief: LagMemory, other: LagMemory, share: number): LagMemory =>
  belief.map((weight, place) => (1 - share) * weight + share * other[place]!);

/** Falls with the lag from a part of a period on; each lag counts as far as to those beside it. */
const falling = (from: number): LagMemory =>
  normal(lags.map((lag, place) => ((lags[place + 1] ?? lag) - (lags[place - 1] ?? lag)) / (from + lag) ** 3));

/** That no effect can be seen, before anything is known. */
const unlikely = 1e-5;

/** Mostly a small part of a period, and anything may be. */
const unknown = normal([...mixed(falling(0.1), falling(0.3), 0.02), unlikely]);

function blurred(belief: LagMemory): LagMemory {
  const last = belief.length - 1;
  return belief.map((weight, place) => {
    const beside = belief[Math.max(0, place - 1)]! + belief[Math.min(last, place + 1)]!;
    return (1 - 2 * blurring) * weight + blurring * beside;
  });
}

const meanOf = (weights: readonly number[], values: readonly number[]): number =>
  values.reduce((sum, value, place) => sum + weights[place]! * value, 0);

export interface DescribedLag {
  /** In periods, of the lags. */
  readonly mean: number;
  /** Standard deviation of what of it counts. */
  readonly deviation: number;
  /** How likely it is that no effect of sets can be seen, 0 to 1. */
  readonly unseen: number;
}

/** The lag is none before any has shown. */
export function describeLag(belief: LagMemory | undefined): DescribedLag {
  if (!belief) return { mean: 0, deviation: 0, unseen: 0 };
  const unseen = belief.at(-1)!;
  const seen = normal(belief.slice(0, -1));
  const middle = meanOf(seen, counted);
  const variance = meanOf(
    seen,
    counted.map((lag) => (lag - middle) ** 2),
  );
  return { mean: meanOf(seen, lags), deviation: Math.sqrt(variance), unseen };
}

/**
 * What pods get of those that come in a period, by the sets that they may go by: the last one first. A set that is the same
 * as another is the same array.
 */
export type SharesBySet = readonly Float64Array[];

/** With a lag, connections of a period go by two sets: by this one first, and then by the one after it. */
function setsAt(lag: number, shares: SharesBySet) {
  const back = Math.floor(lag);
  const last = shares.length - 1;
  return { late: lag - back, newer: shares[Math.min(back, last)]!, older: shares[Math.min(back + 1, last)]! };
}

/** What each pod gets in the mean over all lags. */
export function expectedShares(belief: LagMemory, shares: SharesBySet): Float64Array {
  const bySet = new Float64Array(shares.length);
  const last = shares.length - 1;
  for (const [place, lag] of counted.entries()) {
    const back = Math.floor(lag);
    bySet[Math.min(back, last)]! += belief[place]! * (1 - lag + back);
    bySet[Math.min(back + 1, last)]! += belief[place]! * (lag - back);
  }
  const pods = shares[0]!.length;
  const sums = new Float64Array(pods).fill(belief.at(-1)! / pods);
  for (const [set, weight] of bySet.entries())
    for (let pod = 0; pod < sums.length; pod += 1) sums[pod]! += weight * shares[set]![pod]!;
  return sums;
}

const dot = (one: ArrayLike<number>, other: ArrayLike<number>): number => {
  let sum = 0;
  for (let place = 0; place < one.length; place += 1) sum += one[place]! * other[place]!;
  return sum;
};

/** A function of arrays that remembers its results. */
function remembering(of: (one: Float64Array, other: Float64Array) => number): typeof of {
  const known = new Map<Float64Array, Map<Float64Array, number>>();
  return (one, other) => {
    const row = known.get(one) ?? new Map<Float64Array, number>();
    known.set(one, row);
    const value = row.get(other) ?? of(one, other);
    row.set(other, value);
    return value;
  };
}

/** What would outlast the period: a share, whatever the counts say. */
const keepIn = (xy: number, xx: number): number => (xx > 0 ? Math.min(1, Math.max(0, xy / xx)) : 0);

/**
 * How far the counts of a period are from what each lag would make of them: the sum of squares that is left when what
 * outlasts the period is fitted as well, by the period and by all before it.
 */
function misfits(pods: readonly Counts[], learned: KeepMemory, shares: SharesBySet) {
  const before = Float64Array.from(pods, (pod) => pod.before);
  const now = Float64Array.from(pods, (pod) => pod.now);
  const sumBefore = before.reduce((sum, one) => sum + one, 0);
  const sumNow = now.reduce((sum, one) => sum + one, 0);
  const product = remembering(dot);
  const known = keepIn(learned.xy, learned.xx);
  const explained = known ** 2 * learned.xx - 2 * known * learned.xy;
  const misfitOf = ({ late, newer, older }: ReturnType<typeof setsAt>): number => {
    const along = (column: Float64Array) => (1 - late) * product(column, newer) + late * product(column, older);
    const [alongBefore, alongNow] = [along(before), along(now)];
    const square = (1 - late) * along(newer) + late * along(older);
    const xx = product(before, before) - 2 * sumBefore * alongBefore + sumBefore ** 2 * square;
    const yy = product(now, now) - 2 * sumNow * alongNow + sumNow ** 2 * square;
    const xy = product(before, now) - sumNow * alongBefore - sumBefore * alongNow + sumBefore * sumNow * square;
    const keep = keepIn(learned.xy + xy, learned.xx + xx);
    return yy - 2 * keep * (learned.xy + xy) + keep ** 2 * (learned.xx + xx) - explained;
  };
  const even = new Float64Array(pods.length).fill(1 / pods.length);
  const came = Math.max(0, sumNow - known * sumBefore);
  return {
    ofLags: lags.map((lag) => misfitOf(setsAt(lag, shares))),
    /** Where connections go by sets of which nothing is known but that they are as small as these. */
    ofUnseen: misfitOf({ late: 0, newer: even, older: even }),
    spread: came ** 2 * varianceOf(shares),
  };
}

/** How far what a pod gets is from an even share, squared, in the mean over sets. */
function varianceOf(shares: SharesBySet): number {
  const [pods, sets] = [shares[0]!.length, shares.length];
  // Where only pods are in that are not measured, the others get nothing.
  return shares.reduce((sum, set) => sum + Math.max(0, dot(set, set) / pods - 1 / pods ** 2) / sets, 0);
}

/** What a period shows, and what is believed of the next one. */
interface LearnedLag {
  readonly inPeriod: LagMemory;
  /** Absent as long as none could show. */
  readonly lag?: LagMemory;
}

/** Of weak signs, of which it takes many, all that they show counts; of strong ones so much that a few are needed. */
function moved(from: LagMemory, to: LagMemory): LagMemory {
  const distance = from.reduce((sum, weight, place) => sum + Math.abs(to[place]! - weight) / 2, 0);
  return mixed(from, to, Math.min(1, learning / distance));
}

/**
 * Takes in a period. A pod that is out and still gains, and one that is in and does not, show how long connections go by
 * sets before, or that sets show no effect. `noise` is how much a pod's count varies by chance at least, squared.
 */
export function learnLag(
  before: LagMemory | undefined,
  pods: readonly Counts[],
  learned: KeepMemory | undefined,
  shares: SharesBySet,
  noise: number,
): LearnedLag {
  const belief = before ?? unknown;
  // Periods since somebody was out; -1 if nobody was, by any of the sets.
  const quietFor = shares.findIndex((set) => set.includes(0));
  if (!learned || quietFor < 0)
    return { inPeriod: belief, ...defined({ lag: before && mixed(before, unknown, fading) }) };
  const { ofLags, ofUnseen, spread } = misfits(pods, learned, shares);
  const least = Math.min(...ofLags);
  // Where no lag fits, connections may come in bunches: counts vary more then, and say less of sets that show no effect.
  const usual = Math.max(noise, least / pods.length);
  const varied = usual + spread;
  const behindBest = ofUnseen / varied - least / usual + pods.length * Math.log(varied / usual);
  const unlikelihoods = [...ofLags.map((misfit) => misfit / noise), least / noise + behindBest];
  const likeliest = Math.min(...unlikelihoods);
  const inPeriod = normal(
    belief.map((weight, place) => weight * Math.exp((likeliest - unlikelihoods[place]!) / (2 * caution))),
  );
  const after = moved(belief, inPeriod);
  const lag = quietFor >= quietAfter ? mixed(after, unknown, fading) : mixed(normal(blurred(after)), unknown, doubt);
  return { inPeriod, lag };
}

/** What is there when new connections come to heed a set that is decided on now. */
interface Ahead {
  /** Share of today's connections. */
  readonly kept: number;
  /** Connections on their way: those that come until then, by the set that they go by, the last one first. */
  readonly coming: readonly number[];
  /** Connections of which nothing is known but that they will be somewhere. */
  readonly anywhere: number;
}

/** Looks ahead over the lag, where a share `keep` of all connections outlasts a period, and as many come as end. */
export function lookAhead(belief: LagMemory | undefined, keep: number, connections: number): Ahead {
  const coming = Array<number>(setsBack).fill(0);
  if (!belief) return { kept: 1, coming, anywhere: 0 };
  let kept = 0;
  /** How likely it is that a set is the last one by which connections come all the time. */
  const asLast = Array<number>(setsBack).fill(0);
  for (const [place, lag] of counted.entries()) {
    const weight = belief[place]!;
    const back = Math.floor(lag);
    kept += weight * keep ** lag;
    if (back > 0) asLast[back - 1]! += weight;
    coming[back]! += weight * connections * (keep ** back - keep ** lag);
  }
  let allTheTime = 0;
  for (let set = setsBack - 1; set >= 0; set -= 1) {
    allTheTime += asLast[set]!;
    coming[set]! += allTheTime * connections * (keep ** set - keep ** (set + 1));
  }
  return { kept, coming, anywhere: belief.at(-1)! * connections };
}
