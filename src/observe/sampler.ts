import { isDeepStrictEqual } from "node:util";
import type { Metrics } from "../api/metrics.ts";
import type { Reading } from "../decide/world.ts";
import type { PushBook } from "./push-book.ts";
import type { Attempt, Following, PoolSampler, SamplerContext } from "./sampler-context.ts";
import { HttpSampler } from "./sampler-http.ts";
import type { SetTimer } from "./sampler-pulse.ts";
import { PushSampler } from "./sampler-push.ts";
import { ResourceSampler } from "./sampler-resource.ts";
import { Slots } from "./sampler-slots.ts";
import type { DialPolicy } from "./sources/dial.ts";
import { defaultFetchLimits, type FetchLimits } from "./sources/fetcher.ts";
import type { ListPodMetrics } from "./sources/resource.ts";

export interface SamplerOptions extends DialPolicy {
  /** Unix milliseconds, of the observation's clock. */
  readonly now: () => number;
  readonly random: () => number;
  readonly setTimer?: SetTimer;
  /** Called after every finished attempt. */
  readonly onSample: (pool: string) => void;
  readonly onAttempt?: (attempt: Attempt) => void;
  /** Gets what was thrown although nothing should be. */
  readonly onError?: (error: unknown) => void;
  /** Attempts under way at once, over all pools. */
  readonly concurrency?: number;
  readonly limits?: Partial<FetchLimits>;
  /** Absent: pools with source `resource` have no source. */
  readonly listPodMetrics?: ListPodMetrics;
  /** What clients report. Absent: to pools with source `push` nobody does. */
  readonly reports?: Pick<PushBook, "read">;
}

/** Samples the pods of many pools, each pod on its own time. */
export interface Sampler {
  /** Says what a pool wants sampled. Cheap when nothing has changed, so it may be called on every pass. */
  follow(pool: string, following: Following): void;
  forget(pool: string): void;
  /** By the pod's UID; a pod without a finished attempt has none. */
  readings(pool: string): ReadonlyMap<string, Reading>;
  /** Ends all sampling. What is under way is cut and has no effect. */
  close(): Promise<void>;
}

interface Followed {
  metrics: Metrics;
  sampler: PoolSampler;
}

const none: ReadonlyMap<string, Reading> = new Map();

const setNodeTimer: SetTimer = (callback, delayMs) => {
  const timer = setTimeout(callback, delayMs);
  return () => clearTimeout(timer);
};

export function createSampler(options: SamplerOptions): Sampler {
  const context: SamplerContext = {
    now: options.now,
    random: options.random,
    setTimer: options.setTimer ?? setNodeTimer,
    slots: new Slots(options.concurrency ?? 64),
    fetchLimits: { ...defaultFetchLimits, ...options.limits },
    dialPolicy: { allowLoopback: options.allowLoopback ?? false, allowHostNetwork: options.allowHostNetwork ?? false },
    listPodMetrics: options.listPodMetrics ?? (async () => undefined),
    reports: options.reports ?? { read: () => undefined },
    startedAt: options.now(),
    onSample: options.onSample,
    onAttempt: options.onAttempt ?? (() => {}),
    onError: options.onError ?? (() => {}),
  };
  const pools = new Map<string, Followed>();
  const stopping = new Set<Promise<void>>();
  let closed = false;

  const drop = ({ sampler }: Followed): void => {
    const stopped = sampler.stop().finally(() => stopping.delete(stopped));
    stopping.add(stopped);
  };

  function samplerOf({ source }: Metrics): typeof HttpSampler | typeof ResourceSampler | typeof PushSampler {
    if (source.push) return PushSampler;
    return source.resource ? ResourceSampler : HttpSampler;
  }

  const start = (pool: string, metrics: Metrics, inherited: ReadonlyMap<string, Reading>): Followed => ({
    metrics,
    sampler: new (samplerOf(metrics))(context, pool, metrics, inherited),
  });

  const followed = (pool: string, metrics: Metrics): Followed => {
    const known = pools.get(pool);
    if (known && (known.metrics === metrics || isDeepStrictEqual(known.metrics, metrics))) {
      known.metrics = metrics;
      return known;
    }
    // What another source has measured, or measured against another capacity, would be no sample of this one.
    const isSameSource = known !== undefined && isDeepStrictEqual(known.metrics.source, metrics.source);
    const started = start(pool, metrics, isSameSource ? known.sampler.readings() : none);
    if (known) drop(known);
    pools.set(pool, started);
    return started;
  };

  return {
    follow(pool, following) {
      if (!closed) followed(pool, following.metrics).sampler.follow(following);
    },
    forget(pool) {
      const known = pools.get(pool);
      if (known) drop(known);
      pools.delete(pool);
    },
    readings: (pool) => pools.get(pool)?.sampler.readings() ?? none,
    async close() {
      closed = true;
      for (const pool of pools.values()) drop(pool);
      pools.clear();
      await Promise.all(stopping);
    },
  };
}
