import type { Column } from "../basics/by-pod.ts";
import { sum } from "../basics/mean.ts";
import { median } from "../basics/median.ts";

const isKnown = <V>(value: V | undefined): value is V => value !== undefined;

/** Weights of all pods: those that have none yet get the median. */
export function complete(weights: Column<number | undefined>): Column {
  if (weights.every(isKnown)) return weights;
  const known = weights.filter(isKnown);
  const unknown = known.length > 0 ? median(known) : 1;
  return weights.map((weight) => weight ?? unknown);
}

/** The same weights with mean 1; even ones where there are none. */
export function normalise(weights: Column): Column {
  const total = sum(weights);
  return weights.map((weight) => (total > 0 ? (weight * weights.length) / total : 1));
}
