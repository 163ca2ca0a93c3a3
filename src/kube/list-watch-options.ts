import type { Selection } from "./list-pages.ts";
import type { Change } from "./object-cache.ts";
import type { Transport } from "./transport.ts";
import type { KubeLog, KubeObject, ResourceRef } from "./types.ts";
import type { WatchEnd, WatchTiming } from "./watch-session.ts";

export interface ListWatchTiming extends WatchTiming {
  readonly listMs: number;
  readonly retryBaseMs: number;
  readonly retryMaxMs: number;
  /** Retry-After is obeyed up to this: a proxy's page for an outage may ask for hours. */
  readonly retryAfterMaxMs: number;
  /** A watch that held this long was no failure: the next wait is short again. */
  readonly steadyMs: number;
  readonly relistBaseMs: number;
  readonly relistMaxMs: number;
  /** The same for listings, which cost the API server more. */
  readonly relistSteadyMs: number;
  /** Between attempts at a resource that is absent or forbidden. */
  readonly unavailableMs: number;
  /** Between two comparisons of the cache with a listing; 0 for none. */
  readonly driftCheckMs: number;
  readonly driftGraceMs: number;
  /** Of the time a watch asks for. */
  readonly watchSecondsMin: number;
  readonly watchSecondsMax: number;
}

/** Bookmarks come once a minute: what says nothing for longer is perhaps cut off, until it is known to be. */
export const quietMs = 75_000;

export const defaultTiming: ListWatchTiming = {
  headersMs: 10_000,
  silenceMs: 90_000,
  overtimeMs: 15_000,
  listMs: 60_000,
  retryBaseMs: 250,
  retryMaxMs: 30_000,
  retryAfterMaxMs: 60_000,
  steadyMs: 1_000,
  relistBaseMs: 1_000,
  relistMaxMs: 30_000,
  relistSteadyMs: 60_000,
  unavailableMs: 30_000,
  driftCheckMs: 600_000,
  driftGraceMs: 5_000,
  watchSecondsMin: 300,
  watchSecondsMax: 600,
};

/** `unavailable`: there is no such resource here, or we may not read it. What was seen before stays in `items`. */
export type ListWatchState =
  | { readonly kind: "starting" }
  | { readonly kind: "watching" }
  | { readonly kind: "retrying"; readonly message: string }
  | { readonly kind: "unavailable"; readonly reason: "missing" | "forbidden"; readonly message: string }
  | { readonly kind: "stopped" };

/** Why a listing was made. Differences found by `drifted` had been lost by a watch that looked healthy. */
export type ListReason = "start" | "expired" | "drifted" | "unavailable" | "malformed";

export interface ListWatchOptions<T> extends Selection {
  readonly transport: Transport;
  readonly ref: ResourceRef;
  readonly namespace?: string | undefined;
  /** Strips an object to what is used. `undefined`: not kept. */
  readonly project: (raw: KubeObject) => T | undefined;
  /** Called when the cache already holds the change; must not wait. What it throws goes to `onError`. */
  readonly onChange?: (change: Change<T>) => void;
  readonly onError?: (error: unknown, key: string) => void;
  readonly onList?: (reason: ListReason, differences: number) => void;
  readonly onWatchEnd?: (end: WatchEnd) => void;
  /** True when the resource may be missing: then `synced` does not wait for it. */
  readonly optional?: boolean;
  readonly pageSize?: number;
  readonly maxLineBytes?: number;
  readonly timing?: Partial<ListWatchTiming>;
  /** A monotonic clock in milliseconds. */
  readonly now?: () => number;
  readonly random?: () => number;
  readonly log?: KubeLog;
}
