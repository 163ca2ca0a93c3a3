/** What is left of a figure after this long is a third of it, so that who was slow once is tried again. */
const decayMs = 10_000;
/** Shorter times tell nothing, milliseconds: times 0, requests in flight would not count. */
const leastMs = 0.1;

/**
 * A response time that is smoothed as Finagle's Peak EWMA: it follows a slower response at once, a faster one by and by,
 * and wears off while there is none.
 */
export class ResponseTime {
  #ms: number | undefined;
  #at = 0;
  #isAssumed = true;

  get isMeasured(): boolean {
    return !this.#isAssumed;
  }

  update(measuredMs: number, now: number): void {
    const ms = Math.max(leastMs, measuredMs);
    const before = this.#isAssumed ? undefined : this.#ms;
    const kept = this.#keptAt(now);
    this.#ms = before === undefined || ms > before ? ms : before * kept + ms * (1 - kept);
    this.#at = now;
    this.#isAssumed = false;
  }

  /** Takes a figure in place of a measured one until there is one; asks for it only where there is none. */
  assume(figure: () => number, now: number): void {
    if (this.#ms !== undefined) return;
    this.#ms = figure();
    this.#at = now;
  }

  /** Milliseconds; undefined when it was neither measured nor assumed. */
  estimate(now: number): number | undefined {
    return this.#ms === undefined ? undefined : this.#ms * this.#keptAt(now);
  }

  #keptAt(now: number): number {
    return Math.exp(-Math.max(0, now - this.#at) / decayMs);
  }
}
