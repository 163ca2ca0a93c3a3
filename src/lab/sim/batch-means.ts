/** Sum and number of the values of a part of the run. */
export interface Batch {
  readonly sum: number;
  readonly count: number;
}

/** Batches of one seed are merged until this many are left. */
const leastBatches = 4;

export function standardError(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1) / values.length);
}

function merge(batches: readonly Batch[]): Batch {
  const sum = batches.reduce((total, batch) => total + batch.sum, 0);
  return { sum, count: batches.reduce((total, { count }) => total + count, 0) };
}

/** The mean of all values. */
export function meanOf(batches: readonly Batch[]): number {
  const { sum, count } = merge(batches);
  return sum / count;
}

const mergePairs = (batches: readonly Batch[]): Batch[] =>
  batches.flatMap((batch, index) => (index % 2 === 0 ? [merge([batch, batches[index + 1]!])] : []));

/**
 * Standard error of the mean, from as many batches of each seed, a power of two. Where values depend on those before for
 * long, short batches hide how uncertain the mean is: the largest error of all lengths of batches, and of whole seeds,
 * counts.
 */
export function cautiousError(perSeed: readonly (readonly Batch[])[]): number {
  let error = standardError(perSeed.map(meanOf));
  for (let level = perSeed; level[0]!.length >= leastBatches; level = level.map(mergePairs)) {
    const filled = level.flat().filter(({ count }) => count > 0);
    error = Math.max(error, standardError(filled.map((batch) => meanOf([batch]))));
  }
  return error;
}
