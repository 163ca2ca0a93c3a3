/** An endpoint that failed: out for a while, then tried by one request at a time until one is answered. */
export class Outage {
  #since: number | undefined;
  #tried = false;

  get isOut(): boolean {
    return this.#since !== undefined;
  }

  /** When it failed, or was tried last. */
  get since(): number {
    return this.#since ?? Number.NEGATIVE_INFINITY;
  }

  fail(now: number): void {
    this.#since = now;
    this.#tried = false;
  }

  /** Whether it takes a request, be it as a trial. */
  takes(now: number, recheckMs: number): boolean {
    return this.#since === undefined || now - this.#since >= recheckMs;
  }

  /** A request begins: of one that is out, a trial, which holds off others. */
  begin(now: number): void {
    if (this.#since === undefined) return;
    this.#since = now;
    this.#tried = true;
  }

  /** A request ended: a trial that nobody told to have failed was answered. */
  end(): void {
    if (this.#tried) this.#since = undefined;
    this.#tried = false;
  }
}
