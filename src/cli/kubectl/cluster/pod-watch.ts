import { pause } from "../../../kube/backoff.ts";
import { ListWatch } from "../../../kube/list-watch.ts";
import { pods } from "../../../kube/types.ts";
import type { OpenCluster } from "./open-cluster.ts";
import type { PodObject, PoolObject } from "./pool-object.ts";
import { selectorOf } from "./read-pods.ts";

/** For so long a picture waits for its pods; whether the API server answers is told meanwhile. */
const patienceMs = 1_000;
/** After this time it is asked again which pods they are, where nobody could tell. */
const askAgainMs = 10_000;

interface Following {
  readonly selector: string | undefined;
  readonly watch: ListWatch<PodObject> | undefined;
  stop(): Promise<void>;
}

/** Follows the pods of a pool, and of whichever selector the pool comes to have. */
export class PodWatch {
  readonly #cluster: OpenCluster;
  readonly #onChange: () => void;
  #generation: number | undefined;
  #askAgainAt = Number.POSITIVE_INFINITY;
  #following: Following | undefined;

  constructor(cluster: OpenCluster, onChange: () => void) {
    this.#cluster = cluster;
    this.#onChange = onChange;
  }

  /** Undefined while they are not known, or may not be read. */
  get pods(): readonly PodObject[] | undefined {
    const watch = this.#following?.watch;
    return watch?.isSynced && watch.state.kind !== "unavailable" ? [...watch.items.values()] : undefined;
  }

  async follow(pool: PoolObject): Promise<void> {
    if (this.#generation === pool.metadata.generation && performance.now() < this.#askAgainAt) return;
    this.#generation = pool.metadata.generation;
    const selector = await selectorOf(this.#cluster, pool);
    this.#askAgainAt = selector === undefined ? performance.now() + askAgainMs : Number.POSITIVE_INFINITY;
    if (this.#following?.selector === selector) return;
    await this.close();
    this.#following = this.#open(pool.metadata.namespace!, selector);
    const waiting = new AbortController();
    const ended = AbortSignal.any([this.#cluster.signal, waiting.signal]);
    await Promise.race([this.#following.watch?.synced, pause(patienceMs, ended)]);
    waiting.abort();
  }

  async close(): Promise<void> {
    const following = this.#following;
    this.#following = undefined;
    await following?.stop();
  }

  #open(namespace: string, selector: string | undefined): Following {
    if (selector === undefined) return { selector, watch: undefined, stop: async () => {} };
    const stopping = new AbortController();
    const watch = new ListWatch<PodObject>({
      transport: this.#cluster.transport,
      ref: pods,
      namespace,
      labelSelector: selector,
      project: (raw) => raw as PodObject,
      onChange: this.#onChange,
      optional: true,
      timing: { driftCheckMs: 0 },
    });
    const running = watch.run(stopping.signal);
    return {
      selector,
      watch,
      async stop() {
        stopping.abort();
        await running;
      },
    };
  }
}
