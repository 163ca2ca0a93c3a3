/** How evenly connections are spread over pods. */
export interface Spread {
  /** Connections per pod. */
  readonly mean: number;
  readonly sdOverMean: number;
  readonly maxOverMean: number;
}

/** Undefined where there is no connection. */
export function spreadOf(connections: readonly number[]): Spread | undefined {
  const mean = meanOf(connections);
  if (!(mean > 0)) return undefined;
  const variance = meanOf(connections.map((count) => (count - mean) ** 2));
  return { mean, sdOverMean: Math.sqrt(variance) / mean, maxOverMean: Math.max(...connections) / mean };
}

/** The average of spreads over time; undefined without any. */
export function averageSpread(spreads: readonly Spread[]): Spread | undefined {
  if (spreads.length === 0) return undefined;
  return {
    mean: meanOf(spreads.map(({ mean }) => mean)),
    sdOverMean: meanOf(spreads.map(({ sdOverMean }) => sdOverMean)),
    maxOverMean: meanOf(spreads.map(({ maxOverMean }) => maxOverMean)),
  };
}

const meanOf = (figures: readonly number[]): number =>
  figures.reduce((total, figure) => total + figure, 0) / figures.length;
