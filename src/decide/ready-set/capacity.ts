import { median } from "../basics/median.ts";

/** Sums of connections and of the load, in percent, that they were, of which a twentieth fades each time. */
export interface CapacityTally {
  readonly connections: number;
  readonly load: number;
}

const fading = 0.95;

/** A pod so many times larger or smaller than the others is a wrong reading. */
const furthest = 10;

export const tally = (before: CapacityTally | undefined, connections: number, load: number): CapacityTally => ({
  connections: fading * (before?.connections ?? 0) + connections,
  load: fading * (before?.load ?? 0) + load,
});

/** Connections per percent of load; undefined before there was any. */
export const tallied = ({ connections, load }: CapacityTally): number | undefined =>
  connections > 0 && load > 0 ? connections / load : undefined;

/**
 * Capacities of mean 1 from figures in any scale. A pod of which nothing is known is taken for the middle one, and one
 * that is far from it for a wrong reading.
 */
export function toCapacities(figures: readonly (number | undefined)[]): number[] {
  const known = figures.filter((figure) => figure !== undefined);
  const middle = known.length === 0 ? 1 : median(known);
  const sane = figures.map((figure) =>
    figure === undefined ? middle : Math.min(furthest * middle, Math.max(middle / furthest, figure)),
  );
  const mean = sane.reduce((total, one) => total + one, 0) / (sane.length || 1);
  return sane.map((figure) => figure / mean);
}
