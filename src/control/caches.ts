import type { IstioPublisher } from "../act/istio/istio-publisher.ts";
import type { Services } from "../act/service.ts";
import { type Slice, toSlice } from "../act/slice.ts";
import { poolKeyOf, servicesOf } from "../act/slice-owner.ts";
import type { Slices } from "../act/slices.ts";
import type { PoolStatus } from "../api/status.ts";
import { asksForEntries } from "../decide/carriers/carriers.ts";
import { managedByLabel } from "../decide/claims/places.ts";
import type { PoolView } from "../decide/claims/pool-view.ts";
import type { IstioInForce, Pool } from "../decide/world.ts";
import { keyOf } from "../key.ts";
import { pause } from "../kube/backoff.ts";
import type { Discovery } from "../kube/discovery.ts";
import type { ListWatchOptions } from "../kube/list-watch-options.ts";
import type { Change } from "../kube/object-cache.ts";
import type { Transport } from "../kube/transport.ts";
import {
  endpointSlices,
  horizontalPodAutoscalers,
  type KubeLog,
  loadBalancerPools,
  managedBy,
  nodes,
  pods,
  type ResourceRef,
  services,
} from "../kube/types.ts";
import type { WatchEnd } from "../kube/watch-session.ts";
import { WatchSet } from "../kube/watch-set.ts";
import type { Cluster } from "../observe/cluster/cluster.ts";
import { foreignSelector, toSliceView } from "../observe/cluster/foreign-slices.ts";
import { toAutoscaler, toLocality, toService } from "../observe/cluster/project.ts";
import { type AutoscalerKind, Autoscalers } from "./autoscalers.ts";
import { MeshWatch } from "./mesh-watch.ts";

/** What is asked of optional kinds for longer holds nobody up. */
const optionalMs = 5_000;

const asksFor = (view: PoolView): boolean => asksForEntries((view.valid ? view.pool : view.before)?.spec, view.status);

/** What happens to the watches, for the metrics. */
export interface CacheHooks {
  readonly restarted: (resource: string, reason: WatchEnd["kind"]) => void;
  readonly drifted: (resource: string, objects: number) => void;
}

export interface CachesOptions {
  readonly transport: Transport;
  readonly discovery: Discovery;
  /** Undefined: all. */
  readonly namespaces: readonly string[] | undefined;
  readonly cluster: Cluster;
  readonly slices: Slices;
  readonly services: Services;
  readonly istio: IstioPublisher;
  readonly wake: (key: string) => void;
  readonly hooks: CacheHooks;
  readonly log: KubeLog;
}

interface SliceListeners extends Pick<CachesOptions, "slices" | "wake"> {
  readonly cluster: Pick<Cluster, "pools" | "wakeByService">;
}

export interface NamedWatch {
  readonly resource: string;
  /** The operator works without it, if need be. */
  readonly isOptional: boolean;
  readonly watches: Pick<
    WatchSet<unknown>,
    "isSynced" | "unavailable" | "unreadIn" | "ageMs" | "behindMs" | "idleMs" | "synced" | "run"
  >;
}

/** What a change of a slice does: its pool is woken unless it wrote it itself, and others on the Services at once. */
export function onSlice({ slices, cluster, wake }: SliceListeners): (change: Change<Slice>) => void {
  return (change) => {
    const { current, previous } = change;
    const slice = (current ?? previous)!;
    const namespace = slice.metadata.namespace!;
    const owner = poolKeyOf(slice);
    slices.onChange(change, () => {
      if (owner !== undefined && cluster.pools.get(namespace, owner)) wake(owner);
    });
    const touched = new Set([current, previous].flatMap((version) => (version ? servicesOf(version) : [])));
    for (const service of touched) cluster.wakeByService(namespace, service, owner);
  };
}

/** The copies of the cluster's state that passes look at. */
export class Caches {
  readonly #options: CachesOptions;
  readonly watches: readonly NamedWatch[];
  readonly #autoscalers: Autoscalers;
  readonly #mesh: MeshWatch;

