import type { Auth } from "../../api/auth.ts";
import type { Health } from "../../api/health.ts";
import type { Metrics, Sampled } from "../../api/metrics.ts";
import type { Probe } from "../../api/probe.ts";
import type { SourceType } from "../../api/sources/sources.ts";
import type { ProbeFailure } from "../../decide/membership/probe-failure.ts";
import type { SecretFound } from "../../decide/samples/findings.ts";
import type { Pod, Reading, SampleFailure } from "../../decide/world.ts";
import type { ByteBudget } from "../../pods/byte-budget.ts";
import type { DialPolicy } from "../../pods/dial.ts";
import type { FollowedCredential } from "../credentials/credential-book.ts";
import type { Prometheus } from "../query/prometheus.ts";
import type { ListPodMetrics } from "../sources/resource.ts";
import type { Clock } from "./pulse.ts";
import type { PushBook } from "./push-book.ts";
import type { Slots } from "./slots.ts";

/** One finished attempt: of a pod, or of a pool whose pods are read with one list. */
export interface Attempt {
  readonly pool: string;
  readonly outcome: "ok" | SampleFailure;
  readonly seconds: number;
}

/** One finished probe of a pod. */
export interface ProbeAttempt {
  readonly pool: string;
  readonly outcome: "ok" | ProbeFailure;
  readonly seconds: number;
}

/** What every part of a sampler shares. */
export interface SamplerContext extends Clock {
  /** For what is asked of pods. */
  readonly slots: Slots;
  /** For lists of the resource metrics API, one of which tells all of a pool's pods. */
  readonly listSlots: Slots;
  /** For queries, one of which tells a figure of all of a pool's pods. */
  readonly querySlots: Slots;
  /** Where queries are asked; undefined where the operator was not told. */
  readonly prometheus: Pick<Prometheus, "ask" | "labels"> | undefined;
  /** That large answers share. */
  readonly room: ByteBudget;
  readonly dialPolicy: DialPolicy;
  /** What pods are shown that ask who reads them. */
  readonly credentials: { follow(pool: string, auth: Auth): FollowedCredential };
  readonly listPodMetrics: ListPodMetrics;
  readonly reports: Pick<PushBook, "read">;
  /** When sampling began: what clients reported before, nobody here has heard. */
  readonly startedAt: number;
  /** `isLast`: all pods were hurried, and this is the last one of them to answer. */
  readonly onSample: (pool: string, isLast?: boolean) => void;
  readonly onAttempt: (attempt: Attempt) => void;
  readonly onProbe: (attempt: ProbeAttempt) => void;
  /** Gets what was thrown although nothing should be. */
  readonly onError: (error: unknown) => void;
}

/** What a pool's probes are made from. */
export interface ProbeSettings {
  readonly probe: Probe;
  readonly health: Health;
  /** Port where the probe names none. */
  readonly port: string;
}

interface FollowedProbe {
  readonly settings: ProbeSettings;
  /** Names of pods that were down before anybody was followed here: they stay so until they answer. */
  readonly down: ReadonlySet<string>;
}

/** What a pool wants sampled and probed. */
export interface Following {
  readonly metrics: Metrics;
  /** How ready pods are probed; absent where they are not. */
  readonly probing?: FollowedProbe | undefined;
  /** Most samples that are kept of a pod. */
  readonly keep: number;
  readonly pods: readonly Pod[];
  /** Label selector of the pods, for what lists all of them at once. */
  readonly selector?: string | undefined;
  /** When the pool came, Unix milliseconds. */
  readonly createdAt?: number;
  /** By which policy the pool's author was asked for Secrets of late. */
  readonly secretsPolicy?: string | undefined;
}

/** Samples the pods of one pool. */
export interface PoolSampler {
  /** Takes over the pods and `keep`; the metrics are those it was made with. */
  follow(following: Following): void;
  readings(): ReadonlyMap<string, Reading>;
  /** Reads every pod after a time, and from then on once per interval; absent where that would bring nothing new. */
  hurry?(inMs: number): void;
  /** What is wrong with the Secret that the pool names although there is a credential; absent: nothing ever is. */
  trouble?(): SecretFound | undefined;
  stop(): Promise<void>;
}

/** Starts to sample a pool, going on with readings of pods that were read in the same way before. */
export type StartSampler<T extends SourceType> = (
  context: SamplerContext,
  pool: string,
  metrics: Sampled<T>,
  inherited: ReadonlyMap<string, Reading>,
) => PoolSampler;

/** Pods that run and can be asked. One whose addresses were all refused is kept, to say so. */
export const isSampled = ({ phase, terminating, addresses, addressRefused }: Pod): boolean =>
  phase === "Running" && !terminating && (addresses.length > 0 || addressRefused);
