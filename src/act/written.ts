import type { KubeObject } from "../kube/types.ts";

/** Resource versions are counters (KEP-5504): the larger one is the newer. */
const isNewer = (a: string | undefined, b: string | undefined): boolean => BigInt(a || "0") > BigInt(b || "0");

interface Note<T> {
  readonly owner: string;
  readonly version: string | undefined;
  readonly object: T | undefined;
  readonly at: number;
}

/**
 * What was written and has not come back through the watch. Without it a pass that is faster than the watch would
 * write the same again.
 */
export class Written<T extends KubeObject> {
  readonly #notes = new Map<string, Note<T>>();

  /** `at` is for `isOlder` alone. */
  note(key: string, owner: string, object: T, at = 0): void {
    this.#notes.set(key, { owner, version: object.metadata.resourceVersion, object, at });
  }

  /** `version` is the newest one that was seen of what is now removed. */
  noteRemoved(key: string, owner: string, version: string | undefined): void {
    this.#notes.set(key, { owner, version, object: undefined, at: 0 });
  }

  /** Whether what was written, and not seen yet, was written before then. */
  isOlder(key: string, at: number): boolean {
    const note = this.#notes.get(key);
    return note?.object !== undefined && note.at < at;
  }

  /** The newer of what the cache shows and what was written; undefined when it was removed or never was. */
  latest(key: string, cached: T | undefined): T | undefined {
    const note = this.#notes.get(key);
    if (!note) return cached;
    const seen = note.object
      ? !isNewer(note.version, cached?.metadata.resourceVersion)
      : isNewer(cached?.metadata.resourceVersion, note.version);
    if (cached && seen) {
      this.#notes.delete(key);
      return cached;
    }
    return note.object;
  }

  /** Whether an object that comes through the watch is what was written here, or older: no news. */
  isEcho(key: string, { metadata }: T): boolean {
    const note = this.#notes.get(key);
    return note?.object !== undefined && !isNewer(metadata.resourceVersion, note.version);
  }

  /** The cache has seen the object go. */
  forget(key: string): void {
    this.#notes.delete(key);
  }

  keysOf(owner: string): string[] {
    return [...this.#notes].filter(([, note]) => note.owner === owner).map(([key]) => key);
  }
}
