export const usualPageSize = 500;

/** Told of how many objects are asked for from now on, and of what went wrong with twice as many. */
export type OnHalved = (limit: number, why: unknown) => void;

/** How many objects of a collection are asked for at once: fewer where an answer proved too large, or too slow in coming. */
export class PageSize {
  readonly #most: number;
  readonly #onHalved: OnHalved | undefined;
  #limit: number;

  constructor(most: number, onHalved?: OnHalved) {
    this.#most = most;
    this.#limit = most;
    this.#onHalved = onHalved;
  }

  get limit(): number {
    return this.#limit;
  }

  /** False where it was one object alone. */
  halve(why: unknown): boolean {
    if (this.#limit === 1) return false;
    this.#limit = Math.floor(this.#limit / 2);
    this.#onHalved?.(this.#limit, why);
    return true;
  }

  /** The whole collection came: objects shrink and servers grow quick again, so the next time twice as many are tried. */
  complete(): void {
    this.#limit = Math.min(this.#most, this.#limit * 2);
  }
}
