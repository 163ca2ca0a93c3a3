/** Runs `sync` soon after a key is added, once however often it was; what fails is tried again a little later. */
export class WorkQueue {
  readonly #sync: (key: string) => void;
  readonly #onError: (error: unknown) => void;
  readonly #retryMs: number;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #pending = new Set<string>();
  #scheduled: NodeJS.Immediate | undefined;
  #isClosed = false;

  constructor(sync: (key: string) => void, onError: (error: unknown) => void, retryMs = 500) {
    this.#sync = sync;
    this.#onError = onError;
    this.#retryMs = retryMs;
  }

  add(key: string): void {
    if (this.#isClosed) return;
    this.#pending.add(key);
    this.#scheduled ??= setImmediate(() => this.#run());
  }

  /** Adds the key after a while; a later call replaces an earlier one. */
  addAfter(key: string, ms: number): void {
    if (this.#isClosed) return;
    clearTimeout(this.#timers.get(key));
    const add = () => {
      this.#timers.delete(key);
      this.add(key);
    };
    this.#timers.set(key, setTimeout(add, ms));
  }

  close(): void {
    this.#isClosed = true;
    clearImmediate(this.#scheduled);
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#pending.clear();
  }

  #run(): void {
    this.#scheduled = undefined;
    const keys = this.#pending;
    this.#pending = new Set();
    for (const key of keys) {
      try {
        this.#sync(key);
      } catch (error) {
        this.#onError(error);
        this.addAfter(key, this.#retryMs);
      }
    }
  }
}
