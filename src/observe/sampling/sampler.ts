import { isDeepStrictEqual } from "node:util";
import type { Sampled } from "../../api/metrics.ts";
import type { SecretFound } from "../../decide/samples/findings.ts";
import type { Probing, Reading } from "../../decide/world.ts";
import { namesIn } from "../../key.ts";
import type { DialPolicy } from "../../pods/dial.ts";
import { createByteBudget } from "../../pods/fetcher.ts";
import { CredentialBook, type CredentialSources } from "../credentials/credential-book.ts";
import type { AskedPool } from "../credentials/policy-guard.ts";
import type { Prometheus } from "../query/prometheus.ts";
import type { ListPodMetrics } from "../sources/resource.ts";
import type { Attempt, Following, PoolSampler, ProbeAttempt, ProbeSettings, SamplerContext } from "./context.ts";
import { PerPool } from "./per-pool.ts";
import { isSameProbe, type ProbeSampler, startProbing } from "./probe-sampler.ts";
import type { SetTimer } from "./pulse.ts";
import type { PushBook } from "./push-book.ts";
import { startSampler } from "./samplers.ts";
import { Slots } from "./slots.ts";

export interface SamplerOptions extends DialPolicy {
  /** Unix milliseconds, of the observation's clock. */
  readonly now: () => number;
  readonly random: () => number;
  readonly setTimer?: SetTimer;
  /** Called after every finished attempt and every finished probe. `isLast`: all pods were hurried, and have answered. */
  readonly onSample: (pool: string, isLast?: boolean) => void;
  readonly onAttempt?: (attempt: Attempt) => void;
  readonly onProbe?: (attempt: ProbeAttempt) => void;
  /** Gets what was thrown although nothing should be. */
  readonly onError?: (error: unknown) => void;
  /** Attempts under way at once, over all pools. */
  readonly concurrency?: number;
  /** Absent: nobody serves such lists. */
  readonly listPodMetrics?: ListPodMetrics;
  /** Where queries are asked. Absent: nowhere. */
  readonly prometheus?: Pick<Prometheus, "ask" | "labels"> | undefined;
  /** Where Secrets that pools name are read. Absent: nowhere. */
  readonly credentials?: CredentialSources | undefined;
  /** What clients report. Absent: nobody does. */
  readonly reports?: Pick<PushBook, "read">;
}

/** Samples and probes the pods of many pools, each pod on its own time. */
export interface Sampler {
  /** Says what a pool wants sampled. Cheap when nothing has changed, so it may be called on every pass. */
  follow(pool: string, following: Following): void;
  /** Samples every pod at a time, whatever the interval: once, however often that is said. */
  hurry(pool: string, at: number): void;
  forget(pool: string): void;
  /** By the pod's UID; a pod without a finished attempt has none. */
  readings(pool: string): ReadonlyMap<string, Reading>;
  /** What is wrong with the Secret that a pool names although its pods are still shown what was good before. */
  trouble(pool: string): SecretFound | undefined;
  /** By the pod's UID; a pod that is not ready, or has not been probed yet, has none. */
  probings(pool: string): ReadonlyMap<string, Probing>;
  /** Ends all sampling. What is under way is cut and has no effect. */
  close(): Promise<void>;
}

/** Attempts under way at once, over all pools: each may hold a body. */
const mostAttempts = 128;
/** Lists under way at once, over all pools: they all ask one service, by way of the API server. */
const mostLists = 8;
/** Pools whose queries are under way at once: they all ask one server. */
const mostQuerying = 8;

const noReadings: ReadonlyMap<string, Reading> = new Map();
const noProbings: ReadonlyMap<string, Probing> = new Map();

const setNodeTimer: SetTimer = (callback, delayMs) => {
  const timer = setTimeout(callback, delayMs);
  return () => clearTimeout(timer);
};

/** What a source asks of a pod, whoever asks and however much it may answer. */
function questionOf({ source: { type, spec } }: Sampled): object {
  const { maxBytes: _, maxSamples: __, auth: ___, ...question }: Readonly<Record<string, unknown>> = spec;
  return { type, question };
}

export function createSampler(options: SamplerOptions): Sampler {
  const clock = {
    now: options.now,
    random: options.random,
    setTimer: options.setTimer ?? setNodeTimer,
    onError: options.onError ?? (() => {}),
  };
  const credentials = new CredentialBook(clock, options.credentials);
  const written = new Map<string, AskedPool>();
  const context: SamplerContext = {
    ...clock,
    credentials: {
      follow: (pool, auth) => credentials.follow(namesIn(pool).namespace, auth, () => written.get(pool)),
    },
    slots: new Slots(options.concurrency ?? mostAttempts),
    listSlots: new Slots(mostLists),
    querySlots: new Slots(mostQuerying),
    prometheus: options.prometheus,
    room: createByteBudget(),
    dialPolicy: { allowLoopback: options.allowLoopback ?? false, allowHostNetwork: options.allowHostNetwork ?? false },
    listPodMetrics: options.listPodMetrics ?? (async () => undefined),
    reports: options.reports ?? { read: () => undefined },
    startedAt: options.now(),
    onSample: options.onSample,
    onAttempt: options.onAttempt ?? (() => {}),
    onProbe: options.onProbe ?? (() => {}),
  };
  const hurriedTo = new Map<string, number>();
  let closed = false;

  const samplers = new PerPool<Sampled, PoolSampler>((pool, metrics, before) => {
    // What another source has measured, or measured against another capacity, would be no sample of this one.
    const isSameSource = before && isDeepStrictEqual(questionOf(before.settings), questionOf(metrics));
    const inherited = isSameSource ? before.worker.readings() : noReadings;
    return startSampler(context, pool, metrics, inherited);
  });
  const probers = new PerPool<ProbeSettings, ProbeSampler>((pool, settings, before) => {
    const isSame = before && isSameProbe(before.settings, settings);
    const inherited = before && (isSame ? before.worker.probings() : noProbings);
    return startProbing(context, pool, settings, inherited);
  });

  const sample = (pool: string, following: Following): void => {
    const { interval, timeout, source } = following.metrics;
    if (source) samplers.settle(pool, { interval, timeout, source }).follow(following);
    else samplers.drop(pool);
  };
  const probe = (pool: string, { pods, probing }: Following): void => {
    if (probing) probers.settle(pool, probing.settings).follow(pods, probing.down);
    else probers.drop(pool);
  };

  return {
    follow(pool, following) {
      if (closed) return;
      const { createdAt, secretsPolicy } = following;
      if (createdAt !== undefined) written.set(pool, { createdAt, secretsPolicy });
      sample(pool, following);
      probe(pool, following);
    },
    hurry(pool, at) {
      if (closed || hurriedTo.get(pool) === at) return;
      hurriedTo.set(pool, at);
      // A timer may fire within the millisecond before its time, and what is taken then is of before.
      samplers.get(pool)?.hurry?.(Math.max(0, at - options.now()) + 1);
    },
    forget(pool) {
      hurriedTo.delete(pool);
      written.delete(pool);
      samplers.drop(pool);
      probers.drop(pool);
    },
    readings: (pool) => samplers.get(pool)?.readings() ?? noReadings,
    trouble: (pool) => samplers.get(pool)?.trouble?.(),
    probings: (pool) => probers.get(pool)?.probings() ?? noProbings,
    async close() {
      closed = true;
      await Promise.all([samplers.close(), probers.close()]);
      await credentials.close();
    },
  };
}
