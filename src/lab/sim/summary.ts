import { cautiousError, meanOf } from "./batch-means.ts";
import { Histogram } from "./histogram.ts";
import type { Recorder } from "./recorder.ts";

/** Response times, in mean service times of one request. */
export interface Summary {
  readonly mean: number;
  /** Standard error of the mean. */
  readonly se: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

/** The response times of all seeds together. */
export function summarize(recorders: readonly Recorder[]): Summary {
  const histogram = new Histogram();
  for (const recorder of recorders) histogram.addAll(recorder.histogram);
  const perSeed = recorders.map(({ batches }) => batches);
  return {
    mean: meanOf(perSeed.flat()),
    se: cautiousError(perSeed),
    p50: histogram.quantile(0.5),
    p99: histogram.quantile(0.99),
    p999: histogram.quantile(0.999),
  };
}
