import { Actor } from "../act/act.ts";
import { DeletionCosts } from "../act/deletion-costs.ts";
import { Fence } from "../act/fence.ts";
import { IstioPublisher } from "../act/istio/istio-publisher.ts";
import { Publisher } from "../act/publisher.ts";
import { Rebalancer } from "../act/rebalancer.ts";
import { Scales } from "../act/scales.ts";
import { Services } from "../act/service.ts";
import { Slices } from "../act/slices.ts";
import { Statuses } from "../act/statuses.ts";
import { createBreathe } from "../breathe.ts";
import { keyOf, namesIn } from "../key.ts";
import { aborted } from "../kube/backoff.ts";
import { createDiscovery } from "../kube/discovery.ts";
import { EventRecorder } from "../kube/events.ts";
import { Gate } from "../kube/gate.ts";
import { createObjects } from "../kube/objects.ts";
import type { Transport } from "../kube/transport.ts";
import { type KubeObject, podMetrics } from "../kube/types.ts";
import { Cluster } from "../observe/cluster/cluster.ts";
import type { Prometheus } from "../observe/query/prometheus.ts";
import type { PushBook } from "../observe/sampling/push-book.ts";
import { createSampler, type Sampler } from "../observe/sampling/sampler.ts";
import type { PodMetrics } from "../observe/sources/resource.ts";
import { Owners } from "../observe/targets/owners.ts";
import { TargetPods } from "../observe/targets/target-pods.ts";
import { Targets } from "../observe/targets/targets.ts";
import type { Log } from "../telemetry/log.ts";
import type { OperatorMetrics } from "../telemetry/operator-metrics.ts";
import { Caches, type NamedWatch } from "./caches.ts";
import { credentialSources } from "./credential-sources.ts";
import type { FirstPasses } from "./first-passes.ts";
import { type Handled, Queue } from "./queue.ts";
import { reconcile, type World } from "./reconcile.ts";
import { SamplePace } from "./sample-pace.ts";
import { MarkSweep } from "./sweep-marks.ts";
import { watchMisses } from "./watch-misses.ts";

export interface ControllerOptions {
  readonly transport: Transport;
  /** Namespaces to look at; undefined: all. */
  readonly namespaces: readonly string[] | undefined;
  /** Who we are, in Events. */
  readonly identity: string;
  /** Pods may live on loopback, as those of the embedded cluster do. */
  readonly allowLoopback: boolean;
  /** Aborts when this replica leads no longer, and with it whatever is being written; undefined while it may not write. */
  readonly term: () => AbortSignal | undefined;
  /** Of the pools that the first listing showed. */
  readonly first: FirstPasses;
  /** Where pools with source query are asked; undefined: nowhere. */
  readonly prometheus: Prometheus | undefined;
  /** Name of the policy that asks who may name a Secret. Undefined: none is read. */
  readonly credentialsPolicy?: string | undefined;
  /** What clients report of their connections. */
  readonly reports: Pick<PushBook, "read">;
  /** Whether nobody reports without a token. */
  readonly reportsAuthenticated: boolean;
  readonly onPlan: World["onPlan"];
  readonly onGone: (key: string) => void;
  readonly metrics: OperatorMetrics;
  readonly log: Log;
}

/** Pods of a rollout turn ready within milliseconds of each other. */
const restMs = 50;
/** A pass may wait a moment for its writes; none waits for those of another pool. */
const workers = 64;
/** Writes under way at once. What hangs is bounded by itself, so that pools whose writes hang do not delay the others. */
const writes = { brisk: 24, slow: 40, slowMs: 500 };

