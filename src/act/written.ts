import type { Change } from "../kube/object-cache.ts";
import type { KubeObject } from "../kube/types.ts";
import { type Expectations, type Incarnation, settleMs } from "./expectations.ts";

/** Undefined for what is none. */
const counterOf = (version: string | undefined): bigint | undefined =>
  /^[0-9]*$/.test(version ?? "") ? BigInt(version || "0") : undefined;

/** Resource versions are counters (KEP-5504): the larger one is the newer. Of others it is only known whether they are the same. */
function isNewer(a: string | undefined, b: string | undefined): boolean {
  const [one, other] = [counterOf(a), counterOf(b)];
  return one !== undefined && other !== undefined ? one > other : a !== b;
}

const areCounters = (a: string | undefined, b: string | undefined): boolean =>
  counterOf(a) !== undefined && counterOf(b) !== undefined;

/** An object as it was written, without which it was removed. */
export interface Version<T> {
  readonly version: string | undefined;
  readonly object?: T;
}

/** What the watch has shown of an object while a write of it was under way. A deletion has already been told. */
type Shown =
  | { readonly kind: "there"; readonly version: string | undefined; readonly tell: () => void }
  | { readonly kind: "gone"; readonly uid: string | undefined };

/** Objects that were written and have not come back through the watch, by their resource versions. */
export class Written<T extends KubeObject> {
  readonly #expected: Expectations<Version<T>>;
  /** By key of what is being written. The watch is often faster than the answer, which alone tells whose a version is. */
  readonly #shown = new Map<string, Shown[]>();

  constructor(expected: Expectations<Version<T>>) {
    this.#expected = expected;
  }

  note(pool: Incarnation, key: string, object: T): void {
    const { resourceVersion, uid } = object.metadata;
    const shown = this.#shown.get(key) ?? [];
    const isGone = uid !== undefined && shown.some((one) => one.kind === "gone" && one.uid === uid);
    if (!isGone) this.#expected.set(pool, key, { version: resourceVersion, object });
    if (pool.isOver || shown.length === 0) return;
    const isNews = (one: Shown): boolean => one.kind === "there" && isNewer(one.version, resourceVersion);
    this.#shown.set(key, shown.filter(isNews));
  }

  /** Runs a write of an object. What `take` is given of the object meanwhile is told when the write has ended. */
  async during<R>(key: string, write: () => Promise<R>): Promise<R> {
    this.#shown.set(key, this.#shown.get(key) ?? []);
    try {
      return await write();
    } finally {
      const shown = this.#shown.get(key) ?? [];
      this.#shown.delete(key);
      for (const one of shown) if (one.kind === "there") one.tell();
    }
  }

  /**
   * Takes what the watch shows, and tells of it: at once, or after the write that is under way. Tells never of our own
   * write or of what is older, and of a deletion always at once.
   */
  take({ key, current, previous }: Change<T>, tell: () => void): void {
    if (current && this.#isEcho(key, current)) return;
    const shown = this.#shown.get(key);
    if (current && shown) {
      shown.push({ kind: "there", version: current.metadata.resourceVersion, tell });
      return;
    }
    if (!current) {
      const uid = previous?.metadata.uid;
      const expected = this.#expected.get(key)?.object?.metadata.uid;
      // Made anew where another had gone, it is still to be shown.
      if (uid === undefined || expected === undefined || uid === expected) this.#expected.delete(key);
      shown?.push({ kind: "gone", uid });
    }
    tell();
  }

  /** `version` is the newest one that was seen of what is now removed. */
  noteRemoved(pool: Incarnation, key: string, version: string | undefined): void {
    this.#expected.set(pool, key, { version });
  }

  /** How long ago what is not seen yet was written; undefined where nothing is expected to come. */
  unseenMs(key: string): number | undefined {
    return this.#expected.get(key)?.object && this.#expected.ageMs(key);
  }

  /** The newer of what the cache shows and what was written; undefined when it was removed or never was. */
  latest(key: string, cached: T | undefined): T | undefined {
    const expected = this.#expected.get(key);
    if (!expected) return cached;
    const { version, object } = expected;
    const shown = cached?.metadata.resourceVersion;
    const seen = object ? !isNewer(version, shown) : isNewer(shown, version);
    // Another version that is no counter may be a later one, after which what was written never shows.
    const isOverdue = !areCounters(version, shown) && this.#expected.ageMs(key) > settleMs;
    if (!cached || !(seen || isOverdue)) return object;
    this.#expected.delete(key);
    return cached;
  }

  #isEcho(key: string, { metadata }: T): boolean {
    const expected = this.#expected.get(key);
    return expected?.object !== undefined && !isNewer(metadata.resourceVersion, expected.version);
  }

  /** Nothing more is expected of it. */
  forget(key: string): void {
    this.#expected.delete(key);
  }

  keysOf(uid: string): string[] {
    return this.#expected.keysOf(uid);
  }
}
