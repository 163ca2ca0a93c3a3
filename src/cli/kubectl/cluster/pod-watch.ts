import { ListWatch } from "../../../kube/list-watch.ts";
import { pods } from "../../../kube/types.ts";
import type { OpenCluster } from "./open-cluster.ts";
import type { PodObject, PoolObject } from "./pool-object.ts";
import { selectorOf } from "./read-pods.ts";

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
    if (this.#generation === pool.metadata.generation) return;
    this.#generation = pool.metadata.generation;
    const selector = await selectorOf(this.#cluster, pool);
    if (this.#following?.selector === selector) return;
    await this.close();
    this.#following = this.#open(pool.metadata.namespace!, selector);
    await this.#following.watch?.synced;
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
