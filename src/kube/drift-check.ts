import { keyOf } from "../key.ts";
import { pause } from "./backoff.ts";
import { listPages, type PageOptions } from "./list-pages.ts";
import { type ObjectCache, versionOf } from "./object-cache.ts";
import type { RequestTarget, Transport } from "./transport.ts";
import type { KubeLog } from "./types.ts";
import type { WatchEnd } from "./watch-session.ts";

export interface DriftChecksOptions {
  readonly transport: Transport;
  readonly target: RequestTarget;
  readonly cache: ObjectCache<unknown>;
  /** Between two comparisons; 0 for none. */
  readonly everyMs: number;
  /** Time allowed for events under way. */
  readonly graceMs: number;
  readonly random: () => number;
  readonly page: (signal: AbortSignal) => PageOptions;
  /** The watch that is open; undefined while there is none. */
  readonly session: () => AbortController | undefined;
  readonly log: KubeLog | undefined;
}

/** Compares the cache with a listing now and then, and ends a watch of which events never came. */
export class DriftChecks {
  readonly #options: DriftChecksOptions;
  /** Keys of every event that comes while a check runs. */
  #touched: Set<string> | undefined;

  constructor(options: DriftChecksOptions) {
    this.#options = options;
  }

  /** An event came. */
  note(key: string): void {
    this.#touched?.add(key);
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { everyMs, random, session, target, log } = this.#options;
    while (everyMs > 0 && !signal.aborted) {
      await pause(everyMs * (0.9 + random() * 0.2), signal);
      const checked = session();
      if (signal.aborted || !checked) continue;
      try {
        const drift = await this.#count(signal);
        // A watch opened meanwhile has caught up by itself.
        if (drift > 0 && session() === checked) checked.abort({ kind: "drifted" } satisfies WatchEnd);
      } catch (error) {
        if (!signal.aborted) log?.debug({ resource: target.resource, err: error }, "drift check failed");
      } finally {
        this.#touched = undefined;
      }
    }
  }

  /**
   * The objects that a listing shows otherwise than the cache, and of which no event came meanwhile nor within the grace.
   * The cache must not be ahead of the listing when the check starts, which a most recent listing ensures.
   */
  async #count(signal: AbortSignal): Promise<number> {
    const { transport, target, page, cache, graceMs } = this.#options;
    const touched = new Set<string>();
    this.#touched = touched;
    const listed = new Map<string, string>();
    await listPages(transport, target, page(signal), (items, restart) => {
      if (restart) listed.clear();
      for (const item of items) listed.set(keyOf(item.metadata), versionOf(item));
    });
    const untouched = (key: string): boolean => !touched.has(key);
    const suspects = cache.differences(listed).filter(untouched);
    if (suspects.length > 0) await pause(graceMs, signal);
    return suspects.filter(untouched).length;
  }
}
