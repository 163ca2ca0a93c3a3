import type { KeepMemory, PodPeriod } from "./keep.ts";

/**
 * How likely each of the lags is: from what is known of the pods until new connections heed what is decided by it. The age of
 * samples is part of it, as is the time that a change takes to the nodes. Plain data; the sum is 1.
 */
export type LagMemory = readonly number[];

/** In periods. */
const lags: readonly number[] = [
  ...[0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.4, 1.6, 1.8, 2, 2.25, 2.5, 2.75, 3],
  ...[3.33, 3.67, 4, 4.5, 5, 5.5, 6, 6.67, 7.33, 8, 9, 10, 11, 12, 13, 14, 15, 16.5, 18, 20, 22, 24, 27, 30],
];

/** What is heeded within the first part of a period is as good as heeded at once; from the second on all of a lag counts. */
const [tolerated, whole] = [0.3, 0.6];
const counted = lags.map((lag) => (lag < whole ? Math.max(0, (whole * (lag - tolerated)) / (whole - tolerated)) : lag));

/** So many sets back a new connection may still go. */
export const setsBack = Math.ceil(lags.at(-1)!) + 1;

/** Each period changes what is believed by this share of what it shows: a lag that varies is not taken for the last one. */
const learning = 0.15;
/** What is believed runs over to the lags beside by this share, and to any lag by the other, as it may change. */
const blurring = 0.02;
const doubt = 0.01;
/** The same while sets stay as they are, which show nothing. */
const fading = 0.002;
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

/** Mostly a small part of a period, and anything may be. */
const unknown = mixed(falling(0.1), falling(0.3), 0.02);

function blurred(belief: LagMemory): LagMemory {
  const last = belief.length - 1;
  return belief.map((weight, place) => {
    const beside = belief[Math.max(0, place - 1)]! + belief[Math.min(last, place + 1)]!;
    return (1 - 2 * blurring) * weight + blurring * beside;
  });
}

const meanOf = (belief: LagMemory, figures: readonly number[]): number =>
  figures.reduce((sum, figure, place) => sum + belief[place]! * figure, 0);

/** The lag in periods: its mean, and the standard deviation of what of it counts. It is none before any has shown. */
export function describeLag(belief: LagMemory | undefined): { readonly mean: number; readonly deviation: number } {
  if (!belief) return { mean: 0, deviation: 0 };
  const middle = meanOf(belief, counted);
  const variance = meanOf(
    belief,
    counted.map((lag) => (lag - middle) ** 2),
  );
  return { mean: meanOf(belief, lags), deviation: Math.sqrt(variance) };
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
  const sums = new Float64Array(shares[0]!.length);
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

/**
 * How far the counts of a period are from what each lag would make of them: the sum of squares that is left when what
 * outlasts the period is fitted as well, by the period and by all before it.
 */
function misfits(pods: readonly Pick<PodPeriod, "before" | "now">[], learned: KeepMemory, shares: SharesBySet) {
  const before = Float64Array.from(pods, (pod) => pod.before);
  const now = Float64Array.from(pods, (pod) => pod.now);
  const sumBefore = before.reduce((sum, one) => sum + one, 0);
  const sumNow = now.reduce((sum, one) => sum + one, 0);
  const product = remembering(dot);
  return lags.map((lag) => {
    const { late, newer, older } = setsAt(lag, shares);
    const along = (column: Float64Array) => (1 - late) * product(column, newer) + late * product(column, older);
    const [alongBefore, alongNow] = [along(before), along(now)];
    const square = (1 - late) * along(newer) + late * along(older);
    const xx = product(before, before) - 2 * sumBefore * alongBefore + sumBefore ** 2 * square;
    const yy = product(now, now) - 2 * sumNow * alongNow + sumNow ** 2 * square;
    const xy = product(before, now) - sumNow * alongBefore - sumBefore * alongNow + sumBefore * sumNow * square;
    return learned.xx + xx > 0 ? yy - (learned.xy + xy) ** 2 / (learned.xx + xx) : yy;
  });
}

/** What a period shows, and what is believed of the next one. */
interface LearnedLag {
  readonly inPeriod: LagMemory;
  /** Absent as long as none could show. */
  readonly lag?: LagMemory;
}

/**
 * Takes in a period. A pod that is out and still gains, and one that is in and does not, show how long connections go by
 * sets before. `noise` is how much a pod's count varies by chance, squared.
 */
export function learnLag(
  before: LagMemory | undefined,
  pods: readonly Pick<PodPeriod, "before" | "now">[],
  learned: KeepMemory | undefined,
  shares: SharesBySet,
  noise: number,
): LearnedLag {
  const belief = before ?? unknown;
  if (!learned || shares.every((set) => set === shares[0]))
    return { inPeriod: belief, ...(before && { lag: mixed(before, unknown, fading) }) };
  const found = misfits(pods, learned, shares);
  const least = Math.min(...found);
  const inPeriod = normal(
    belief.map((weight, place) => weight * Math.exp((least - found[place]!) / (2 * caution * noise))),
  );
  return { inPeriod, lag: mixed(normal(blurred(mixed(belief, inPeriod, learning))), unknown, doubt) };
}

/** What is there when new connections come to heed a set that is decided on now. */
interface Ahead {
  /** Share of today's connections. */
  readonly kept: number;
  /** Connections on their way: those that come until then, by the set that they go by, the last one first. */
  readonly coming: readonly number[];
}

/** Looks ahead over the lag, where a share `keep` of all connections outlasts a period, and as many come as end. */
export function lookAhead(belief: LagMemory | undefined, keep: number, connections: number): Ahead {
  const coming = Array<number>(setsBack).fill(0);
  if (!belief) return { kept: 1, coming };
  let kept = 0;
  for (const [place, lag] of counted.entries()) {
    const weight = belief[place]!;
    kept += weight * keep ** lag;
    for (let set = 0; set < lag; set += 1)
      coming[set]! += weight * connections * keep ** set * (1 - keep ** Math.min(1, lag - set));
  }
  return { kept, coming };
}
