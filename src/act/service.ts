import type { Pool } from "../decide/world.ts";
import type { Objects } from "../kube/objects.ts";
import { services } from "../kube/types.ts";
import { type Ask, type Asked, attemptedOf, done } from "./attempts.ts";
import { ownerOf } from "./endpoints.ts";
import { managedBy } from "./slice.ts";

/** A Service as it is, as far as we own it. */
export interface ServiceState {
  readonly name: string;
  readonly uid: string;
  readonly owner?: string;
  readonly ports: readonly { readonly name?: string; readonly port: number }[];
}

const toService = (pool: Pool, name: string) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: {
    name,
    namespace: pool.namespace,
    labels: { "app.kubernetes.io/managed-by": managedBy },
    ownerReferences: [ownerOf(pool)],
  },
  spec: {
    ports: pool.spec.ports.map(({ name: portName, port }) => ({
      name: portName,
      port,
      protocol: "TCP",
      targetPort: port,
    })),
  },
});

const isAsWanted = (pool: Pool, { ports }: ServiceState): boolean =>
  ports.length === pool.spec.ports.length &&
  pool.spec.ports.every(({ name, port }) => ports.some((other) => other.name === name && other.port === port));

export interface EnsureOptions {
  readonly objects: Objects;
  readonly ask: Ask;
}

/** How long a written Service may take to come back through the watch before it is written again. */
const settleMs = 5_000;

/** The Services without selector that pools own. */
export class Services {
  readonly #now: () => number;
  readonly #writtenAt = new Map<string, { readonly generation: number; readonly at: number }>();

  /** `now` is monotonic, in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Makes the pool's Service and takes away those it had under other names. A Service that somebody else made without
   * a selector is used as it is.
   */
  ensure(
    pool: Pool,
    name: string,
    current: ServiceState | undefined,
    strays: readonly ServiceState[],
    { objects, ask }: EnsureOptions,
  ): Asked[] {
    const settled = current && (current.owner !== pool.uid || isAsWanted(pool, current));
    const written = this.#writtenAt.get(pool.uid);
    if (settled) {
      this.#writtenAt.delete(pool.uid);
      // Only now: who looks for the old name shall find the new one.
      return strays.map((stray) => this.#remove(pool, stray, { objects, ask }));
    }
    if (written?.generation === pool.generation && this.#now() - written.at < settleMs) return [];
    const put = ask({
      object: name,
      content: String(pool.generation),
      run: async (signal) => {
        const outcome = await objects.apply(services, toService(pool, name), { signal });
        if (outcome.kind !== "ok") return attemptedOf(outcome);
        this.#writtenAt.set(pool.uid, { generation: pool.generation, at: this.#now() });
        return done;
      },
    });
    return [put];
  }

  #remove({ namespace }: Pool, { name, uid }: ServiceState, { objects, ask }: EnsureOptions): Asked {
    return ask({
      object: name,
      content: "remove",
      run: async (signal) => {
        const outcome = await objects.remove(services, namespace, name, { uid, signal });
        return outcome.kind === "refused" || outcome.kind === "invalid" ? attemptedOf(outcome) : done;
      },
    });
  }

  forget(uid: string): void {
    this.#writtenAt.delete(uid);
  }
}
