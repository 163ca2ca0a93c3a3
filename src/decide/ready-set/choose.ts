import type { Column } from "../basics/by-pod.ts";
import { countIn, Filler, type Flags } from "./fill.ts";
import { levelOf } from "./share.ts";

/** A pod as the ready set is chosen by. */
export interface Contender {
  readonly uid: string;
  /** Open connections; absent: not measured, so that it stays where it is. */
  readonly connections?: number;
  /** What it can carry beside the others; the mean of all is 1. */
  readonly capacity: number;
  /** It is in the set in force. */
  readonly isIn: boolean;
  /** Decides between equals, the least first. */
  readonly lot: number;
  /** The slice that publishes it. */
  readonly slice?: string;
  /** Of each of these groups, such as the pods of a node, one stays in. */
  readonly groups?: readonly string[];
}

export interface Expected {
  /** Share of today's connections that are still there after a period, 0 to 1. */
  readonly keep: number;
  /** New connections in a period. */
  readonly arrivals: number;
}

/** How good a set is: the cost of a new connection in the mean over its members, in connections. The least is best. */
export interface ChosenSet {
  readonly isIn: readonly boolean[];
  readonly size: number;
  /** Of the best set, and of that in force. */
  readonly cost: number;
  readonly costInForce: number;
  readonly costOfAll: number;
  /** The best set, which is not published where it is hardly better than that in force. */
  readonly best: readonly boolean[];
  /** What a new connection costs at each pod for what it will still have. */
  readonly held: Column;
  /** The set in force keeps to the floor and leaves no group without a pod. */
  readonly isSound: boolean;
}

/** How many pods are in at least: never none of those that may be, and never more than there are. */
const leastOf = (pods: number, floor: number): number => Math.min(pods, Math.max(1, floor));

/** A set is kept unless another is better by one connection: below that the gain is less than the noise of chance. */
export const deadBand = 1;

/** Sums in another order differ in the last digits: sets as near as that are equally good. */
const rounding = 1e-9;

/** The order of pods between which nothing else decides. */
const byLot = (a: Contender, b: Contender): number => a.lot - b.lot || (a.uid < b.uid ? -1 : 1);

/** The pods as lines: what a new connection costs at a pod is `held + a * slope`, where each member gets `a` of them. */
class Lines {
  readonly held: number[];
  readonly slope: Float64Array;
  readonly order: Int32Array;
  readonly #pods: readonly Contender[];
  readonly #costs: Float64Array;

