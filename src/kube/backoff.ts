/** What delays double from and to, in milliseconds. */
export interface BackoffRange {
  readonly baseMs: number;
  readonly maxMs: number;
}

/** After so many doublings. */
export const doubledMs = ({ baseMs, maxMs }: BackoffRange, doublings: number): number =>
  Math.min(maxMs, baseMs * 2 ** Math.min(doublings, 30));

/** After so many failures in a row, one at least: drawn from the upper half of the step, so that clients drift apart. */
export const backoffMs = (range: BackoffRange, failures: number, random: () => number): number =>
  doubledMs(range, failures - 1) * (0.5 + random() / 2);

export interface BackoffOptions extends BackoffRange {
  readonly random: () => number;
}

/** Counts the failures in a row of one thing. */
export class Backoff {
  readonly #options: BackoffOptions;
  #failures = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  next(): number {
    this.#failures += 1;
    return backoffMs(this.#options, this.#failures, this.#options.random);
  }

  reset(): void {
    this.#failures = 0;
  }
}

/** Resolves when the signal aborts. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

/** Waits, or stops waiting when the signal aborts. Never rejects: the caller looks at the signal. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
