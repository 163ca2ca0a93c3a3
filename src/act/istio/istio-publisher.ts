import { defined } from "../../api/defined.ts";
import type { CarrierSpec } from "../../api/publish-to.ts";
import { evenCarried } from "../../decide/carriers/step.ts";
import type { Member, PlannedEndpoint } from "../../decide/planned.ts";
import type { Pool, Problem } from "../../decide/world.ts";
import { keyOf } from "../../key.ts";
import { findNamed } from "../../kube/find-named.ts";
import type { Objects } from "../../kube/objects.ts";
import {
  type KubeObject,
  type Manifest,
  managedBy,
  type ResourceRef,
  serviceEntries,
  workloadEntries,
} from "../../kube/types.ts";
import { adoptionMiss } from "../adoption.ts";
import { type AttemptResult, done, isRefused, missedBy } from "../attempts.ts";
import type { Expectations } from "../expectations.ts";
import type { Asked, Fence, Grant } from "../fence.ts";
import { OwnedObjects } from "../owned-objects.ts";
import { isFor, whoseIs } from "../slice-owner.ts";
import {
  contentOf,
  type MeshEntry,
  managedByLabel,
  podUidOf,
  toEntry,
  toServiceEntry,
  toWorkloadEntry,
  weightOf,
} from "./entry.ts";

/** How long a name that somebody else has is left alone. */
const takenMs = 10_000;

const isMarked = ({ metadata: { labels } }: KubeObject): boolean => labels?.[managedByLabel] === managedBy;

/** What Istio is told of a pool, where all is as it should be. */
export interface IstioTask {
  readonly pool: Pool;
  readonly carrier: CarrierSpec;
  readonly endpoints: readonly PlannedEndpoint[];
  readonly members: readonly Member[];
  /** By UID of the pod. */
  readonly weights: ReadonlyMap<string, number>;
}

export type EntryKind = "WorkloadEntry" | "ServiceEntry";
export type EntryOperation = "create" | "update" | "delete";

/** Told of each write: for weights where nothing else changes, else for who the pods are and how they are reached. */
export type EntryWritten = (kind: EntryKind, operation: EntryOperation, cause: "membership" | "weights") => void;

const kindOf = (ref: ResourceRef): EntryKind => (ref === workloadEntries ? "WorkloadEntry" : "ServiceEntry");

const differInWeightAlone = (before: MeshEntry, after: MeshEntry): boolean =>
  contentOf({ ...before, spec: { ...before.spec, weight: after.spec.weight } }) === contentOf(after);

/** Writes a WorkloadEntry for each pod that may get traffic, and the ServiceEntry that selects them. */
export class IstioPublisher {
  readonly workloads: OwnedObjects<MeshEntry>;
  readonly services: OwnedObjects<MeshEntry>;
  readonly #objects: Objects;
  readonly #onWrite: EntryWritten;
  /** Names that somebody else has, by kind and key. */
  readonly #taken: Expectations<Problem>;

  constructor(fence: Fence, objects: Objects, onWrite: EntryWritten) {
    this.#objects = objects;
    this.#onWrite = onWrite;
    this.workloads = new OwnedObjects(fence);
    this.services = new OwnedObjects(fence);
    this.#taken = fence.expectations(takenMs);
  }

  /** What the pool's entries weigh, by UID of the pod. */
  weights(pool: Pick<Pool, "uid">): ReadonlyMap<string, number> {
    return new Map(
      [...this.workloads.of(pool).values()].map((entry) => [podUidOf(entry), weightOf(entry) ?? evenCarried]),
    );
  }

  /** Whether anything is left of what was written for the pool. */
  isLeft(pool: Pick<Pool, "uid">): boolean {
    return this.workloads.of(pool).size + this.services.of(pool).size > 0;
  }

