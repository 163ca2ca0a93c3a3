import { once } from "node:events";
import type { Feed } from "../feed.ts";

/** Between two looks whether a replica that has just started knows all pools. */
const lookMs = 100;

/** Waits for pools that a replica which has just started may not know yet. */
export interface Knowledge {
  /** Settles once all pools are known. */
  readonly complete: Promise<void>;
  /** Settles once one of these pools is known, or all are; at once where that is so. Rejects when the signal aborts. */
  of(keys: readonly string[], signal: AbortSignal): Promise<void>;
  end(): void;
}

export function createKnowledge(feed: Feed): Knowledge {
  let look: NodeJS.Timeout | undefined;
  const complete = new Promise<void>((resolve) => {
    if (feed.isComplete) return resolve();
    look = setInterval(() => {
      if (!feed.isComplete) return;
      clearInterval(look);
      resolve();
    }, lookMs).unref();
  });

  return {
    complete,
    async of(keys, signal) {
      if (feed.isComplete || keys.some((key) => feed.get(key))) return;
      const found = Promise.withResolvers<void>();
      const unsubscribes = keys.map((key) => feed.subscribe(key, found.resolve));
      const leaving = new AbortController();
      const gone = once(signal, "abort", { signal: leaving.signal }).then(() => signal.throwIfAborted());
      try {
        await Promise.race([complete, found.promise, gone]);
      } finally {
        leaving.abort();
        gone.catch(() => {});
        for (const unsubscribe of unsubscribes) unsubscribe();
      }
    },
    end: () => clearInterval(look),
  };
}
