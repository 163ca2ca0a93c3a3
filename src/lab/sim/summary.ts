import { Histogram } from "./histogram.ts";
import type { Batch, Recorder } from "./recorder.ts";

/** Response times, in mean service times of one request. */
export interface Summary {
  readonly mean: number;
  /** Standard error of the mean. */
  readonly se: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

/** Batches of one seed are merged until this many are left. */
const leastBatches = 4;

function standardError(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1) / values.length);
}

function merge(batches: readonly Batch[]): Batch {
  const sum = batches.reduce((total, batch) => total + batch.sum, 0);
  return { sum, count: batches.reduce((total, { count }) => total + count, 0) };
}

const meanOf = ({ sum, count }: Batch): number => sum / count;

const mergePairs = (batches: readonly Batch[]): Batch[] =>
  batches.flatMap((batch, index) => (index % 2 === 0 ? [merge([batch, batches[index + 1]!])] : []));

/**
 * Near saturation a batch depends on the one before, and short batches hide how uncertain the mean is: the largest
 * error of all lengths of batches, and of whole seeds, counts.
 */
function cautiousError(perSeed: readonly (readonly Batch[])[]): number {
  let error = standardError(perSeed.map((batches) => meanOf(merge(batches))));
  for (let level = perSeed; level[0]!.length >= leastBatches; level = level.map(mergePairs)) {
    const means = level.flat().filter(({ count }) => count > 0);
    error = Math.max(error, standardError(means.map(meanOf)));
  }
  return error;
}

/** The response times of all seeds together. */
export function summarize(recorders: readonly Recorder[]): Summary {
  const histogram = new Histogram();
  for (const recorder of recorders) histogram.addAll(recorder.histogram);
  const perSeed = recorders.map(({ batches }) => batches);
  return {
    mean: meanOf(merge(perSeed.flat())),
    se: cautiousError(perSeed),
    p50: histogram.quantile(0.5),
    p99: histogram.quantile(0.99),
    p999: histogram.quantile(0.999),
  };
}
