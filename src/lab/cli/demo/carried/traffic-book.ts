/** Shares are those of the last so many seconds. */
export const windowSeconds = 10;

interface Second {
  readonly answers: Map<string, number>;
  /** Percent of all weights, by pod. */
  weights: ReadonlyMap<string, number>;
}

/** Which pods answered, since the beginning and lately, and what they weighed then. */
export class TrafficBook {
  readonly total = new Map<string, number>();
  answered = 0;
  failed = 0;
  /** The newest last; the one that runs is in it. */
  readonly #seconds: Second[] = [];

  constructor() {
    this.tick(new Map());
  }

  add(pod: string): void {
    this.answered += 1;
    for (const counts of [this.total, this.#seconds.at(-1)!.answers]) counts.set(pod, (counts.get(pod) ?? 0) + 1);
  }

  /** Once a second, with the weights from now on. */
  tick(weights: ReadonlyMap<string, number>): void {
    this.#seconds.push({ answers: new Map(), weights });
    if (this.#seconds.length > windowSeconds) this.#seconds.shift();
  }

  /** Percent of the requests that were answered lately; 0 where none was. */
  trafficOf(pod: string): number {
    let [own, all] = [0, 0];
    for (const { answers } of this.#seconds) {
      own += answers.get(pod) ?? 0;
      for (const count of answers.values()) all += count;
    }
    return all === 0 ? 0 : (100 * own) / all;
  }

  /** Percent of all weights in the mean of the same time. */
  weightOf(pod: string): number {
    const known = this.#seconds.filter(({ weights }) => weights.size > 0);
    return known.reduce((sum, { weights }) => sum + (weights.get(pod) ?? 0), 0) / Math.max(1, known.length);
  }
}