  constructor(options: CachesOptions) {
    this.#options = options;
    const { cluster, services: ownServices, namespaces } = options;
    const hpas = this.#watch(horizontalPodAutoscalers, {
      project: (raw) => toAutoscaler(raw, "HorizontalPodAutoscaler"),
      onChange: cluster.onAutoscaler,
      optional: true,
    });
    const kind = "HorizontalPodAutoscaler";
    this.#autoscalers = new Autoscalers(
      { kind, ref: horizontalPodAutoscalers, watches: hpas.watches },
      {
        apiVersion: "keda.sh/v1alpha1",
        kind: "ScaledObject",
        follow: (ref) => this.#followScaledObjects(ref),
      },
    );
    this.#mesh = new MeshWatch({
      discovery: options.discovery,
      publisher: options.istio,
      follow: (ref, given) => this.#watch(ref, given).watches,
      wake: options.wake,
      wakeAll: () => {
        for (const view of cluster.pools.all()) if (asksFor(view)) options.wake(keyOf(view));
      },
    });
    this.watches = [
      this.#watch(loadBalancerPools, {
        project: cluster.toPool,
        onChange: (change) => {
          if (change.current && asksFor(change.current)) this.#mesh.want();
          cluster.onPool(change);
        },
      }),
      this.#watch(pods, { project: cluster.toPod, onChange: cluster.onPod }),
      this.#watch(services, {
        project: toService,
        onChange: (change) => {
          ownServices.onChange(change);
          cluster.onService(change);
        },
      }),
      this.#watch(endpointSlices, {
        project: toSlice,
        labelSelector: `${managedByLabel}=${managedBy}`,
        onChange: onSlice(options),
      }),
      this.#watch(endpointSlices, {
        resource: "endpointslices/others",
        project: toSliceView,
        labelSelector: foreignSelector,
        metadataOnly: true,
        onChange: cluster.onForeignSlice,
      }),
      hpas,
      // Nodes lie in no namespace: an operator that may see some namespaces only has to do without zones.
      ...(namespaces
        ? []
        : [this.#watch(nodes, { project: toLocality, onChange: cluster.onLocality, optional: true })]),
    ];
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { discovery } = this.#options;
    await Promise.all([
      ...this.watches.map(({ watches }) => watches.run(signal)),
      this.#autoscalers.run(discovery, signal),
      this.#mesh.run(signal),
    ]);
  }

  /** Resolves when every cache that must be there is complete; those that may be missing are waited for for a while. */
  async synced(): Promise<void> {
    const optional = this.watches.filter(({ isOptional }) => isOptional);
    const patience = new AbortController();
    const needed = Promise.all(
      this.watches.filter(({ isOptional }) => !isOptional).map(({ watches }) => watches.synced()),
    );
    // Who asks for entries, the pools tell.
    const mesh = needed.then(() => this.#mesh.settled());
    await Promise.all([
      needed,
      Promise.race([
        Promise.all([mesh, this.#autoscalers.settled(), ...optional.map(({ watches }) => watches.synced())]),
        pause(optionalMs, patience.signal),
      ]),
    ]);
    patience.abort();
  }

  /** Why it is not known which autoscalers there are in a namespace; undefined where it is. */
  autoscalersUnread(namespace: string): string | undefined {
    return this.#autoscalers.unreadIn(namespace);
  }

  /** What Istio's entries say of a pool; undefined where it asks for none. */
  entriesOf(pool: Pool, status: PoolStatus): IstioInForce | undefined {
    return asksForEntries(pool.spec, status) ? this.#mesh.look(pool) : undefined;
  }

  #followScaledObjects(ref: ResourceRef): AutoscalerKind {
    const { watches } = this.#watch(ref, {
      project: (raw) => toAutoscaler(raw, "ScaledObject"),
      onChange: this.#options.cluster.onAutoscaler,
      optional: true,
    });
    return { kind: "ScaledObject", ref, watches };
  }

  #watch<T>(
    ref: ResourceRef,
    {
      resource = ref.plural,
      ...options
    }: Pick<ListWatchOptions<T>, "project" | "onChange" | "optional" | "labelSelector" | "metadataOnly"> & {
      readonly resource?: string;
    },
  ): NamedWatch {
    const { transport, namespaces, hooks, log } = this.#options;
    const watches = new WatchSet<T>(ref.namespaced ? namespaces : undefined, {
      transport,
      ref,
      log,
      onError: (error, key) => log.warn({ resource, key, error }, "a change could not be taken in"),
      onWatchEnd: ({ kind }) => hooks.restarted(resource, kind),
      // Also of none: a series that began with what is lost first would show no increase.
      onList: (reason, differences) => hooks.drifted(resource, reason === "drifted" ? differences : 0),
      ...options,
    });
    return { resource, isOptional: options.optional === true, watches };
  }
}
