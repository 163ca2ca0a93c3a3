/** A pool from when it is made until it is gone: one that is made again under its name is another. */
export interface Incarnation {
  readonly uid: string;
  readonly isOver: boolean;
}

/** How long what was written may take to come back through the watch before it is written again. */
export const settleMs = 5_000;

interface Entry<T> {
  readonly pool: Incarnation;
  readonly value: T;
  readonly at: number;
}

/**
 * What was written and has not been seen yet, which client-go calls expectations: by key, at the longest for a while, and
 * no longer than the pool is there that it is of. Without them a pass that is faster than the watch would write again.
 */
export class Expectations<T> {
  readonly #now: () => number;
  readonly #forMs: number;
  /** The oldest first. */
  readonly #entries = new Map<string, Entry<T>>();

  /** `now` is monotonic, in milliseconds. */
  constructor(now: () => number, forMs = Number.POSITIVE_INFINITY) {
    this.#now = now;
    this.#forMs = forMs;
  }

  set(pool: Incarnation, key: string, value: T): void {
    this.#entries.delete(key);
    for (const other of this.#entries.keys()) {
      if (this.leftMs(other) > 0) break;
      this.#entries.delete(other);
    }
    // What ends after its pool has nobody left to tell.
    if (!pool.isOver) this.#entries.set(key, { pool, value, at: this.#now() });
  }

  get(key: string): T | undefined {
    return this.leftMs(key) > 0 ? this.#entries.get(key)?.value : undefined;
  }

  /** How long ago it was set; infinite where it was not. */
  ageMs(key: string): number {
    return this.#now() - (this.#entries.get(key)?.at ?? Number.NEGATIVE_INFINITY);
  }

  /** How much longer it holds; negative where it does not. */
  leftMs(key: string): number {
    return this.#entries.has(key) ? this.#forMs - this.ageMs(key) : Number.NEGATIVE_INFINITY;
  }

  /** It was seen, or is not to be expected any more. */
  delete(key: string): boolean {
    return this.#entries.delete(key);
  }

  keysOf(uid: string): string[] {
    return [...this.#entries].flatMap(([key, { pool }]) => (pool.uid === uid ? [key] : []));
  }

  forget(pool: Incarnation): void {
    for (const [key, entry] of this.#entries) if (entry.pool === pool) this.#entries.delete(key);
  }
}
