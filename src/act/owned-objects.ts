import { keyOf } from "../key.ts";
import type { Change } from "../kube/object-cache.ts";
import type { KubeObject } from "../kube/types.ts";
import type { Incarnation } from "./expectations.ts";
import type { Fence } from "./fence.ts";
import { GroupIndex } from "./group-index.ts";
import { ownerUidOf } from "./slice-owner.ts";
import { Written } from "./written.ts";

/** What was written so long ago and that no watch has shown is not taken for granted any more. */
const unseenMs = 30_000;

/** Objects of one kind that pools own: as the watch shows them, or newer, as they were written. */
export class OwnedObjects<T extends KubeObject> {
  readonly #written: Written<T>;
  readonly #byOwner = new GroupIndex<T>();

  constructor(fence: Fence) {
    this.#written = new Written(fence.expectations());
  }

  /** Takes in a change, and tells of it unless it is the echo of a write from here: at once, or when a write has ended. */
  onChange(change: Change<T>, tell: () => void): void {
    const { key, current, previous } = change;
    if (previous) this.#byOwner.drop(ownerUidOf(previous), key);
    if (current) this.#byOwner.put(ownerUidOf(current), key, current);
    this.#written.take(change, tell);
  }

  /** Runs a write of an object. News of that object waits until it ends. */
  during<R>({ metadata }: KubeObject, write: () => Promise<R>): Promise<R> {
    return this.#written.during(keyOf(metadata), write);
  }

  /** Those of a pool, by name. */
  of({ uid }: { readonly uid: string }): ReadonlyMap<string, T> {
    const cached = this.#byOwner.of(uid);
    const keys = new Set([...cached.keys(), ...this.#written.keysOf(uid)]);
    const all = [...keys].flatMap((key) => this.#latest(key, cached.get(key)) ?? []);
    return new Map(all.map((object) => [object.metadata.name, object]));
  }

  #latest(key: string, cached: T | undefined): T | undefined {
    // It may have gone before any watch showed it, so that none will show it go.
    if (!cached && (this.#written.unseenMs(key) ?? 0) > unseenMs) this.#written.forget(key);
    return this.#written.latest(key, cached);
  }

  note(pool: Incarnation, object: T): void {
    this.#written.note(pool, keyOf(object.metadata), object);
  }

  noteRemoved(pool: Incarnation, { metadata }: T): void {
    this.#written.noteRemoved(pool, keyOf(metadata), metadata.resourceVersion);
  }
}
