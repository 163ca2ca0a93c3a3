import { largestOf, sum } from "../../basics/mean.ts";

/** A pod by what it can serve per second and what waits there already. */
export interface Vessel {
  readonly capacity: number;
  readonly queue: number;
}

export interface Filling {
  /** Spare rate of each pod in the coming interval, per second; less than 0 where more waits than can be served. */
  readonly spare: readonly number[];
  /** Height of the water, in requests per second and root of capacity. */
  readonly level: number;
  /** What was poured, per second. */
  readonly poured: number;
  /** What each pod gets of it, per second. */
  readonly rates: readonly number[];
  /** The same in shares of the mean, and none too small. */
  readonly parts: readonly number[];
  /** Of mean 1. */
  readonly weights: readonly number[];
}

/** Nobody is starved entirely: a pod without traffic has no numbers. In shares of the mean. */
export const leastPart = 0.001;

/**
 * Square-root water filling: each pod gets `max(0, spare + level * sqrt(capacity))`, with the level at which all get
 * `lambda` requests per second together, or as many as they can serve. Rates of the least `-spare / sqrt(capacity)`
 * fill first.
 *
 * It is load interpretation (Dahlin, "Interpreting Stale Load Information", IEEE TPDS 11(10), 2000) with the static
 * optimum, the square-root rule, as its limit in long intervals; in short ones all goes to the least
 * `(queue + 1) / sqrt(capacity)`. Between, it is one step of policy improvement from the static optimum.
 */
export function fill(vessels: readonly Vessel[], lambda: number, intervalS: number): Filling {
  const spare = vessels.map(({ capacity, queue }) => capacity - (queue + 1) / intervalS);
  const widths = vessels.map(({ capacity }) => Math.sqrt(capacity));
  const bottoms = spare.map((rate, index) => -rate / widths[index]!);
  const poured = Math.min(lambda, sum(vessels.map(({ capacity }) => capacity)));
  // Depths count from the lowest bottom, not from 0: where bottoms are far from 0 the difference would be lost.
  const lowest = bottoms.length > 0 ? -largestOf(bottoms.map((bottom) => -bottom)) : 0;
  const depths = bottoms.map((bottom) => bottom - lowest);
  const depth = depthOf(depths, widths, poured);
  const rates = depths.map((bottom, index) => widths[index]! * Math.max(0, depth - bottom));
  return { spare, level: lowest + depth, poured, rates, ...normalise(rates) };
}

/** The depth at which water stands that covers the lowest bottoms, and only those that it covers count. */
function depthOf(depths: readonly number[], widths: readonly number[], poured: number): number {
  const order = Uint32Array.from(depths.keys()).sort((a, b) => depths[a]! - depths[b]!);
  let water = poured;
  let width = 0;
  let depth = 0;
  for (const [place, index] of order.entries()) {
    water += widths[index]! * depths[index]!;
    width += widths[index]!;
    depth = water / width;
    const next = order[place + 1];
    if (next === undefined || depth <= depths[next]!) break;
  }
  return depth;
}

function normalise(rates: readonly number[]): Pick<Filling, "parts" | "weights"> {
  const mean = sum(rates) / rates.length;
  if (mean === 0) return { parts: rates.map(() => 1), weights: rates.map(() => 1) };
  const parts = rates.map((rate) => Math.max(leastPart, rate / mean));
  const total = sum(parts);
  return { parts, weights: parts.map((part) => (part * rates.length) / total) };
}
