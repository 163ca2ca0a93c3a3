import { managedBy, managedByLabel } from "../act/slice.ts";
import { type Slices, toSlice } from "../act/slices.ts";
import { pause } from "../kube/backoff.ts";
import type { Discovery } from "../kube/discovery.ts";
import type { ListWatchOptions } from "../kube/list-watch-options.ts";
import type { Transport } from "../kube/transport.ts";
import {
  endpointSlices,
  horizontalPodAutoscalers,
  type Log,
  loadBalancerPools,
  nodes,
  pods,
  type ResourceRef,
  services,
} from "../kube/types.ts";
import { WatchSet } from "../kube/watch-set.ts";
import type { Cluster } from "../observe/cluster.ts";
import { toAutoscaler, toService, toZone } from "../observe/project.ts";

/** Between two looks for a kind that the cluster may get. */
const lookAgainMs = 60_000;

/** What happens to the watches, for the metrics. */
export interface CacheHooks {
  readonly restarted: (resource: string, reason: string) => void;
  readonly drifted: (resource: string, objects: number) => void;
}

export interface CachesOptions {
  readonly transport: Transport;
  readonly discovery: Discovery;
  /** Undefined: all. */
  readonly namespaces: readonly string[] | undefined;
  readonly cluster: Cluster;
  readonly slices: Slices;
  readonly hooks: CacheHooks;
  readonly log: Log;
}

export interface NamedWatch {
  readonly resource: string;
  readonly watches: Pick<WatchSet<unknown>, "isSynced" | "unavailable" | "ageMs" | "idleMs" | "synced" | "run">;
}

/** The copies of the cluster's state that passes look at. */
export class Caches {
  readonly #options: CachesOptions;
  readonly watches: readonly NamedWatch[];

  constructor(options: CachesOptions) {
    this.#options = options;
    const { cluster, slices, namespaces } = options;
    this.watches = [
      this.#watch(loadBalancerPools, { project: cluster.toPool, onChange: cluster.onPool }),
      this.#watch(pods, { project: cluster.toPod, onChange: cluster.onPod }),
      this.#watch(services, { project: toService, onChange: cluster.onService }),
      this.#watch(endpointSlices, {
        project: toSlice,
        labelSelector: `${managedByLabel}=${managedBy}`,
        onChange: (change) => {
          if (!slices.onChange(change)) return;
          const { namespace, labels } = (change.current ?? change.previous)!.metadata;
          cluster.wakeByService(namespace!, labels?.["kubernetes.io/service-name"] ?? "");
        },
      }),
      this.#watch(horizontalPodAutoscalers, {
        project: (raw) => toAutoscaler(raw, "HorizontalPodAutoscaler"),
        onChange: cluster.onAutoscaler,
        optional: true,
      }),
      // Nodes lie in no namespace: an operator that may see some namespaces only has to do without zones.
      ...(namespaces ? [] : [this.#watch(nodes, { project: toZone, onChange: cluster.onZone, optional: true })]),
    ];
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.watches.map(({ watches }) => watches.run(signal)), this.#watchScaledObjects(signal)]);
  }

  /** Resolves when every cache that must be there is complete. */
  async synced(): Promise<void> {
    await Promise.all(this.watches.map(({ watches }) => watches.synced()));
  }

  #watch<T>(
    ref: ResourceRef,
    options: Pick<ListWatchOptions<T>, "project" | "onChange" | "optional" | "labelSelector">,
  ): NamedWatch {
    const { transport, namespaces, hooks, log } = this.#options;
    const resource = ref.plural;
    const watches = new WatchSet<T>(ref.namespaced ? namespaces : undefined, {
      transport,
      ref,
      log,
      onError: (error, key) => log.warn({ resource, key, error }, "a change could not be taken in"),
      onWatchEnd: ({ kind }) => hooks.restarted(resource, kind),
      onList: (reason, differences) => {
        if (reason === "drifted") hooks.drifted(resource, differences);
      },
      ...options,
    });
    return { resource, watches };
  }

  /** KEDA's ScaledObjects, where the cluster has them. A missing kind is looked for again by and by. */
  async #watchScaledObjects(signal: AbortSignal): Promise<void> {
    const { discovery, cluster, log } = this.#options;
    while (!signal.aborted) {
      try {
        const found = await discovery.resolve("keda.sh/v1alpha1", "ScaledObject");
        if (found) {
          const { watches } = this.#watch(found.ref, {
            project: (raw) => toAutoscaler(raw, "ScaledObject"),
            onChange: cluster.onAutoscaler,
            optional: true,
          });
          return await watches.run(signal);
        }
      } catch (error) {
        log.debug({ error }, "the API server does not say whether it has ScaledObjects");
      }
      await pause(lookAgainMs, signal);
    }
  }
}
