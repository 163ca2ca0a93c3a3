import { keyOf } from "../key.ts";
import type { KubeObject } from "./types.ts";

/** One difference between what was and what is. Both sides are there when the object changed, or was made anew. */
export interface Change<T> {
  readonly key: string;
  readonly current?: T;
  readonly previous?: T;
}

/** Identity and version of an object. Only equality has a meaning. */
type Version = string;

interface Staged<T> {
  readonly version: Version;
  readonly item: T | undefined;
}

/** The objects of one collection, each stripped to what is used of it. */
export class ObjectCache<T> {
  readonly #project: (raw: KubeObject) => T | undefined;
  readonly #onError: (error: unknown, key: string) => void;
  readonly #items = new Map<string, T>();
  // Of every object seen, kept or not.
  readonly #versions = new Map<string, Version>();

  /** A projection that throws is reported, and leaves the object as it was known before. */
  constructor(project: (raw: KubeObject) => T | undefined, onError: (error: unknown, key: string) => void) {
    this.#project = project;
    this.#onError = onError;
  }

  get items(): ReadonlyMap<string, T> {
    return this.#items;
  }

  put(raw: KubeObject): Change<T> | undefined {
    const key = keyOf(raw.metadata);
    return this.#store(key, this.#stage(key, raw));
  }

  drop(raw: KubeObject): Change<T> | undefined {
    return this.#remove(keyOf(raw.metadata));
  }

  /** Collects a whole list; `commit` then makes the cache equal to it and brings every difference. */
  collect(): { add(raw: KubeObject): void; clear(): void; commit(): Change<T>[] } {
    const staged = new Map<string, Staged<T>>();
    return {
      add: (raw) => {
        const key = keyOf(raw.metadata);
        staged.set(key, this.#stage(key, raw));
      },
      clear: () => staged.clear(),
      commit: () => {
        const gone = [...this.#versions.keys()].filter((key) => !staged.has(key)).map((key) => this.#remove(key));
        const changed = [...staged].map(([key, entry]) => this.#store(key, entry));
        return [...gone, ...changed].filter((change) => change !== undefined);
      },
    };
  }

  /** The keys that are not here as they were listed: missing, left over, or of another version. */
  differences(listed: ReadonlyMap<string, Version>): string[] {
    const changed = [...listed].filter(([key, version]) => this.#versions.get(key) !== version).map(([key]) => key);
    const leftOver = [...this.#versions.keys()].filter((key) => !listed.has(key));
    return [...changed, ...leftOver];
  }

  #stage(key: string, raw: KubeObject): Staged<T> {
    const version = versionOf(raw);
    if (this.#versions.get(key) === version) return { version, item: this.#items.get(key) };
    try {
      return { version, item: this.#project(raw) };
    } catch (error) {
      this.#onError(error, key);
      return { version, item: this.#items.get(key) };
    }
  }

  #store(key: string, { version, item }: Staged<T>): Change<T> | undefined {
    const known = this.#versions.get(key);
    this.#versions.set(key, version);
    if (item === undefined) return this.#forget(key);
    const previous = this.#items.get(key);
    if (known === version || previous === item) return undefined;
    this.#items.set(key, item);
    return previous === undefined ? { key, current: item } : { key, current: item, previous };
  }

  #remove(key: string): Change<T> | undefined {
    this.#versions.delete(key);
    return this.#forget(key);
  }

  #forget(key: string): Change<T> | undefined {
    const previous = this.#items.get(key);
    this.#items.delete(key);
    return previous === undefined ? undefined : { key, previous };
  }
}

export const versionOf = ({ metadata }: KubeObject): Version =>
  `${metadata.uid ?? ""}/${metadata.resourceVersion ?? ""}`;
