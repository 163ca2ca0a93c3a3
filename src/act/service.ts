import { poolAnnotation, type Service } from "../decide/claims/places.ts";
import type { Pool, Problem } from "../decide/world.ts";
import type { Change } from "../kube/object-cache.ts";
import type { Objects } from "../kube/objects.ts";
import { keyOf, managedBy, services } from "../kube/types.ts";
import { type Ask, type Asked, attemptedOf, done } from "./attempts.ts";
import { ownerOf } from "./endpoints.ts";
import { hasPorts, ownPortsOf, portsFor } from "./service-ports.ts";

const typed = { apiVersion: "v1", kind: "Service" };

/** What marks a Service as the pool's, beside its owner. That it says who may publish outlasts a pool that is orphaned. */
const marksOf = ({ name }: Pool) => ({
  labels: { "app.kubernetes.io/managed-by": managedBy },
  annotations: { [poolAnnotation]: name },
});

const toService = (pool: Pool, name: string) => ({
  ...typed,
  metadata: { name, namespace: pool.namespace, ...marksOf(pool), ownerReferences: [ownerOf(pool)] },
  spec: { ports: ownPortsOf(pool) },
});

const isMarked = ({ name }: Pool, service: Service): boolean =>
  service.managedBy === managedBy && service.pool === name;

export interface EnsureOptions {
  readonly objects: Objects;
  readonly ask: Ask;
}

/** How long what was written may take to come back through the watch before it is written again. */
const settleMs = 5_000;
/** How long a Service that was made, and that no watch has shown yet, counts as there. */
const unseenMs = 30_000;
/** At the longest, what others change again and again waits to be put back. */
const contestedMs = 60_000;
/** What was left alone for so long is put back at once. */
const forgottenMs = 600_000;

/** What was put back, how often since it was last left alone. */
interface Correction {
  readonly generation: number;
  readonly count: number;
  readonly at: number;
}

const nothing = (): undefined => undefined;

/** The Services without selector that pools own. One that somebody else made is used as it is. */
export class Services {
  readonly #now: () => number;
  /** Services that were made and not seen yet, with the UID of their pool, by key. */
  readonly #made = new Map<string, { readonly pool: string; readonly at: number }>();
  /** Services that are there and not seen yet, by key. */
  readonly #unseen = new Map<string, Problem>();
  readonly #corrections = new Map<string, Correction>();
  /** When Services were deleted, by their UID. */
  readonly #removed = new Map<string, number>();

  /** `now` is monotonic, in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether the pool's Service is there although no watch has shown it. */
  isMade({ namespace, uid }: Pool, name: string): boolean {
    const made = this.#made.get(keyOf({ namespace, name }));
    return made?.pool === uid && this.#now() - made.at < unseenMs;
  }

  /** Takes in what the watch shows, be it that a Service is gone: from now on that goes. */
  onChange = ({ key }: Change<Service>): void => {
    this.#made.delete(key);
    this.#unseen.delete(key);
  };

  /** Makes the pool's Service, or keeps the one that it owns as it should be. Whose a Service is that is there, only the watch tells. */
  ensure(pool: Pool, name: string, current: Service | undefined, options: EnsureOptions): Asked[] {
    if (!current) return this.isMade(pool, name) ? [] : [this.#create(pool, name, options)];
    return current.owner === pool.uid ? this.#correct(pool, current, options) : [];
  }

  /** Deletes a Service that the pool owns and needs no more. */
  retire({ namespace }: Pool, { name, uid, deletion }: Service, { objects, ask }: EnsureOptions): Asked[] {
    for (const [other, at] of this.#removed) if (this.#now() - at >= settleMs) this.#removed.delete(other);
    if (deletion || this.#removed.has(uid)) return [];
    const asked = ask({
      object: name,
      content: "remove",
      run: async (signal) => {
        const outcome = await objects.remove(services, namespace, name, { uid, signal });
        if (outcome.kind === "refused" || outcome.kind === "invalid") return attemptedOf(outcome);
        this.#removed.set(uid, this.#now());
        return done;
      },
    });
    return [asked];
  }

  forget(uid: string): void {
    for (const [key, { pool }] of this.#made) if (pool === uid) this.#made.delete(key);
    this.#corrections.delete(uid);
  }

  #create(pool: Pool, name: string, { objects, ask }: EnsureOptions): Asked {
    const key = keyOf({ namespace: pool.namespace, name });
    const asked = ask({
      object: name,
      content: `create ${pool.generation}`,
      goesOn: true,
      run: async (signal) => {
        const outcome = await objects.create(services, toService(pool, name), { signal });
        if (outcome.kind === "exists") {
          const message = `Service ${name} exists, and the operator has not seen yet whose it is.`;
          this.#unseen.set(key, { reason: "ServiceUnseen", message });
        }
        if (outcome.kind !== "ok") return attemptedOf(outcome);
        this.#unseen.delete(key);
        this.#made.set(key, { pool: pool.uid, at: this.#now() });
        return done;
      },
    });
    return { ...asked, problem: () => this.#unseen.get(key) ?? asked.problem() };
  }

  #correct(pool: Pool, current: Service, { objects, ask }: EnsureOptions): Asked[] {
    const ports = portsFor(pool, current);
    const last = this.#corrections.get(pool.uid);
    const isKnown = last?.generation === pool.generation;
    if (isMarked(pool, current) && hasPorts(current, ports)) {
      if (last && this.#now() - last.at >= forgottenMs) this.#corrections.delete(pool.uid);
      return [];
    }
    const restMs = isKnown ? Math.min(contestedMs, settleMs * 2 ** (last.count - 1)) : 0;
    const inMs = isKnown ? last.at + restMs - this.#now() : 0;
    if (inMs > 0) return [{ inMs, problem: last && last.count > 2 ? () => contested(current) : nothing }];
    const { name, namespace, uid, resourceVersion } = current;
    const body = { ...typed, metadata: { name, namespace, uid, resourceVersion, ...marksOf(pool) }, spec: { ports } };
    const asked = ask({
      object: name,
      content: JSON.stringify(ports),
      run: async (signal) => {
        const outcome = await objects.merge(services, body, { signal });
        if (outcome.kind !== "ok") return attemptedOf(outcome);
        const count = isKnown ? last.count + 1 : 1;
        this.#corrections.set(pool.uid, { generation: pool.generation, count, at: this.#now() });
        return done;
      },
    });
    return [asked];
  }
}

const contested = ({ name }: Service): Problem => ({
  reason: "ServiceContested",
  message: `Somebody changes the ports of Service ${name} again and again: they are put back once a minute. Change spec.ports of the pool instead.`,
});
