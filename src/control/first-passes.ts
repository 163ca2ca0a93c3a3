/** Names that a message tells. */
const mostNamed = 5;

export interface FirstPassesOptions {
  /** A pool that takes longer holds readiness up no more: the others are worth serving. */
  readonly patienceMs: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** Which of the pools that were there at the start have not been looked at yet. */
export class FirstPasses {
  readonly #options: FirstPassesOptions;
  #awaited: Set<string> | undefined;
  #begunAt = Number.POSITIVE_INFINITY;

  constructor(options: FirstPassesOptions) {
    this.#options = options;
  }

  begin(keys: Iterable<string>): void {
    this.#awaited = new Set(keys);
    this.#begunAt = this.#options.now();
  }

  isAwaited(key: string): boolean {
    return this.#awaited?.has(key) ?? false;
  }

  /** The pool has a plan, or it is known why it has none. */
  settle(key: string): void {
    this.#awaited?.delete(key);
  }

  /** Whether what is not known by now is either not there or long in coming. Once true, always true. */
  get isOver(): boolean {
    if (!this.#awaited) return false;
    if (this.#options.now() - this.#begunAt >= this.#options.patienceMs) this.#awaited.clear();
    return this.#awaited.size === 0;
  }

  /** Who is awaited; undefined when it is over. */
  describe(): string | undefined {
    if (this.isOver) return undefined;
    const keys = [...(this.#awaited ?? [])];
    const more = keys.length > mostNamed ? ", …" : "";
    return `${keys.length} of the pools not looked at yet: ${keys.slice(0, mostNamed).join(", ")}${more}`;
  }
}
