/** The share at which an endpoint begins. */
const least = 0.1;
/** Shares are told in steps of this, so that turns by weight are not laid anew with every request. */
const step = 0.1;

/** How much of its share an endpoint gets that has just come, or come back: from a tenth of it, in even steps. */
export class SlowStart {
  #since: number | undefined;

  begin(now: number): void {
    this.#since = now;
  }

  /** From a tenth to 1, which it stays at once `ms` are over. */
  share(now: number, ms: number): number {
    if (this.#since === undefined) return 1;
    const part = ms > 0 ? Math.max(0, now - this.#since) / ms : 1;
    if (part >= 1) this.#since = undefined;
    return Math.min(1, least + Math.floor((part * (1 - least)) / step + 1e-9) * step);
  }
}
