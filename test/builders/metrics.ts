import { givenMetrics, type Metrics, metricsOf } from "../../src/api/metrics.ts";
import type { Source, SourceType } from "../../src/api/sources/sources.ts";

/** Metrics of a pool whose user writes these. */
export const metricsFrom = (given: unknown): Metrics => metricsOf(givenMetrics.parse(given));

/** What they say of their source, which is of this type. */
export function specIn<T extends SourceType>(metrics: Metrics | undefined, type: T): Source<T>["spec"] {
  const source = metrics?.source;
  if (source?.type !== type) throw new Error(`the source is ${source?.type}, not ${type}`);
  return (source as Source<T>).spec;
}