  constructor(pods: readonly Contender[], keep: number) {
    this.#pods = pods;
    const level = levelOf(pods) ?? 0;
    this.held = pods.map(({ connections, capacity }) =>
      connections === undefined ? 2 * keep * level : (2 * keep * connections) / capacity,
    );
    this.slope = Float64Array.from(pods, ({ capacity }) => 1 / capacity);
    this.#costs = new Float64Array(pods.length);
    this.order = Int32Array.from(pods.keys()).sort((a, b) => this.#byLot(a, b));
  }

  #byLot(a: number, b: number): number {
    return byLot(this.#pods[a]!, this.#pods[b]!);
  }

  costOf = (place: number, each: number): number => this.held[place]! + each * this.slope[place]!;

  /** Puts the least cost first. From one size to the next hardly any two change places. */
  sort(each: number): void {
    const { order } = this;
    const costs = this.#costs;
    for (let place = 0; place < costs.length; place += 1) costs[place] = this.costOf(place, each);
    for (let at = 1; at < order.length; at += 1) {
      const place = order[at]!;
      let free = at;
      for (; free > 0 && costs[order[free - 1]!]! > costs[place]!; free -= 1) order[free] = order[free - 1]!;
      order[free] = place;
    }
  }

  /** Puts the least cost first, where nothing is sorted yet. */
  sortAnew(each: number): void {
    this.order.sort((a, b) => this.costOf(a, each) - this.costOf(b, each) || this.#byLot(a, b));
  }

  mean(isIn: Flags, arrivals: number): number {
    const size = countIn(isIn);
    if (size === 0) return Number.POSITIVE_INFINITY;
    const each = arrivals / size;
    let total = 0;
    for (let place = 0; place < isIn.length; place += 1) if (isIn[place]) total += this.costOf(place, each);
    return total / size;
  }
}

/**
 * Among sets that are as good but for the dead band, one that touches few slices: slice by slice, those whose changes
 * gain least stay as they are.
 */
function spareSlices(pods: readonly Contender[], best: Flags, isAllowed: (isIn: Flags) => boolean): Flags {
  const bySlice = new Map<string, number[]>();
  pods.forEach(({ slice = "", isIn }, place) => {
    if (Number(isIn) === best[place]) return;
    const places = bySlice.get(slice);
    if (places) places.push(place);
    else bySlice.set(slice, [place]);
  });
  if (bySlice.size < 2) return best;
  const fewestFirst = [...bySlice].sort(([a, few], [b, more]) => few.length - more.length || (a < b ? -1 : 1));
  let spared = best;
  for (const [, places] of fewestFirst) {
    const tried = Uint8Array.from(spared);
    for (const place of places) tried[place] = Number(pods[place]!.isIn);
    if (isAllowed(tried)) spared = tried;
  }
  return spared;
}

/** The best set of all that keep to the floor, and what it costs. */
function findBest(lines: Lines, filler: Filler, { arrivals, least }: { arrivals: number; least: number }) {
  const count = lines.order.length;
  let isIn: Flags = new Uint8Array(count).fill(1);
  const costOfAll = lines.mean(isIn, arrivals);
  let cost = costOfAll;
  lines.sortAnew(arrivals / count);
  // From the largest down, so that of equally good ones the largest stays.
  for (let size = count - 1; size >= least; size -= 1) {
    lines.sort(arrivals / size);
    const tried = filler.fill(lines.order, size, least);
    if (!tried) break;
    const mean = lines.mean(tried, arrivals);
    if (mean >= cost - rounding * cost) continue;
    cost = mean;
    isIn = tried;
  }
  return { isIn, cost, costOfAll };
}

/**
 * Lets pods in until the floor holds and no group is without one, those with the least to do first. Undefined where
 * nothing is missing.
 */
export function mendSet(pods: readonly Contender[], isIn: readonly boolean[], floor: number): boolean[] | undefined {
  const least = leastOf(pods.length, floor);
  const filler = new Filler(pods);
  const mended = Uint8Array.from(isIn, Number);
  if (countIn(mended) >= least && filler.covers(mended)) return undefined;
  const loadOf = ({ connections = 0, capacity }: Contender) => connections / capacity;
  const order = [...pods.keys()].sort((a, b) => {
    const [first, second] = [pods[a]!, pods[b]!];
    return loadOf(first) - loadOf(second) || byLot(first, second);
  });
  const before = countIn(mended);
  return filler.complete(mended, order, least) > before ? asBooleans(mended) : undefined;
}

const asBooleans = (flags: Flags): boolean[] => Array.from(flags, Boolean);

/**
 * The set of pods that, published, makes the expected sum of (connections)² / capacity least at the end of the period,
 * given that each member gets an even share of the new connections; never fewer than `floor`, the largest of equally good
 * ones. The set in force is kept while that is better by less than the dead band; everybody needs no gain. Any order of
 * the pods gives the same set.
 */
export function chooseSet(pods: readonly Contender[], { keep, arrivals }: Expected, floor: number): ChosenSet {
  const count = pods.length;
  const lines = new Lines(pods, keep);
  const filler = new Filler(pods);
  const least = leastOf(count, floor);
  const { isIn: best, cost, costOfAll } = findBest(lines, filler, { arrivals, least });
  const inForce = Uint8Array.from(pods, ({ isIn }) => Number(isIn));
  const costInForce = lines.mean(inForce, arrivals);
  const isSound = (isIn: Flags) => countIn(isIn) >= least && filler.covers(isIn);
  const isNear = (isIn: Flags) => isSound(isIn) && lines.mean(isIn, arrivals) - cost < deadBand;
  let isIn = best;
  // Everybody needs no gain.
  if (countIn(best) < count) isIn = isNear(inForce) ? inForce : spareSlices(pods, best, isNear);
  return {
    isIn: asBooleans(isIn),
    size: countIn(isIn),
    cost,
    costInForce,
    costOfAll,
    best: asBooleans(best),
    held: lines.held,
    isSound: isSound(inForce),
  };
}
