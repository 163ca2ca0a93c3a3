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

/** Objects that were written and have not come back through the watch, by their resource versions. */
export class Written<T extends KubeObject> {
  readonly #expected: Expectations<Version<T>>;

  constructor(expected: Expectations<Version<T>>) {
    this.#expected = expected;
  }

  note(pool: Incarnation, key: string, object: T): void {
    this.#expected.set(pool, key, { version: object.metadata.resourceVersion, object });
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

  /** Whether an object that comes through the watch is what was written here, or older: no news. */
  isEcho(key: string, { metadata }: T): boolean {
    const expected = this.#expected.get(key);
    return expected?.object !== undefined && !isNewer(metadata.resourceVersion, expected.version);
  }

  /** The cache has seen the object go. */
  forget(key: string): void {
    this.#expected.delete(key);
  }

  keysOf(uid: string): string[] {
    return this.#expected.keysOf(uid);
  }
}
