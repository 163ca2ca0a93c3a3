import type { Column } from "../basics/by-pod.ts";

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

/** A set is kept unless another is better by one connection: below that the gain is less than the noise of chance. */
export const deadBand = 1;

/** Sums in another order differ in the last digits: sets as near as that are equally good. */
const rounding = 1e-9;

/** The pods as lines: what a new connection costs at a pod is `held + a * slope`, where each member gets `a` of them. */
class Lines {
  readonly held: number[];
  readonly slope: Float64Array;
  readonly order: Int32Array;
  readonly #pods: readonly Contender[];
  readonly #costs: Float64Array;

  constructor(pods: readonly Contender[], keep: number) {
    this.#pods = pods;
    const known = pods.filter(({ connections }) => connections !== undefined);
    const level = sumOf(known, ({ connections }) => connections!) / (sumOf(known, ({ capacity }) => capacity) || 1);
    this.held = pods.map(({ connections, capacity }) =>
      connections === undefined ? 2 * keep * level : (2 * keep * connections) / capacity,
    );
    this.slope = Float64Array.from(pods, ({ capacity }) => 1 / capacity);
    this.#costs = new Float64Array(pods.length);
    this.order = Int32Array.from(pods.keys()).sort((a, b) => this.#byLot(a, b));
  }

  #byLot(a: number, b: number): number {
    const [first, second] = [this.#pods[a]!, this.#pods[b]!];
    return first.lot - second.lot || (first.uid < second.uid ? -1 : 1);
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

  /** Of the first ones in order. */
  meanOfFirst(size: number, each: number): number {
    let total = 0;
    for (let at = 0; at < size; at += 1) total += this.costOf(this.order[at]!, each);
    return total / size;
  }

  mean(isIn: readonly boolean[], arrivals: number): number {
    let size = 0;
    for (const is of isIn) if (is) size += 1;
    if (size === 0) return Number.POSITIVE_INFINITY;
    const each = arrivals / size;
    let total = 0;
    for (let place = 0; place < isIn.length; place += 1) if (isIn[place]) total += this.costOf(place, each);
    return total / size;
  }
}

const sumOf = <T>(items: readonly T[], figureOf: (item: T) => number): number =>
  items.reduce((total, item) => total + figureOf(item), 0);

/** Whether each group has a pod that is in. */
function areCovered(pods: readonly Contender[], isIn: readonly boolean[]): boolean {
  const open = new Set(pods.flatMap(({ groups = [] }) => groups));
  pods.forEach(({ groups = [] }, place) => {
    if (isIn[place]) for (const group of groups) open.delete(group);
  });
  return open.size === 0;
}

/** Members of a set of a size: those that must be in, then the cheapest. Undefined where more must be in. */
function fill(pods: readonly Contender[], order: Int32Array, size: number): boolean[] | undefined {
  const isIn = pods.map(({ connections, isIn: is }) => connections === undefined && is);
  const covered = new Set(pods.flatMap(({ groups = [] }, place) => (isIn[place] ? groups : [])));
  for (const place of order) {
    const { groups } = pods[place]!;
    if (!groups || isIn[place] || groups.every((group) => covered.has(group))) continue;
    isIn[place] = true;
    for (const group of groups) covered.add(group);
  }
  let left = size - isIn.filter(Boolean).length;
  if (left < 0) return undefined;
  for (const place of order) {
    if (left === 0) break;
    if (isIn[place] || pods[place]!.connections === undefined) continue;
    isIn[place] = true;
    left -= 1;
  }
  // Too few are measured: the floor is worth more than the places of those that are not.
  for (const place of order) {
    if (left === 0) break;
    if (isIn[place]) continue;
    isIn[place] = true;
    left -= 1;
  }
  return isIn;
}

/**
 * Among sets that are as good but for the dead band, one that touches few slices: slice by slice, those whose changes
 * gain least stay as they are.
 */
function spareSlices(
  pods: readonly Contender[],
  best: readonly boolean[],
  isAllowed: (isIn: readonly boolean[]) => boolean,
): boolean[] {
  const bySlice = new Map<string, number[]>();
  pods.forEach(({ slice = "", isIn }, place) => {
    if (isIn === best[place]) return;
    const places = bySlice.get(slice);
    if (places) places.push(place);
    else bySlice.set(slice, [place]);
  });
  let spared = [...best];
  if (bySlice.size < 2) return spared;
  const fewestFirst = [...bySlice].sort(([a, few], [b, more]) => few.length - more.length || (a < b ? -1 : 1));
  for (const [, places] of fewestFirst) {
    const tried = [...spared];
    for (const place of places) tried[place] = pods[place]!.isIn;
    if (isAllowed(tried)) spared = tried;
  }
  return spared;
}

/**
 * The set of pods that, published, makes the expected sum of (connections)² / capacity least at the end of the period,
 * given that each member gets an even share of the new connections; never fewer than `floor`, the largest of equally good
 * ones. The set in force is kept while that is better by less than the dead band; everybody needs no gain. Any order of
 * the pods gives the same set.
 */
export function chooseSet(pods: readonly Contender[], { keep, arrivals }: Expected, floor: number): ChosenSet {
  const count = pods.length;
  const lines = new Lines(pods, keep);
  const least = Math.min(count, Math.max(1, floor));
  const isFree = pods.every(({ connections, groups }) => connections !== undefined && !groups);
  let best: boolean[] = pods.map(() => true);
  let cost = lines.mean(best, arrivals);
  const costOfAll = cost;
  let bestSize = count;
  lines.sortAnew(arrivals / count);
  // From the largest down, so that of equally good ones the largest stays.
  for (let size = count - 1; size >= least; size -= 1) {
    const each = arrivals / size;
    lines.sort(each);
    const isIn = isFree ? undefined : fill(pods, lines.order, size);
    if (!isFree && !isIn) break;
    const mean = isIn ? lines.mean(isIn, arrivals) : lines.meanOfFirst(size, each);
    if (mean >= cost - rounding * cost) continue;
    cost = mean;
    bestSize = size;
    if (isIn) best = isIn;
  }
  if (isFree && bestSize < count) {
    lines.sort(arrivals / bestSize);
    best = fill(pods, lines.order, bestSize)!;
  }
  const inForce = pods.map(({ isIn }) => isIn);
  const costInForce = lines.mean(inForce, arrivals);
  const sizeOf = (isIn: readonly boolean[]) => isIn.filter(Boolean).length;
  const isSound = (isIn: readonly boolean[]) => sizeOf(isIn) >= least && areCovered(pods, isIn);
  const given = { cost, costInForce, costOfAll, best, held: lines.held, isSound: isSound(inForce) };
  if (sizeOf(best) === count) return { ...given, isIn: best, size: count };
  if (given.isSound && costInForce - cost < deadBand) return { ...given, isIn: inForce, size: sizeOf(inForce) };
  const isIn = spareSlices(pods, best, (tried) => isSound(tried) && lines.mean(tried, arrivals) - cost < deadBand);
  return { ...given, isIn, size: sizeOf(isIn) };
}
