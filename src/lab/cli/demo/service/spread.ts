import { type Imbalance, imbalanceOf } from "../../../sim/connections/imbalance.ts";

/** How evenly connections are spread over pods, and how many a pod has in the mean. */
export interface PodsSpread extends Imbalance {
  readonly mean: number;
}

/** Undefined where there is no connection. */
export function spreadOver(connections: readonly number[]): PodsSpread | undefined {
  const mean = meanOf(connections);
  if (!(mean > 0)) return undefined;
  const equal = new Float64Array(connections.length).fill(1);
  return { mean, ...imbalanceOf(connections, equal, connections.length) };
}

/** The average of spreads over time; undefined without any. */
export function averageSpread(spreads: readonly PodsSpread[]): PodsSpread | undefined {
  if (spreads.length === 0) return undefined;
  return {
    mean: meanOf(spreads.map(({ mean }) => mean)),
    sdOverMean: meanOf(spreads.map(({ sdOverMean }) => sdOverMean)),
    maxOverMean: meanOf(spreads.map(({ maxOverMean }) => maxOverMean)),
  };
}

const meanOf = (figures: readonly number[]): number =>
  figures.reduce((total, figure) => total + figure, 0) / figures.length;
