/** Connections that came in each of the last periods, the last one first. */
export type ArrivalsMemory = readonly number[];

/** Periods that are remembered. */
const most = 100;
/** A crowd is no habit: the periods in which most came, as a crowd may fall into two, do not count. */
const outstanding = 2;
/** Fewer periods say little. */
const least = 10;

export const learnArrivals = (memory: ArrivalsMemory = [], arrivals: number): ArrivalsMemory =>
  [arrivals, ...memory].slice(0, most);

/**
 * How many more come in the period of a new connection than in a period: where they come in bunches most of them are in
 * company. It is their variance over their mean, less what chance makes of connections that come one by one, and of the
 * share `keep` that outlasts a period.
 */
export function companyOf(memory: ArrivalsMemory = [], keep: number): number {
  if (memory.length < least) return 0;
  const usual = memory.toSorted((a, b) => a - b).slice(0, -outstanding);
  const mean = usual.reduce((sum, arrivals) => sum + arrivals, 0) / usual.length;
  if (mean <= 0) return 0;
  const variance = usual.reduce((sum, arrivals) => sum + (arrivals - mean) ** 2, 0) / (usual.length - 1);
  return Math.max(0, variance / mean - 1 - keep);
}
