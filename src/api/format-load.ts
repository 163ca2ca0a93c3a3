/** Averages over the pods, and the limits that they are held within. */
export interface LoadFigures {
  /** Percent. */
  readonly averageLoad?: number | undefined;
  /** Percent. */
  readonly limit?: number | undefined;
  readonly averageConnections?: number | undefined;
  readonly connectionsPerPod?: number | undefined;
}

/** What replicas are decided by, as people read it: `48%/50%`, `31/40 conn` or both; undefined where nothing is known. */
export function formatLoad(figures: LoadFigures): string | undefined {
  const { averageLoad, limit, averageConnections, connectionsPerPod } = figures;
  const parts: string[] = [];
  if (averageLoad !== undefined) parts.push(limit === undefined ? `${averageLoad}%` : `${averageLoad}%/${limit}%`);
  if (averageConnections !== undefined && connectionsPerPod !== undefined)
    parts.push(`${averageConnections}/${connectionsPerPod} conn`);
  return parts.length > 0 ? parts.join(", ") : undefined;
}

const passes = (figure: number | undefined, limit: number | undefined): boolean | undefined =>
  figure === undefined || limit === undefined ? undefined : figure > limit;

/** Whether an average is above its limit; undefined where none has one. */
export function isOverLimit({ averageLoad, limit, averageConnections, connectionsPerPod }: LoadFigures) {
  const over = [passes(averageLoad, limit), passes(averageConnections, connectionsPerPod)];
  return over.every((one) => one === undefined) ? undefined : over.includes(true);
}
