import { aborted, type BackoffRange, backoffMs } from "../kube/backoff.ts";

/** A timer of Node that is to wait for longer fires at once. */
const longestTimerMs = 2 ** 31 - 1;

/** What became of the work on a key, done once. */
export interface Handled {
  readonly key: string;
  readonly outcome: "done" | "failed";
  /** From due to begun. */
  readonly waitedMs: number;
  readonly tookMs: number;
  readonly error?: unknown;
}

export interface QueueOptions {
  /** Does the work of a key; brings the time after which to look again, if any. Throws to be repeated with backoff. */
  readonly handle: (key: string, signal: AbortSignal) => Promise<number | undefined>;
  /** Keys at work at once. */
  readonly workers: number;
  /** Rest after work during which the key was asked for again: what comes in quick succession is done together. */
  readonly restMs: number;
  readonly backoff: BackoffRange;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly random: () => number;
  readonly onHandled?: (handled: Handled) => void;
}

interface Entry {
  dueAt: number;
  timer: NodeJS.Timeout | undefined;
  state: "waiting" | "ready" | "running";
  /** Asked for while running: when it is due next. */
  again: number | undefined;
  failures: number;
  /** Until then it rests. */
  notBefore: number;
}

/**
 * A queue of keys, never of work: asking twice is asking once, the earlier time counts, and a key is worked on once at a
 * time. Asked for meanwhile, it is worked on again. Only the queue repeats what failed.
 */
export class Queue {
  readonly #options: QueueOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #ready: string[] = [];
  readonly #running = new Set<Promise<void>>();
  #signal: AbortSignal | undefined;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** Keys that are due or at work. */
  get depth(): number {
    return this.#ready.length + this.#running.size;
  }

  /** Asks for work on the key within the time. A key that failed waits out its backoff. */
  add(key: string, withinMs = 0): void {
    if (this.#signal?.aborted) return;
    const dueAt = this.#options.now() + withinMs;
    const entry = this.#entries.get(key);
    if (!entry) {
      this.#schedule(key, { dueAt, timer: undefined, state: "waiting", again: undefined, failures: 0, notBefore: 0 });
    } else if (entry.state === "running") {
      entry.again = Math.min(entry.again ?? dueAt, dueAt);
    } else if (entry.state === "waiting" && entry.failures === 0) {
      const rested = Math.max(dueAt, entry.notBefore);
      if (rested >= entry.dueAt) return;
      clearTimeout(entry.timer);
      this.#schedule(key, { ...entry, dueAt: rested });
    }
  }

  /** Works until the signal aborts; resolves when all that was begun has ended. */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    this.#pump();
    await aborted(signal);
    for (const { timer } of this.#entries.values()) clearTimeout(timer);
    await Promise.all(this.#running);
  }

  #schedule(key: string, entry: Entry): void {
    this.#entries.set(key, entry);
    const delay = entry.dueAt - this.#options.now();
    if (delay <= 0) {
      this.#makeReady(key, entry);
    } else {
      entry.state = "waiting";
      entry.timer =
        delay > longestTimerMs
          ? setTimeout(() => this.#schedule(key, entry), longestTimerMs)
          : setTimeout(() => this.#makeReady(key, entry), delay);
    }
  }

  #makeReady(key: string, entry: Entry): void {
    entry.state = "ready";
    entry.timer = undefined;
    this.#ready.push(key);
    this.#pump();
  }

  #pump(): void {
    while (this.#signal && !this.#signal.aborted && this.#running.size < this.#options.workers) {
      const key = this.#ready.shift();
      if (key === undefined) return;
      const work = this.#work(key, this.#entries.get(key)!, this.#signal);
      this.#running.add(work);
      void work.finally(() => {
        this.#running.delete(work);
        this.#pump();
      });
    }
  }

  async #work(key: string, entry: Entry, signal: AbortSignal): Promise<void> {
    const { now, handle, onHandled, backoff, random } = this.#options;
    entry.state = "running";
    const begunAt = now();
    const waitedMs = Math.max(0, begunAt - entry.dueAt);
    let next: number | undefined;
    try {
      const lookAgainInMs = await handle(key, signal);
      entry.failures = 0;
      if (lookAgainInMs !== undefined) next = now() + lookAgainInMs;
      onHandled?.({ key, outcome: "done", waitedMs, tookMs: now() - begunAt });
    } catch (error) {
      entry.failures += 1;
      next = now() + backoffMs(backoff, entry.failures, random);
      // Until the backoff is over, events must not bring back what just failed.
      if (entry.again !== undefined) entry.again = Math.max(entry.again, next);
      if (!signal.aborted) onHandled?.({ key, outcome: "failed", waitedMs, tookMs: now() - begunAt, error });
    }
    this.#settle(key, entry, next, signal);
  }

  #settle(key: string, entry: Entry, next: number | undefined, signal: AbortSignal): void {
    const due = [entry.again, next].filter((time) => time !== undefined);
    this.#entries.delete(key);
    if (due.length === 0 || signal.aborted) return;
    const notBefore = entry.again === undefined ? 0 : this.#options.now() + this.#options.restMs;
    const dueAt = Math.max(notBefore, Math.min(...due));
    this.#schedule(key, { ...entry, dueAt, notBefore, again: undefined, state: "waiting" });
  }
}
