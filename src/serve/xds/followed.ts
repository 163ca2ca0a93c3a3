import type { FollowerRecord } from "../followers.ts";

/** The pools that one client follows on one stream, however many of their resources it wants. */
export class Followed {
  readonly #follow: (key: string) => FollowerRecord;
  readonly #records = new Map<string, { readonly record: FollowerRecord; resources: number }>();

  constructor(follow: (key: string) => FollowerRecord) {
    this.#follow = follow;
  }

  of(key: string): FollowerRecord | undefined {
    return this.#records.get(key)?.record;
  }

  retain(key: string): void {
    const known = this.#records.get(key);
    if (known) known.resources += 1;
    else this.#records.set(key, { record: this.#follow(key), resources: 1 });
  }

  release(key: string): void {
    const known = this.#records.get(key)!;
    known.resources -= 1;
    if (known.resources > 0) return;
    this.#records.delete(key);
    known.record.end();
  }
}
