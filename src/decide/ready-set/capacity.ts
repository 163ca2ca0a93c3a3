import { median } from "../basics/median.ts";

/** What a pod carried and how loaded it was, in sums of which a twentieth fades each time. */
export interface CapacityTally {
  readonly connections: number;
  /** Percent. */
  readonly load: number;
  /** As last taken in. */
  readonly last: { readonly connections: number; readonly load: number };
  /** Squares of the relative changes of connections from one time to the next, and their products with those of the load. */
  readonly moved: number;
  readonly followed: number;
}

const fading = 0.95;

/** A pod so many times larger or smaller than the others is a wrong reading. */
const furthest = 10;

/** A load is taken to follow connections until they have moved by as much as this, squared, in all pods together. */
const benefitOfDoubt = 0.02;

const changeOf = (before: number, now: number): number => (now - before) / ((now + before) / 2 || 1);

export function tally(before: CapacityTally | undefined, connections: number, load: number): CapacityTally {
  const x = before ? changeOf(before.last.connections, connections) : 0;
  const y = before ? changeOf(before.last.load, load) : 0;
  return {
    connections: fading * (before?.connections ?? 0) + connections,
    load: fading * (before?.load ?? 0) + load,
    last: { connections, load },
    moved: fading * (before?.moved ?? 0) + x * x,
    followed: fading * (before?.followed ?? 0) + x * y,
  };
}

/**
 * By how many percent a load changes where connections change by one: 1 where it comes from them, 0 where it has nothing to
 * do with them, so that connections per load would call a pod large because it is full.
 */
export function elasticityOf(tallies: Iterable<CapacityTally>): number {
  let [moved, followed] = [benefitOfDoubt, benefitOfDoubt];
  for (const tallied of tallies) {
    moved += tallied.moved;
    followed += tallied.followed;
  }
  return Math.min(1, Math.max(0, followed / moved));
}

/** Connections per percent of load; undefined before there was any. */
export const tallied = ({ connections, load }: CapacityTally): number | undefined =>
  connections > 0 && load > 0 ? connections / load : undefined;

/**
 * Capacities of mean 1 from figures in any scale, pulled to the middle one as far as `trust`, 0 to 1, is below 1. A pod of
 * which nothing is known is taken for the middle one, and one that is far from it for a wrong reading.
 */
export function toCapacities(figures: readonly (number | undefined)[], trust = 1): number[] {
  const known = figures.filter((figure) => figure !== undefined);
  const middle = known.length === 0 ? 1 : median(known);
  const sane = figures.map((figure) => {
    const times = figure === undefined ? 1 : Math.min(furthest, Math.max(1 / furthest, figure / middle));
    return times ** trust;
  });
  const mean = sane.reduce((total, one) => total + one, 0) / (sane.length || 1);
  return sane.map((figure) => figure / mean);
}
