import { ListWatch } from "./list-watch.ts";
import type { ListWatchOptions } from "./list-watch-options.ts";

/** One collection over all namespaces, or over each of some. */
export class WatchSet<T> {
  readonly #watches: readonly ListWatch<T>[];

  constructor(namespaces: readonly string[] | undefined, options: Omit<ListWatchOptions<T>, "namespace">) {
    this.#watches = (namespaces ?? [undefined]).map((namespace) => new ListWatch<T>({ ...options, namespace }));
  }

  get(key: string): T | undefined {
    for (const watch of this.#watches) {
      const item = watch.get(key);
      if (item !== undefined) return item;
    }
    return undefined;
  }

  *values(): IterableIterator<T> {
    for (const watch of this.#watches) yield* watch.items.values();
  }

  get isSynced(): boolean {
    return this.#watches.every(({ isSynced }) => isSynced);
  }

  /** Why the collection cannot be read, if so. */
  get unavailable(): string | undefined {
    for (const { state } of this.#watches) if (state.kind === "unavailable") return state.message;
    return undefined;
  }

  /** Of the quietest watch. */
  ageMs(): number {
    return Math.max(...this.#watches.map((watch) => watch.ageMs()));
  }

  /** Of the watch whose loop has done nothing for longest. */
  idleMs(): number {
    return Math.max(...this.#watches.map((watch) => watch.idleMs()));
  }

  async synced(): Promise<void> {
    await Promise.all(this.#watches.map((watch) => watch.synced));
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#watches.map((watch) => watch.run(signal)));
  }
}