/** The crank: events and samples wake pools, a woken pool gets a pass. */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #queue: Queue;
  /** Of namespaces with marks in them. */
  readonly #sweeps: Queue;
  readonly #sweep: MarkSweep;
  readonly #cluster: Cluster;
  readonly #targets: Targets;
  readonly #owners: Owners;
  readonly #caches: Caches;
  readonly #sampler: Sampler;
  readonly #recorder: EventRecorder;
  readonly #fence: Fence;
  readonly #rebalancer: Rebalancer;
  readonly #pace = new SamplePace(() => performance.now());
  #synced = false;

  constructor(options: ControllerOptions) {
    this.#options = options;
    const { transport, namespaces, allowLoopback, metrics, log, term } = options;
    const monotonic = () => performance.now();
    const objects = createObjects(transport);
    const discovery = createDiscovery({ transport });
    this.#recorder = new EventRecorder({ transport, instance: options.identity, log });
    const writing = { gate: new Gate({ ...writes, now: monotonic }), now: monotonic, random: Math.random, term };
    this.#fence = new Fence({
      ...writing,
      wake: (pool) => this.#queue.add(keyOf(pool)),
      onMiss: watchMisses(metrics, this.#recorder, log),
    });
    const slices = new Slices(this.#fence);
    const services = new Services(this.#fence, objects);
    const istio = new IstioPublisher(this.#fence, objects, metrics.entryWritten);
    const costs = new DeletionCosts(this.#fence, objects);
    const statuses = new Statuses(this.#fence, objects);
    const breathe = createBreathe();
    this.#rebalancer = new Rebalancer({
      fence: this.#fence,
      dialPolicy: { allowLoopback },
      onAsked: metrics.rebalanced,
    });
    const actor = new Actor({
      fence: this.#fence,
      slices,
      publisher: new Publisher({ objects, slices, onWrite: metrics.sliceWritten }),
      services,
      istio,
      costs,
      scales: new Scales(this.#fence, transport),
      rebalancer: this.#rebalancer,
      statuses,
      recorder: this.#recorder,
      onScaleWritten: metrics.scaleWritten,
      onStatusWritten: metrics.statusWritten,
      breathe,
      log,
    });
    this.#targets = new Targets({
      transport,
      discovery,
      namespaces,
      log,
      onChange: (kind, namespace, name) => this.#cluster.wakeByTarget(namespace, kind, name),
      onKind: (kind) => this.#cluster.wakeByKind(kind),
    });
    this.#owners = new Owners({
      transport,
      discovery,
      log,
      onRead: (namespace) => this.#cluster.wakeByOwners(namespace),
    });
    this.#cluster = new Cluster({
      allowLoopback,
      wake: (key) => this.#queue.add(key),
      wakeMarks: (namespace) => this.#sweeps.add(namespace),
      slices,
      targets: new TargetPods({ targets: this.#targets, owners: this.#owners, now: monotonic }),
      statusOf: (view) => statuses.of(view),
      autoscalersUnread: (namespace) => this.#caches.autoscalersUnread(namespace),
      entriesOf: (pool, view) => this.#caches.entriesOf(pool, statuses.of(view)),
    });
    this.#caches = new Caches({
      transport,
      discovery,
      namespaces,
      cluster: this.#cluster,
      slices,
      services,
      istio,
      wake: (key) => this.#queue.add(key),
      log,
      hooks: { restarted: metrics.watchRestarted, drifted: metrics.relistDrifted },
    });
    this.#sampler = createSampler({
      now: Date.now,
      random: Math.random,
      allowLoopback,
      credentials: options.credentialsPolicy ? credentialSources(objects, options.credentialsPolicy) : undefined,
      reports: options.reports,
      prometheus: options.prometheus,
      onSample: (key, isLast) => this.#queue.add(key, isLast ? 0 : this.#pace.withinMs(key)),
      onAttempt: ({ pool, outcome, seconds }) => metrics.sampled(namesIn(pool), outcome, seconds),
      onProbe: ({ pool, outcome, seconds }) => metrics.probed(namesIn(pool), outcome, seconds),
      onError: (error) => log.error({ error }, "sampling failed where it must not"),
      listPodMetrics: async (namespace, labelSelector, signal) => {
        const outcome = await objects.list<KubeObject & PodMetrics>(podMetrics, namespace, {
          labelSelector,
          signal,
          lane: "figures",
          // Servers of metrics take no notice of a limit.
          unpaged: true,
        });
        return outcome.kind === "ok" ? outcome.object : undefined;
      },
    });
    const world: World = {
      cluster: this.#cluster,
      sampler: this.#sampler,
      actor,
      statuses,
      memories: new Map(),
      reportsAuthenticated: options.reportsAuthenticated,
      now: Date.now,
      breathe,
      onPlan: (key, observation, plan, status) => {
        this.#pace.note(key, observation);
        if (plan.drain) this.#cluster.expectDrain(observation.pool);
        options.onPlan(key, observation, plan, status);
      },
      onGone: (key: string) => {
        this.#fence.forget(namesIn(key));
        this.#pace.forget(key);
        options.onGone(key);
      },
    };
    const queueing = { restMs, backoff: { baseMs: 100, maxMs: 30_000 }, now: monotonic, random: Math.random };
    this.#sweep = new MarkSweep({
      ...writing,
      cluster: this.#cluster,
      costs,
      wake: (namespace) => this.#sweeps.add(namespace),
      log,
    });
    this.#sweeps = new Queue({
      ...queueing,
      handle: async (namespace, signal) => this.#sweep.look(namespace, signal),
      workers: 1,
    });
    this.#queue = new Queue({
      ...queueing,
      handle: (key, signal) => reconcile(world, key, signal),
      workers,
      onHandled: ({ key, outcome, waitedMs, tookMs, error }) => {
        metrics.passed(outcome, tookMs / 1_000);
        metrics.dequeued(waitedMs / 1_000);
        metrics.queued(this.#queue.depth);
        this.#settle(key, outcome);
        if (outcome === "failed") log.warn({ pool: key, error }, "a pass failed and will be repeated");
      },
    });
  }

  /** The watches by resource, for health checks. */
  get watches(): readonly NamedWatch[] {
    return this.#caches.watches;
  }

  /** Whether every cache is complete: before that nothing is decided. */
  get isSynced(): boolean {
    return this.#synced;
  }

  /** Wakes every pool: a new leader does what the old one left. */
  wakeAll(): void {
    for (const key of this.#keys()) this.#queue.add(key);
    for (const namespace of this.#cluster.marked) this.#sweeps.add(namespace);
  }

  #keys(): string[] {
    return [...this.#cluster.pools.all()].map(keyOf);
  }

  /** A pass that still waits for the workload to be read is none yet. */
  #settle(key: string, outcome: Handled["outcome"]): void {
    if (!this.#options.first.isAwaited(key)) return;
    if (outcome === "failed" || this.#cluster.look(key)?.kind !== "unread") this.#options.first.settle(key);
  }

  /** Runs until the signal aborts; resolves when everything begun has ended. */
  async run(given: AbortSignal): Promise<void> {
    const { log } = this.#options;
    const { signal, loop } = endTogether(given);
    const watching = loop(Promise.all([this.#caches.run(signal), this.#targets.run(signal), this.#owners.run(signal)]));
    const recording = loop(this.#recorder.run(signal));
    try {
      await Promise.race([this.#caches.synced(), aborted(signal)]);
      if (signal.aborted) return;
      this.#options.first.begin(this.#keys());
      this.#synced = true;
      log.info({ pools: this.#keys().length }, "caches are complete");
      await Promise.all([loop(this.#queue.run(signal)), loop(this.#sweeps.run(signal))]);
      await Promise.all([this.#fence.ended(), this.#rebalancer.ended(), this.#sweep.ended()]);
    } finally {
      await this.#sampler.close();
      await Promise.all([watching, recording]);
    }
  }
}

/** Loops of which none is to go on without the others: where one fails, all end, and with its error. */
function endTogether(given: AbortSignal) {
  const failing = new AbortController();
  const loop = <T>(running: Promise<T>): Promise<T> => {
    // Heard here too, as who waits for it may do so only in the end.
    running.catch((error: unknown) => failing.abort(error));
    return running;
  };
  return { signal: AbortSignal.any([given, failing.signal]), loop };
}
