import { createBreathe } from "../breathe.ts";
import { keyOf } from "../key.ts";
import { ApiError } from "./api-error.ts";
import { Backoff, pause } from "./backoff.ts";
import { DriftChecks } from "./drift-check.ts";
import { listPages, type PageOptions, type Selection } from "./list-pages.ts";
import {
  defaultTiming,
  type ListReason,
  type ListWatchOptions,
  type ListWatchState,
  type ListWatchTiming,
  quietMs,
} from "./list-watch-options.ts";
import { type Change, ObjectCache } from "./object-cache.ts";
import { reasonOf } from "./outcome.ts";
import { PageSize, usualPageSize } from "./page-size.ts";
import { type RequestTarget, target } from "./transport.ts";
import { followWatch, type WatchEnd, type WatchEvent } from "./watch-session.ts";

/** Keeps a copy of one collection, and keeps it right: over closed, silent, broken, expired and refused watches. */
export class ListWatch<T> {
  readonly #options: ListWatchOptions<T>;
  readonly #timing: ListWatchTiming;
  readonly #target: RequestTarget;
  readonly #cache: ObjectCache<T>;
  readonly #retry: Backoff;
  readonly #relist: Backoff;
  readonly #selection: Selection;
  readonly #pageSize: PageSize;
  readonly #now: () => number;
  readonly #random: () => number;
  readonly #drift: DriftChecks;
  readonly #breathe = createBreathe();
  readonly #synced = Promise.withResolvers<boolean>();
  #isSynced = false;
  #state: ListWatchState = { kind: "starting" };
  #lastByteAt = Number.NEGATIVE_INFINITY;
  #triedAt = Number.NEGATIVE_INFINITY;
  #resourceVersion: string | undefined;
  #malformedAt: string | undefined;
  #listReason: ListReason = "start";
  #session: AbortController | undefined;

