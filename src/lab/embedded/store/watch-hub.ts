import { keyOf, type StoredObject } from "../object/stored-object.ts";

/** One change of one object. The object of a removal is its last state under the revision of the removal. */
export interface StoreEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: StoredObject;
  readonly previous: StoredObject | undefined;
  readonly revision: number;
}

/** The changes of one kind: the last of them, kept for watches that resume, and who listens. */
export class WatchHub {
  readonly #size: number;
  readonly #listeners = new Set<(change: StoreEvent) => void>();
  #window: StoreEvent[] = [];
  #floor: number;

  /** `floor` is the revision before which nothing is known. */
  constructor(size: number, floor: number) {
    this.#size = size;
    this.#floor = floor;
  }

  /** The oldest revision from which the changes are complete. */
  get floor(): number {
    return this.#floor;
  }

  publish(change: StoreEvent): void {
    this.#window.push(change);
    const excess = this.#window.length - this.#size;
    if (excess > 0) this.#floor = this.#window.splice(0, excess).at(-1)?.revision ?? this.#floor;
    for (const listener of this.#listeners) listener(change);
  }

  /** Every change after the revision, or undefined when some have left the window. */
  since(revision: number): readonly StoreEvent[] | undefined {
    return revision < this.#floor ? undefined : this.#window.filter((change) => change.revision > revision);
  }

  /** The objects as they were at a revision, given those of now; undefined when the window no longer tells. */
  rewind(now: readonly StoredObject[], revision: number): StoredObject[] | undefined {
    const later = this.since(revision);
    if (!later) return undefined;
    const objects = new Map(now.map((object) => [keyOf(object), object]));
    for (const { object, previous } of later.toReversed()) {
      if (previous) objects.set(keyOf(object), previous);
      else objects.delete(keyOf(object));
    }
    return [...objects.values()];
  }

  /** Calls `listener` at each change from now on, in order, until the returned function is called. */
  listen(listener: (change: StoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
