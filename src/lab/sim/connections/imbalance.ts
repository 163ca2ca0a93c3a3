/** How evenly connections lie on pods, each by its capacity: 0 and 1 where they lie evenly. */
export interface Imbalance {
  readonly sdOverMean: number;
  readonly maxOverMean: number;
}

/** The spread over the first `pods` of the pods; NaN while there is no connection. */
export function imbalanceOf(counts: ArrayLike<number>, capacities: Float64Array, pods: number): Imbalance {
  let open = 0;
  let capacity = 0;
  for (let pod = 0; pod < pods; pod += 1) {
    open += counts[pod]!;
    capacity += capacities[pod]!;
  }
  const mean = open / capacity;
  let squares = 0;
  let most = 0;
  for (let pod = 0; pod < pods; pod += 1) {
    const load = counts[pod]! / capacities[pod]!;
    squares += capacities[pod]! * (load - mean) ** 2;
    if (load > most) most = load;
  }
  return { sdOverMean: Math.sqrt(squares / capacity) / mean, maxOverMean: most / mean };
}
