import type { Resource } from "../kinds/resource.ts";
import { keyOf, type StoredObject, withMetadata } from "../object/stored-object.ts";
import { foregroundFinalizer, orphanFinalizer } from "../writes/deletion.ts";
import type { ControlLoop, ControllerContext } from "./context.ts";
import { WorkQueue } from "./work-queue.ts";

const manager = "kube-controller-manager";

const ownersOf = ({ metadata }: StoredObject) => metadata.ownerReferences ?? [];

/** Deletes what has lost its owners, and does what the propagation policy of a deleted owner asks for. */
export function runGarbageCollector({ registry, onError }: ControllerContext): ControlLoop {
  const { store, catalog } = registry;
  const queue = new WorkQueue(sync, onError);
  /** Keys of the objects that name an owner, by its uid. */
  const dependents = new Map<string, Set<string>>();
  const owners = new Map<string, string>();

  const unlisten = store.listenToAll((table, { type, object, previous }) => {
    const key = `${table}|${keyOf(object)}`;
    const { uid = "" } = object.metadata;
    for (const owner of previous ? ownersOf(previous) : []) dependents.get(owner.uid)?.delete(key);
    if (type === "DELETED") {
      owners.delete(uid);
      for (const dependent of dependents.get(uid) ?? []) queue.add(dependent);
      dependents.delete(uid);
      for (const owner of ownersOf(object)) queue.add(owners.get(owner.uid) ?? key);
      return;
    }
    owners.set(uid, key);
    for (const { uid: owner } of ownersOf(object)) dependents.set(owner, (dependents.get(owner) ?? new Set()).add(key));
    if (ownersOf(object).length > 0 || object.metadata.deletionTimestamp !== undefined) queue.add(key);
  });

  function locate(key: string): { readonly resource: Resource; readonly object: StoredObject } | undefined {
    const [table = "", path = ""] = key.split("|");
    const [namespace, name = ""] = path.split("/");
    const resource = catalog.tables.find((candidate) => candidate.table === table);
    const object = resource && registry.find(resource, namespace || undefined, name);
    return object && { resource, object };
  }

  function sync(key: string): void {
    const found = locate(key);
    if (!found) return;
    const { resource, object } = found;
    const { finalizers = [], deletionTimestamp } = object.metadata;
    if (deletionTimestamp === undefined) collect(resource, object);
    else if (finalizers.includes(orphanFinalizer)) orphan(resource, object);
    else if (finalizers.includes(foregroundFinalizer)) deleteDependents(resource, object);
  }

  const edit = (resource: Resource, { metadata }: StoredObject, change: (current: StoredObject) => StoredObject) =>
    registry.update(resource, metadata.namespace, metadata.name ?? "", change, { manager });

  const unfinalize = (resource: Resource, object: StoredObject, finalizer: string) =>
    edit(resource, object, (current) => {
      const left = (current.metadata.finalizers ?? []).filter((name) => name !== finalizer);
      return withMetadata(current, { finalizers: left.length === 0 ? undefined : left });
    });

  const disown = (resource: Resource, object: StoredObject, isGone: (uid: string) => boolean) =>
    edit(resource, object, (current) => {
      const left = ownersOf(current).filter((owner) => !isGone(owner.uid));
      return withMetadata(current, { ownerReferences: left.length === 0 ? undefined : left });
    });

  /** An object goes with the last of its owners; owners that are gone while others live are struck from its list. */
  function collect(resource: Resource, object: StoredObject): void {
    const living = ownersOf(object).filter((owner) => store.hasUid(owner.uid));
    if (living.length === ownersOf(object).length) return;
    const { namespace, name = "", uid } = object.metadata;
    if (living.length === 0) registry.delete(resource, namespace, name, { uid, propagationPolicy: "Background" });
    else disown(resource, object, (owner) => !store.hasUid(owner));
  }

  function orphan(resource: Resource, owner: StoredObject): void {
    for (const dependent of dependentsOf(owner)) {
      disown(dependent.resource, dependent.object, (uid) => uid === owner.metadata.uid);
    }
    unfinalize(resource, owner, orphanFinalizer);
  }

  function deleteDependents(resource: Resource, owner: StoredObject): void {
    const left = dependentsOf(owner);
    const blocks = ({ object }: { readonly object: StoredObject }) =>
      ownersOf(object).some(({ uid, blockOwnerDeletion }) => uid === owner.metadata.uid && blockOwnerDeletion === true);
    for (const dependent of left) {
      const { namespace, name = "", uid, deletionTimestamp } = dependent.object.metadata;
      const options = { uid, propagationPolicy: "Foreground" };
      if (deletionTimestamp === undefined) registry.delete(dependent.resource, namespace, name, options);
    }
    if (!left.some(blocks)) unfinalize(resource, owner, foregroundFinalizer);
  }

  const dependentsOf = ({ metadata }: StoredObject) =>
    [...(dependents.get(metadata.uid ?? "") ?? [])].map(locate).filter((found) => found !== undefined);

  return {
    close: async () => {
      unlisten();
      queue.close();
    },
  };
}
