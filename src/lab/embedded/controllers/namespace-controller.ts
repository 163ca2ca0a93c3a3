import { namespaces } from "../kinds/cluster.ts";
import { objectOf } from "../object/json.ts";
import type { StoredObject } from "../object/stored-object.ts";
import type { ControlLoop, ControllerContext } from "./context.ts";
import { WorkQueue } from "./work-queue.ts";

const manager = "kube-controller-manager";

/** Empties a deleted namespace, then lets it go. */
export function runNamespaceController({ registry, onError }: ControllerContext): ControlLoop {
  const { store, catalog } = registry;
  const queue = new WorkQueue(sync, onError);
  const unlisten = store.listenToAll((table, { type, object }) => {
    const { namespace, name = "" } = object.metadata;
    if (table === namespaces.table && type === "MODIFIED") queue.add(name);
    else if (type === "DELETED" && namespace !== undefined) queue.add(namespace);
  });

  function sync(name: string): void {
    const namespace = registry.find(namespaces, undefined, name);
    if (namespace?.metadata.deletionTimestamp === undefined) return;
    let left = 0;
    for (const resource of catalog.tables.filter(({ namespaced }) => namespaced)) {
      for (const { metadata } of registry.list(resource, name)) {
        if (metadata.deletionTimestamp === undefined) registry.delete(resource, name, metadata.name ?? "");
        if (registry.find(resource, name, metadata.name ?? "")) left++;
      }
    }
    if (left > 0) return;
    const release = (current: StoredObject) => ({ ...current, spec: { ...objectOf(current.spec), finalizers: [] } });
    registry.update(namespaces, undefined, name, release, { manager, subresource: "finalize" });
  }

  return {
    close: async () => {
      unlisten();
      queue.close();
    },
  };
}
