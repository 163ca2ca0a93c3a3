import type { Endpoint } from "../decide/planned.ts";
import { describePool, toDial } from "./describe-pool.ts";
import type { FeedEntry } from "./feed.ts";

/** Documents of pools as JSON. What readers have in common is written once for all of them. */
export interface PoolTexts {
  /** With a client's list if there is one. Ages may be wrong by a few milliseconds. */
  textOf(entry: FeedEntry, list?: readonly Endpoint[]): string;
}

/** Ages in a document may be wrong by this, so that many readers share its text. */
const sharedMs = 20;

export function createPoolTexts(now: () => number): PoolTexts {
  const shared = new WeakMap<FeedEntry, { readonly at: number; readonly text: string }>();
  const dials = new WeakMap<Endpoint, string>();

  function sharedOf(entry: FeedEntry): string {
    const at = now();
    const known = shared.get(entry);
    if (known && Math.abs(at - known.at) <= sharedMs) return known.text;
    const text = JSON.stringify(describePool(entry, at));
    shared.set(entry, { at, text });
    return text;
  }

  function dialOf(endpoint: Endpoint): string {
    const known = dials.get(endpoint);
    if (known !== undefined) return known;
    const text = JSON.stringify(toDial(endpoint));
    dials.set(endpoint, text);
    return text;
  }

  return {
    textOf(entry, list) {
      const text = sharedOf(entry);
      return list ? `${text.slice(0, -1)},"list":[${list.map(dialOf).join()}]}` : text;
    },
  };
}
