interface Told {
  readonly at: number;
  readonly heardAt: number;
}

/**
 * Times by a clock that may be ahead of ours: one that is still to come counts as when it was first heard, for what is
 * told again with the same time is nothing new.
 */
export class ToldTimes {
  /** By pod UID. */
  readonly #ahead = new Map<string, Told>();

  /** When that was, Unix milliseconds, and not after `now`. */
  settle(uid: string, at: number, now: number): number {
    const known = this.#ahead.get(uid);
    if (known?.at === at) return Math.min(known.heardAt, now);
    if (at <= now) this.#ahead.delete(uid);
    else this.#ahead.set(uid, { at, heardAt: now });
    return Math.min(at, now);
  }

  /** Forgets all pods but these. */
  keep(uids: ReadonlySet<string>): void {
    for (const uid of this.#ahead.keys()) if (!uids.has(uid)) this.#ahead.delete(uid);
  }
}