  /** Makes the entries of a pool lead to its endpoints and to nobody else. The names come when all entries are there. */
  publish({ pool, carrier, endpoints, members, weights }: IstioTask, grant: Grant): Asked[] {
    const known = this.workloads.of(pool);
    const pods = new Map(members.map(({ pod }) => [pod.uid, pod]));
    const wanted = new Map<string, Manifest & MeshEntry>();
    for (const { uid, ports } of endpoints) {
      const carried = { ports, weight: weights.get(uid) ?? evenCarried };
      const entry = toWorkloadEntry(pool, pods.get(uid)!, carried, carrier);
      wanted.set(entry.metadata.name, entry);
    }
    const asked = [
      ...[...wanted.values()].flatMap((entry) => this.#put(workloadEntries, entry, known, grant)),
      ...[...known.values()]
        .filter(({ metadata }) => !wanted.has(metadata.name))
        .map((entry) => this.#drop(workloadEntries, entry, grant)),
    ];
    const services = this.services.of(pool);
    const isWhole = [...wanted.keys()].every((name) => known.has(name));
    if (services.size === 0 && !isWhole) return asked;
    return [...asked, ...this.#put(serviceEntries, toServiceEntry(pool, carrier), services, grant)];
  }

  /** Takes away the entries of pods that are not among those that serve; adds nobody, and changes no other. */
  retract(pool: Pool, serving: readonly string[], grant: Grant): Asked[] {
    const uids = new Set(serving);
    return [...this.workloads.of(pool).values()]
      .filter((entry) => !uids.has(podUidOf(entry)))
      .map((entry) => this.#drop(workloadEntries, entry, grant));
  }

  /** Takes all away, the names first: they must lead nowhere at no time. */
  withdraw(pool: Pool, grant: Grant): Asked[] {
    const services = [...this.services.of(pool).values()];
    if (services.length > 0) return services.map((entry) => this.#drop(serviceEntries, entry, grant));
    return [...this.workloads.of(pool).values()].map((entry) => this.#drop(workloadEntries, entry, grant));
  }

  #cacheOf(ref: ResourceRef): OwnedObjects<MeshEntry> {
    return ref === workloadEntries ? this.workloads : this.services;
  }

  #put(ref: ResourceRef, entry: Manifest & MeshEntry, known: ReadonlyMap<string, MeshEntry>, grant: Grant): Asked[] {
    const { kind, metadata } = entry;
    const before = known.get(metadata.name);
    const content = contentOf(entry);
    if (before && contentOf(before) === content) return [];
    const key = `${kind} ${keyOf(metadata)}`;
    const problem = before ? undefined : this.#taken.get(key);
    if (problem) return [{ inMs: this.#taken.leftMs(key), problem: () => problem }];
    const asked = grant.write("entries", {
      object: `${kind} ${metadata.name}`,
      content,
      goesOn: !before,
      run: (signal) =>
        this.#cacheOf(ref).during(entry, () =>
          before ? this.#update(ref, entry, before, grant, signal) : this.#create(ref, entry, grant, signal),
        ),
    });
    return [{ ...asked, problem: () => this.#taken.get(key) ?? asked.problem() }];
  }

  /** Puts an entry as a whole, on the precondition that it is as last seen: it has one writer, its owner. */
  async #update(
    ref: ResourceRef,
    entry: Manifest & MeshEntry,
    before: MeshEntry,
    grant: Grant,
    signal: AbortSignal,
  ): Promise<AttemptResult> {
    const missed = await adoptionMiss(this.#objects, grant.pool, before, signal);
    if (missed) return missed;
    const { resourceVersion } = before.metadata;
    const metadata = { ...entry.metadata, ...defined({ resourceVersion }) };
    const outcome = await this.#objects.update(ref, { ...entry, metadata }, { signal });
    if (outcome.kind === "missing") {
      // Perhaps no watch has ever shown it, so that none will show it gone.
      this.#cacheOf(ref).noteRemoved(grant.pool, before);
      return this.#create(ref, entry, grant, signal);
    }
    if (outcome.kind !== "ok") return missedBy(outcome);
    const cause = differInWeightAlone(before, entry) ? "weights" : "membership";
    return this.#note(ref, outcome.object, grant, "update", cause);
  }

  #note(
    ref: ResourceRef,
    written: KubeObject,
    grant: Grant,
    ...[operation, cause]: [EntryOperation, "membership" | "weights"]
  ): AttemptResult {
    this.#cacheOf(ref).note(grant.pool, toEntry(written));
    this.#onWrite(kindOf(ref), operation, cause);
    return done;
  }

  async #create(
    ref: ResourceRef,
    entry: Manifest & MeshEntry,
    grant: Grant,
    signal: AbortSignal,
  ): Promise<AttemptResult> {
    const outcome = await this.#objects.create(ref, entry, { signal });
    if (outcome.kind === "exists") return this.#settleName(ref, entry, grant, signal);
    if (outcome.kind !== "ok") return missedBy(outcome);
    return this.#note(ref, outcome.object, grant, "create", "membership");
  }

  /** What stands in the way is put right where it is the pool's own, and else left alone. */
  async #settleName(
    ref: ResourceRef,
    entry: Manifest & MeshEntry,
    grant: Grant,
    signal: AbortSignal,
  ): Promise<AttemptResult> {
    const { kind, metadata } = entry;
    const found = await findNamed<MeshEntry>(this.#objects, ref, metadata, signal);
    if (found.kind !== "ok") return missedBy(found);
    const other = found.object;
    if (!other) return { kind: "overtaken", message: `${kind} ${metadata.name} came or went` };
    if (isFor(grant.pool, other, isMarked)) return this.#update(ref, entry, other, grant, signal);
    const message = `${kind} ${metadata.name} exists and ${whoseIs(other)}: delete it, or rename the pool.`;
    this.#taken.set(grant.pool, `${kind} ${keyOf(metadata)}`, { reason: "EntryNameTaken", message });
    return done;
  }

  #drop(ref: ResourceRef, entry: MeshEntry, grant: Grant): Asked {
    const { namespace, name, uid } = entry.metadata;
    return grant.write("entries", {
      object: `${kindOf(ref)} ${name}`,
      content: "",
      goesOn: true,
      run: async (signal) => {
        const outcome = await this.#objects.remove(ref, namespace, name, { uid, signal });
        if (outcome.kind !== "ok" && isRefused(outcome)) return missedBy(outcome);
        this.#cacheOf(ref).noteRemoved(grant.pool, entry);
        this.#onWrite(kindOf(ref), "delete", "membership");
        return done;
      },
    });
  }
}
