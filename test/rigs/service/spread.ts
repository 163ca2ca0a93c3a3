/** How unevenly connections lie on pods that are alike. */
export interface Spread {
  /** Standard deviation over mean. */
  readonly sdOverMean: number;
  readonly maxOverMean: number;
}

/** One look at all pods that serve, and at the slices. */
export interface Look {
  /** By `performance.now()`. */
  readonly atMs: number;
  /** Open connections by Service, one for each pod, as the pods themselves count them. */
  readonly counts: Readonly<Record<string, readonly number[]>>;
  /** Endpoints that slices call ready, by Service. */
  readonly ready: Readonly<Record<string, number>>;
  /** Grows by one with each write to a slice of a Service. */
  readonly generations: Readonly<Record<string, number>>;
}

/** Time averages over some looks. */
export interface Summary extends Spread {
  readonly perPod: number;
  readonly ready: number;
  readonly writesPerPeriod: number;
}

/** Undefined where there is no connection to spread. */
export function spreadOf(counts: readonly number[]): Spread | undefined {
  const sum = counts.reduce((total, count) => total + count, 0);
  if (sum === 0) return undefined;
  const mean = sum / counts.length;
  const squares = counts.reduce((total, count) => total + (count - mean) ** 2, 0);
  return { sdOverMean: Math.sqrt(squares / counts.length) / mean, maxOverMean: Math.max(...counts) / mean };
}

export const meanOf = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0) / values.length;

/** Of one Service. Looks are taken at even times, so that their mean is that over time. */
export function summarize(looks: readonly Look[], service: string, periodSeconds: number): Summary {
  const counts = looks.map((look) => look.counts[service] ?? []);
  const spreads = counts.map(spreadOf).filter((spread) => spread !== undefined);
  if (spreads.length === 0) throw new Error(`${service} had no connection while it was looked at`);
  const [first, last] = [looks[0]!, looks.at(-1)!];
  const writes = (last.generations[service] ?? 0) - (first.generations[service] ?? 0);
  return {
    sdOverMean: meanOf(spreads.map(({ sdOverMean }) => sdOverMean)),
    maxOverMean: meanOf(spreads.map(({ maxOverMean }) => maxOverMean)),
    perPod: meanOf(counts.map(meanOf)),
    ready: meanOf(looks.map(({ ready }) => ready[service] ?? 0)),
    writesPerPeriod: (writes * periodSeconds * 1_000) / (last.atMs - first.atMs),
  };
}

/** The mean of some summaries, of Services that are alike. */
export function averageOf(summaries: readonly Summary[]): Summary {
  const mean = (field: keyof Summary) => meanOf(summaries.map((summary) => summary[field]));
  return {
    sdOverMean: mean("sdOverMean"),
    maxOverMean: mean("maxOverMean"),
    perPod: mean("perPod"),
    ready: mean("ready"),
    writesPerPeriod: mean("writesPerPeriod"),
  };
}
