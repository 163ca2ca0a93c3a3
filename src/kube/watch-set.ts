import { ListWatch } from "./list-watch.ts";
import type { ListWatchOptions } from "./list-watch-options.ts";

/** Why nobody knows what is in a collection; without a message, only because no answer has come yet. */
export interface Unread {
  readonly kind: "pending" | "failing" | "forbidden" | "missing";
  readonly message: string;
}

function unreadOf<T>({ state, isSynced }: ListWatch<T>): Unread | undefined {
  if (state.kind === "unavailable") return { kind: state.reason, message: state.message };
  if (isSynced) return undefined;
  return state.kind === "retrying" ? { kind: "failing", message: state.message } : { kind: "pending", message: "" };
}

/** One collection over all namespaces, or over each of some. */
export class WatchSet<T> {
  readonly #namespaces: readonly string[] | undefined;
  readonly #watches: readonly ListWatch<T>[];

  constructor(namespaces: readonly string[] | undefined, options: Omit<ListWatchOptions<T>, "namespace">) {
    this.#namespaces = namespaces;
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

  /** Why it is not known what is in the namespace; undefined where it is, and where the namespace is not looked at. */
  unreadIn(namespace: string): Unread | undefined {
    const watch = this.#watches[this.#namespaces ? this.#namespaces.indexOf(namespace) : 0];
    return watch && unreadOf(watch);
  }

  /** Of the quietest watch. */
  ageMs(): number {
    return Math.max(...this.#watches.map((watch) => watch.ageMs()));
  }

  /** Of the copy that may be oldest. */
  behindMs(): number {
    return Math.max(...this.#watches.map((watch) => watch.behindMs()));
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
