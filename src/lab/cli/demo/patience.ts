/** Short, so that a patience is many turns of the event loop: a turn accepts one connection at each port, and those that queue there are not late. */
const tickMs = 10;

const waiting = new Set<() => void>();
let ticker: NodeJS.Timeout | undefined;

function tick(): void {
  for (const onTick of [...waiting]) onTick();
}

/**
 * Aborts when this process has been awake for so many milliseconds, or when the signal aborts. The pods run in it too, so
 * that what it sleeps through, on a busy machine, is no fault of theirs.
 */
export class Patience implements Disposable {
  readonly #onTick: () => void;
  readonly signal: AbortSignal;

  constructor(ms: number, signal: AbortSignal) {
    const over = new AbortController();
    let left = Math.ceil(ms / tickMs);
    // However long a tick was held up, it is one.
    this.#onTick = () => {
      left -= 1;
      if (left <= 0) over.abort(new DOMException("no answer in time", "TimeoutError"));
    };
    waiting.add(this.#onTick);
    ticker ??= setInterval(tick, tickMs);
    this.signal = AbortSignal.any([signal, over.signal]);
  }

  [Symbol.dispose](): void {
    waiting.delete(this.#onTick);
    if (waiting.size > 0) return;
    clearInterval(ticker);
    ticker = undefined;
  }
}
