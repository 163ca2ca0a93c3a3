import { defined } from "../api/defined.ts";
import { poolAnnotation, type Service, sideLabel } from "../decide/claims/places.ts";
import type { Pool, Problem } from "../decide/world.ts";
import { keyOf } from "../key.ts";
import { type BackoffRange, doubledMs } from "../kube/backoff.ts";
import type { Change } from "../kube/object-cache.ts";
import type { Objects } from "../kube/objects.ts";
import { managedBy, services } from "../kube/types.ts";
import { done, isRefused, missedBy } from "./attempts.ts";
import { ownerOf } from "./endpoints.ts";
import { type Expectations, settleMs } from "./expectations.ts";
import type { Asked, Fence, Grant } from "./fence.ts";
import { hasPorts, ownPortsOf, portsFor } from "./service-ports.ts";
import type { NamedPlace } from "./slice-owner.ts";

const typed = { apiVersion: "v1", kind: "Service" };

/** What marks a Service as the pool's, beside its owner. That it says who may publish outlasts a pool that is orphaned. */
const marksOf = ({ name }: Pool, side: NamedPlace["side"]) => ({
  labels: { "app.kubernetes.io/managed-by": managedBy, ...defined({ [sideLabel]: side }) },
  annotations: { [poolAnnotation]: name },
});

const toService = (pool: Pool, { name, side }: NamedPlace) => ({
  ...typed,
  metadata: { name, namespace: pool.namespace, ...marksOf(pool, side), ownerReferences: [ownerOf(pool)] },
  spec: { ports: ownPortsOf(pool) },
});

const isMarked = ({ name }: Pool, side: NamedPlace["side"], service: Service): boolean =>
  service.managedBy === managedBy && service.pool === name && service.side === side;

/** How long a Service that was made, and that no watch has shown yet, counts as there. */
const unseenMs = 30_000;
/** How long what others change again and again waits to be put back. */
const contested: BackoffRange = { baseMs: settleMs, maxMs: 60_000 };
/** What was left alone for so long is put back at once. */
const forgottenMs = 600_000;

/** What was put back, how often since it was last left alone. */
interface Correction {
  readonly generation: number;
  readonly count: number;
}

const nothing = (): undefined => undefined;

/** The Services without selector that pools own. One that somebody else made is used as it is. */
export class Services {
  readonly #objects: Objects;
  /** By key of a Service that was made and not seen yet, the UID of the pool. */
  readonly #made: Expectations<string>;
  /** Services that are there and not seen yet, by key. */
  readonly #unseen: Expectations<Problem>;
  /** By the Service's UID. */
  readonly #corrections: Expectations<Correction>;
  /** Services that were deleted, by their UID. */
  readonly #removed: Expectations<true>;

  constructor(fence: Fence, objects: Objects) {
    this.#objects = objects;
    this.#made = fence.expectations(unseenMs);
    this.#unseen = fence.expectations();
    this.#corrections = fence.expectations(forgottenMs);
    this.#removed = fence.expectations(settleMs);
  }

  /** Whether the pool's Service is there although no watch has shown it. */
  isMade({ namespace, uid }: Pool, name: string): boolean {
    return this.#made.get(keyOf({ namespace, name })) === uid;
  }

  /** Takes in what the watch shows, be it that a Service is gone: from now on that goes. */
  onChange = ({ key }: Change<Service>): void => {
    this.#made.delete(key);
    this.#unseen.delete(key);
  };

  /** Makes a Service of the pool, or keeps the one that it owns as it should be. Whose a Service is that is there, only the watch tells. */
  ensure(pool: Pool, place: NamedPlace, current: Service | undefined, grant: Grant): Asked[] {
    if (!current) return this.isMade(pool, place.name) ? [] : [this.#create(pool, place, grant)];
    return current.owner === pool.uid ? this.#correct(pool, place.side, current, grant) : [];
  }

  /** Deletes a Service that the pool owns and needs no more. */
  retire({ namespace }: Pool, { name, uid, deletion }: Service, grant: Grant): Asked[] {
    if (deletion || this.#removed.get(uid)) return [];
    const asked = grant.write("service", {
      object: name,
      content: "remove",
      run: async (signal) => {
        const outcome = await this.#objects.remove(services, namespace, name, { uid, signal });
        if (outcome.kind !== "ok" && isRefused(outcome)) return missedBy(outcome);
        this.#removed.set(grant.pool, uid, true);
        return done;
      },
    });
    return [asked];
  }

  #create(pool: Pool, place: NamedPlace, grant: Grant): Asked {
    const { name } = place;
    const key = keyOf({ namespace: pool.namespace, name });
    const asked = grant.write("service", {
      object: name,
      content: `create ${pool.generation}`,
      goesOn: true,
      run: async (signal) => {
        const outcome = await this.#objects.create(services, toService(pool, place), { signal });
        if (outcome.kind === "exists") {
          const message = `Service ${name} exists, and the operator has not seen yet whose it is.`;
          this.#unseen.set(grant.pool, key, { reason: "ServiceUnseen", message });
        }
        if (outcome.kind !== "ok") return missedBy(outcome);
        this.#unseen.delete(key);
        this.#made.set(grant.pool, key, pool.uid);
        return done;
      },
    });
    return { ...asked, problem: () => this.#unseen.get(key) ?? asked.problem() };
  }

  #correct(pool: Pool, side: NamedPlace["side"], current: Service, grant: Grant): Asked[] {
    const ports = portsFor(pool, current);
    const last = this.#corrections.get(current.uid);
    const isKnown = last?.generation === pool.generation;
    if (isMarked(pool, side, current) && hasPorts(current, ports)) return [];
    const inMs = isKnown ? doubledMs(contested, last.count - 1) - this.#corrections.ageMs(current.uid) : 0;
    if (inMs > 0) return [{ inMs, problem: last && last.count > 2 ? () => contestedProblem(current) : nothing }];
    const { name, namespace, uid, resourceVersion } = current;
    const { labels, annotations } = marksOf(pool, side);
    // One that had a list before, and is the pool's own now.
    const marks = { labels: { ...(current.side && { [sideLabel]: "" }), ...labels }, annotations };
    const body = { ...typed, metadata: { name, namespace, uid, resourceVersion, ...marks }, spec: { ports } };
    const asked = grant.write("service", {
      object: name,
      content: JSON.stringify(ports),
      run: async (signal) => {
        const outcome = await this.#objects.merge(services, body, { signal });
        if (outcome.kind !== "ok") return missedBy(outcome);
        const count = isKnown ? last.count + 1 : 1;
        this.#corrections.set(grant.pool, uid, { generation: pool.generation, count });
        return done;
      },
    });
    return [asked];
  }
}

const contestedProblem = ({ name }: Service): Problem => ({
  reason: "ServiceContested",
  message: `Somebody changes the ports of Service ${name} again and again: they are put back once a minute. Change spec.ports of the pool instead.`,
});
