/** Into so many a time is divided: each costs a timer, and what is slept through is at most one of them. */
const ticks = 20;

/**
 * Aborts when this process has been awake for so many milliseconds, or when the signal aborts. The pods run in it too, so
 * that what it sleeps through, on a busy machine, is no fault of theirs.
 */
export class Patience implements Disposable {
  readonly #over = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly signal: AbortSignal;

  constructor(ms: number, signal: AbortSignal) {
    let left = ticks;
    // However long a tick was held up, it is one.
    this.#timer = setInterval(() => {
      left -= 1;
      if (left <= 0) this.#over.abort();
    }, ms / ticks);
    this.signal = AbortSignal.any([signal, this.#over.signal]);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
