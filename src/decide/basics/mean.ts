export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The mean; of nothing it is 0. */
export const meanOf = (values: readonly number[]): number => (values.length === 0 ? 0 : sum(values) / values.length);

/** The largest; of nothing it is minus infinity. Of any number of values, as `Math.max` is not. */
export const largestOf = (values: readonly number[]): number =>
  values.reduce((largest, value) => Math.max(largest, value), Number.NEGATIVE_INFINITY);