  constructor(options: ListWatchOptions<T>) {
    this.#options = options;
    this.#timing = { ...defaultTiming, ...options.timing };
    this.#target = target(options.ref, options.namespace);
    this.#cache = new ObjectCache(options.project, (error, key) => this.#report(error, key));
    this.#now = options.now ?? (() => performance.now());
    this.#random = options.random ?? Math.random;
    const { labelSelector, fieldSelector, metadataOnly } = options;
    this.#selection = { labelSelector, fieldSelector, metadataOnly };
    this.#pageSize = new PageSize(options.pageSize ?? usualPageSize, (limit, why) => this.#halved(limit, why));
    const { retryBaseMs, retryMaxMs, relistBaseMs, relistMaxMs } = this.#timing;
    this.#retry = new Backoff({ baseMs: retryBaseMs, maxMs: retryMaxMs, random: this.#random });
    this.#relist = new Backoff({ baseMs: relistBaseMs, maxMs: relistMaxMs, random: this.#random });
    this.#drift = new DriftChecks({
      transport: options.transport,
      target: this.#target,
      cache: this.#cache,
      everyMs: this.#timing.driftCheckMs,
      graceMs: this.#timing.driftGraceMs,
      random: this.#random,
      page: (signal) => this.#page(signal),
      session: () => (this.#state.kind === "watching" ? this.#session : undefined),
      log: options.log,
    });
  }

  /** By `ns/name`. */
  get items(): ReadonlyMap<string, T> {
    return this.#cache.items;
  }

  get(key: string): T | undefined {
    return this.#cache.items.get(key);
  }

  get state(): ListWatchState {
    return this.#state;
  }

  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** True once the first listing is complete, or an optional resource proved unavailable; false when `run` ended before. */
  get synced(): Promise<boolean> {
    return this.#synced.promise;
  }

  /** Milliseconds since the API server last sent anything for this collection; infinite before it ever did. */
  ageMs(): number {
    return this.#now() - this.#lastByteAt;
  }

  /** How old the copy may be: 0 while the API server tells of changes, or for sure would. */
  behindMs(): number {
    const { kind } = this.#state;
    if (kind === "unavailable" || (kind === "watching" && this.ageMs() < quietMs)) return 0;
    return Number.isFinite(this.ageMs()) ? this.ageMs() : 0;
  }

  /**
   * Milliseconds since anything came, or anything was tried. Every attempt has its deadline and every pause its end, so
   * that an API server that is away, slow or refusing lets this grow to a minute or two; only a loop that hangs to more.
   */
  idleMs(): number {
    return this.#now() - Math.max(this.#lastByteAt, this.#triedAt);
  }

  /** Runs until the signal aborts. Afterwards nothing is open and nothing more is delivered. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#state.kind !== "starting") throw new Error(`${this.#target.resource}: a ListWatch runs once`);
    const checks = this.#drift.run(signal);
    const stop = (): void => this.#session?.abort({ kind: "stopped" } satisfies WatchEnd);
    signal.addEventListener("abort", stop);
    try {
      while (!signal.aborted) {
        this.#triedAt = this.#now();
        if (this.#resourceVersion === undefined) await this.#list(signal);
        else await this.#watch(this.#resourceVersion, signal);
      }
    } finally {
      signal.removeEventListener("abort", stop);
      await checks;
      this.#state = { kind: "stopped" };
      this.#synced.resolve(false);
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const reason = this.#listReason;
    const staged = this.#cache.collect();
    try {
      const resourceVersion = await listPages(
        this.#options.transport,
        this.#target,
        this.#page(signal),
        (items, restart, odd) => {
          this.#lastByteAt = this.#now();
          if (odd > 0)
            this.#options.log?.warn({ resource: this.#target.resource, odd }, "items of the list are no objects");
          if (restart) staged.clear();
          for (const item of items) staged.add(item);
        },
      );
      if (signal.aborted) return;
      const changes = staged.commit();
      this.#resourceVersion = resourceVersion;
      for (const change of changes) {
        if (signal.aborted) return;
        this.#deliver(change);
        // Nobody goes by a copy before all of it is there.
        if (!this.#isSynced) await this.#breathe();
      }
      this.#options.onList?.(reason, changes.length);
      this.#markSynced();
    } catch (error) {
      if (signal.aborted) return;
      await this.#recover(error, signal);
    }
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const { watchSecondsMin, watchSecondsMax, steadyMs, relistSteadyMs } = this.#timing;
    const { transport, maxLineBytes = 16 * 1024 * 1024 } = this.#options;
    const session = new AbortController();
    this.#session = session;
    let openedAt = Number.POSITIVE_INFINITY;
    const end = await followWatch({
      transport,
      target: this.#target,
      ...this.#selection,
      resourceVersion,
      maxLineBytes,
      timing: this.#timing,
      timeoutSeconds: Math.round(watchSecondsMin + (watchSecondsMax - watchSecondsMin) * this.#random()),
      session,
      onOpen: () => {
        openedAt = this.#now();
        this.#lastByteAt = openedAt;
        this.#enter({ kind: "watching" });
      },
      onBytes: () => {
        this.#lastByteAt = this.#now();
      },
      onEvent: (event) => this.#apply(event),
    });
    this.#session = undefined;
    if (signal.aborted) return;
    this.#options.onWatchEnd?.(end);
    const heldMs = this.#now() - openedAt;
    if (heldMs >= steadyMs) this.#retry.reset();
    if (heldMs >= relistSteadyMs) this.#relist.reset();
    await this.#follow(end, signal);
  }

  async #follow(end: WatchEnd, signal: AbortSignal): Promise<void> {
    switch (end.kind) {
      case "failed":
        return this.#recover(end.error, signal);
      case "expired":
      case "drifted":
        return this.#listAgain(end.kind, signal);
      default:
        this.#options.log?.debug({ resource: this.#target.resource, end: end.kind }, "watch ended");
        return pause(this.#retry.next(), signal);
    }
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    const failure = error instanceof ApiError ? error : undefined;
    const message = error instanceof Error ? error.message : String(error);
    if (failure?.status === 403 || failure?.status === 404) {
      this.#enter({ kind: "unavailable", reason: failure.status === 403 ? "forbidden" : "missing", message });
      if (this.#options.optional) this.#markSynced();
      this.#forgetVersion("unavailable");
      return pause(this.#timing.unavailableMs * (0.75 + this.#random() / 2), signal);
    }
    this.#enter({ kind: "retrying", message });
    if (failure?.reason === "Malformed" || failure?.reason === "TooLarge") {
      // Once may be a broken connection. Twice at the same place will not pass by itself: go around it.
      if (this.#resourceVersion !== undefined && this.#malformedAt === this.#resourceVersion) {
        return this.#listAgain("malformed", signal);
      }
      this.#malformedAt = this.#resourceVersion;
    }
    const askedMs = Math.min(failure?.retryAfterMs ?? 0, this.#timing.retryAfterMaxMs);
    return pause(Math.max(this.#retry.next(), askedMs), signal);
  }

  #listAgain(reason: ListReason, signal: AbortSignal): Promise<void> {
    this.#options.log?.info({ resource: this.#target.resource, reason }, "listing again");
    this.#forgetVersion(reason);
    return pause(this.#relist.next(), signal);
  }

  #forgetVersion(reason: ListReason): void {
    this.#resourceVersion = undefined;
    this.#malformedAt = undefined;
    this.#listReason = reason;
  }

  #apply(event: WatchEvent): void {
    if (event.type === "BOOKMARK") {
      this.#resourceVersion = event.resourceVersion;
      return;
    }
    const { type, object } = event;
    this.#drift.note(keyOf(object.metadata));
    const change = type === "DELETED" ? this.#cache.drop(object) : this.#cache.put(object);
    this.#resourceVersion = object.metadata.resourceVersion;
    if (change) this.#deliver(change);
  }

  #deliver(change: Change<T>): void {
    const { onChange } = this.#options;
    try {
      const outcome: unknown = onChange?.(change);
      if (outcome instanceof Promise) outcome.catch((error: unknown) => this.#report(error, change.key));
    } catch (error) {
      this.#report(error, change.key);
    }
  }

  #report(error: unknown, key: string): void {
    this.#options.log?.warn({ resource: this.#target.resource, key, err: error }, "a change was not handled");
    this.#options.onError?.(error, key);
  }

  #page(signal: AbortSignal): PageOptions {
    return { ...this.#selection, pageSize: this.#pageSize, deadlineMs: this.#timing.listMs, retry: false, signal };
  }

  #halved(limit: number, error: unknown): void {
    this.#triedAt = this.#now();
    const { resource } = this.#target;
    this.#options.log?.warn(
      { resource, limit, error },
      "a page of the listing was too large or too slow: half as many objects are asked for at once",
    );
  }

  #markSynced(): void {
    this.#isSynced = true;
    this.#synced.resolve(true);
  }

  #enter(state: ListWatchState): void {
    const changed = state.kind !== this.#state.kind;
    this.#state = state;
    if (!changed) return;
    const { resource } = this.#target;
    if (state.kind === "watching") this.#options.log?.info({ resource }, "watching");
    else this.#options.log?.warn({ resource, state: state.kind, why: reasonOf(state) }, "no watch");
  }
}
