import { pause } from "./backoff.ts";
import { listPages, type PageOptions } from "./list-pages.ts";
import { type ObjectCache, versionOf } from "./object-cache.ts";
import type { RequestTarget, Transport } from "./transport.ts";
import { keyOf } from "./types.ts";

interface DriftCheck {
  readonly transport: Transport;
  readonly target: RequestTarget;
  readonly page: PageOptions;
  readonly cache: ObjectCache<unknown>;
  /** Time allowed for events under way. */
  readonly graceMs: number;
  /** Filled by the watch with the keys of every event that comes while the check runs. */
  readonly touched: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

/**
 * Counts the objects that a listing shows otherwise than the cache, and of which no event came meanwhile nor within the
 * grace. The cache must not be ahead of the listing when the check starts, which a most recent listing ensures.
 */
export async function countDrift({
  transport,
  target,
  page,
  cache,
  graceMs,
  touched,
  signal,
}: DriftCheck): Promise<number> {
  const listed = new Map<string, string>();
  await listPages(transport, target, page, (items, restart) => {
    if (restart) listed.clear();
    for (const item of items) listed.set(keyOf(item.metadata), versionOf(item));
  });
  const untouched = (key: string): boolean => !touched.has(key);
  const suspects = cache.differences(listed).filter(untouched);
  if (suspects.length > 0) await pause(graceMs, signal);
  return suspects.filter(untouched).length;
}
