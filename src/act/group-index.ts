/** Things by group and key. A group that has lost its last one leaves nothing behind. */
export class GroupIndex<T> {
  readonly #groups = new Map<string, Map<string, T>>();

  put(group: string, key: string, thing: T): void {
    const things = this.#groups.get(group) ?? new Map<string, T>();
    this.#groups.set(group, things.set(key, thing));
  }

  drop(group: string, key: string): void {
    const things = this.#groups.get(group);
    things?.delete(key);
    if (things?.size === 0) this.#groups.delete(group);
  }

  of(group: string): ReadonlyMap<string, T> {
    return this.#groups.get(group) ?? none;
  }
}

const none = new Map<string, never>();
