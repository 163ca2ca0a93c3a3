/** Whose write it is, and of what part of the pool. */
export interface Passenger {
  readonly namespace: string;
  readonly pool: string;
  readonly part: string;
  /** Goes before those that are not. */
  readonly urgent: boolean;
}

interface Entry extends Passenger {
  /** What was slow once is expected to be slow again. */
  readonly key: string;
  readonly admit: () => void;
  lasts: boolean;
  begunAt: number;
  timer?: NodeJS.Timeout;
}

export interface GateOptions {
  /** Writes at once that take less than `slowMs`. No namespace has more than two thirds of them. */
  readonly brisk: number;
  /** Writes at once that take longer. */
  readonly slow: number;
  readonly slowMs: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/**
 * Shares the writes that may be under way at once among pools. One that lasts moves out of the way of the others, and
 * what was slow before does not stand before what was not. Whoever has the fewest under way is next: first by namespace,
 * then by pool.
 */
export class Gate {
  readonly #options: GateOptions;
  readonly #waiting = new Set<Entry>();
  readonly #held = new Set<Entry>();
  readonly #slow = new Set<string>();

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** Resolves when the write may begin, with what is to be called when it has ended. */
  async enter(passenger: Passenger): Promise<() => void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const key = keyOf(passenger);
    const entry: Entry = { ...passenger, key, admit: resolve, lasts: this.#slow.has(key), begunAt: 0 };
    this.#waiting.add(entry);
    this.#pump();
    await promise;
    return () => this.#leave(entry);
  }

  /** What was slow of a pool that is gone. */
  forget(namespace: string, pool: string): void {
    const stem = keyOf({ namespace, pool, part: "" });
    for (const key of this.#slow) if (key.startsWith(stem)) this.#slow.delete(key);
  }

  #pump(): void {
    const { brisk, slow } = this.#options;
    const lasting = [...this.#held].filter(({ lasts }) => lasts).length;
    // Beyond their own room, those that last take up that of the others.
    const over = Math.max(0, lasting - slow);
    this.#admit(slow - lasting, true);
    this.#admit(brisk - over - (this.#held.size - lasting), false);
  }

  #admit(room: number, lasts: boolean): void {
    for (let free = room; free > 0; free -= 1) {
      const next = this.#next(lasts);
      if (!next) return;
      this.#waiting.delete(next);
      this.#held.add(next);
      next.begunAt = this.#options.now();
      if (!lasts) next.timer = setTimeout(() => this.#setAside(next), this.#options.slowMs);
      next.admit();
    }
  }

  #next(lasts: boolean): Entry | undefined {
    const { brisk, slow } = this.#options;
    const byNamespace = Map.groupBy(this.#held, ({ namespace }) => namespace);
    const most = Math.ceil(((lasts ? slow : brisk + slow) * 2) / 3);
    let best: { readonly entry: Entry; readonly share: readonly number[] } | undefined;
    for (const entry of this.#waiting) {
      if (entry.lasts !== lasts) continue;
      const own = byNamespace.get(entry.namespace) ?? [];
      const counted = lasts ? own.filter((other) => other.lasts) : own;
      if (counted.length >= most) continue;
      const share = [entry.urgent ? 0 : 1, own.length, own.filter(({ pool }) => pool === entry.pool).length];
      if (!best || compare(share, best.share) < 0) best = { entry, share };
    }
    return best?.entry;
  }

  /** It lasts: its place is free for another. */
  #setAside(entry: Entry): void {
    entry.lasts = true;
    this.#slow.add(entry.key);
    this.#pump();
  }

  #leave(entry: Entry): void {
    clearTimeout(entry.timer);
    this.#held.delete(entry);
    if (this.#options.now() - entry.begunAt < this.#options.slowMs) this.#slow.delete(entry.key);
    else this.#slow.add(entry.key);
    this.#pump();
  }
}

const keyOf = ({ namespace, pool, part }: Omit<Passenger, "urgent">): string => `${namespace}/${pool} ${part}`;

const compare = (a: readonly number[], b: readonly number[]): number =>
  a.map((value, index) => value - b[index]!).find((difference) => difference !== 0) ?? 0;
