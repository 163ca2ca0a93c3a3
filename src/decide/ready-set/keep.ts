/** What is kept of a period: connections at its end beside those at its begin. Plain data. */
export interface KeepMemory {
  /** Sums over pods of x·y and x², of which a twentieth fades each period. */
  readonly xy: number;
  readonly xx: number;
}

export interface PodPeriod {
  /** Open connections at the begin and at the end. */
  readonly before: number;
  readonly now: number;
  /** Of the new connections of all, what it got. */
  readonly share: number;
}

const fading = 0.95;

/**
 * Takes in a period. A pod outside the set loses only, one inside gains a share besides: with that share subtracted on both
 * sides, what is left of the connections is the slope of a regression through the origin, for any number of new ones.
 */
export function learnKeep(memory: KeepMemory | undefined, pods: readonly PodPeriod[]): KeepMemory | undefined {
  let [sumBefore, sumNow, shares] = [0, 0, 0];
  for (const { before, now, share } of pods) {
    sumBefore += before;
    sumNow += now;
    shares += share;
  }
  if (shares === 0) return memory;
  let [xy, xx] = [fading * (memory?.xy ?? 0), fading * (memory?.xx ?? 0)];
  for (const { before, now, share } of pods) {
    const x = before - sumBefore * share;
    const y = now - sumNow * share;
    xy += x * y;
    xx += x * x;
  }
  return { xy, xx };
}

/** The share of connections that outlasts a period, 0 to 1: near 0 as long as little is known. */
export function keepOf({ xy, xx }: KeepMemory, connections: number): number {
  const weight = xx + connections;
  return weight > 0 ? Math.min(1, Math.max(0, xy / weight)) : 0;
}
