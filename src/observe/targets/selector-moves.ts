/** What is known of a target's selector. */
interface Selection {
  /** UID of the target. */
  readonly target: string;
  readonly selector: string;
  /** It may move though the spec of the target stays as it is. */
  readonly mayMove: boolean;
  /** When the question began that it is the answer to, monotonic milliseconds. */
  readonly askedAt: number;
}

interface Known {
  readonly target: string;
  /** The selector when it last matched a ready pod; absent: that was before this operator began. */
  readonly selector?: string;
  /** Since when it matches none. */
  readonly emptySince?: number;
}

/** Whether what is published stays beside what the selector matches, and how long to wait before anything is published. */
export interface Keeping {
  readonly keeps: boolean;
  readonly waitMs?: number;
}

/** An answer of the API server is worth so much waiting: a list that is empty for a moment breaks whoever comes then. */
const patienceMs = 300;

/**
 * Whether a pool keeps the pods that it has published, beside those that its selector matches. It does while none of these
 * is ready, if the selector has moved, for then the others have not taken over yet; and until it is known whether it has
 * moved, for news of pods may come before that of their workload. A pod whose labels were changed, so that it should get
 * no traffic, is not kept: there the selector stays as it was.
 */
export class SelectorMoves {
  readonly #known = new Map<string, Known>();
  readonly #now: () => number;

  /** `now` is monotonic, in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * `hasReady`: whether the selector matches a ready pod; `wasPublished`: whether what is published is of this target, as
   * far as a pool can tell that nobody has looked at before; `hurry` has the selector read at once.
   */
  judge(
    pool: string,
    { target, selector, mayMove, askedAt }: Selection,
    hasReady: boolean,
    { wasPublished, hurry }: { readonly wasPublished: boolean; readonly hurry: () => void },
  ): Keeping {
    if (hasReady) {
      this.#known.set(pool, { target, selector });
      return { keeps: false };
    }
    const known = this.#known.get(pool) ?? (wasPublished && mayMove ? { target } : undefined);
    if (known?.target !== target) {
      this.#known.delete(pool);
      return { keeps: false };
    }
    this.#known.set(pool, known);
    if (known.selector !== selector) return { keeps: true };
    if (!mayMove) return { keeps: false };
    const now = this.#now();
    const { emptySince = now } = known;
    if (known.emptySince === undefined) {
      this.#known.set(pool, { ...known, emptySince });
      hurry();
    }
    if (askedAt >= emptySince) return { keeps: false };
    const waitMs = emptySince + patienceMs - now;
    return { keeps: true, ...(waitMs > 0 && { waitMs }) };
  }

  forget(pool: string): void {
    this.#known.delete(pool);
  }
}
