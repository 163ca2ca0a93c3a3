import { namespaces } from "../kinds/cluster.ts";
import { coreEvents } from "../kinds/event.ts";
import { type StoredObject, timestamp } from "../object/stored-object.ts";
import type { Registry } from "../registry.ts";

const kept = 1000;

/**
 * Records what controllers did, as core events; what happens again raises the count of the event that tells of it. A
 * namespace that is being deleted takes no more of them.
 */
export class CoreEventRecorder {
  readonly #registry: Registry;
  readonly #names = new Map<string, { readonly namespace: string; readonly name: string }>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  record(component: string, about: StoredObject, type: "Normal" | "Warning", reason: string, message: string): void {
    const { name = "", namespace = "default", uid = "", resourceVersion } = about.metadata;
    const home = this.#registry.find(namespaces, undefined, namespace);
    if (!home || home.metadata.deletionTimestamp !== undefined) return;
    const identity = [component, uid, type, reason, message].join(" ");
    const time = timestamp(this.#registry.now());
    const known = this.#names.get(identity);
    const manager = { manager: component };
    if (known && this.#registry.find(coreEvents, known.namespace, known.name)) {
      const raise = (event: StoredObject) => ({ ...event, count: Number(event.count ?? 1) + 1, lastTimestamp: time });
      this.#registry.update(coreEvents, known.namespace, known.name, raise, manager);
      return;
    }
    const created = this.#registry.create(
      coreEvents,
      namespace,
      {
        apiVersion: "v1",
        kind: "Event",
        metadata: { generateName: `${name}.`, namespace },
        involvedObject: { apiVersion: about.apiVersion, kind: about.kind, name, namespace, uid, resourceVersion },
        type,
        reason,
        message,
        count: 1,
        firstTimestamp: time,
        lastTimestamp: time,
        source: { component },
        reportingComponent: component,
      },
      manager,
    );
    this.#names.set(identity, { namespace, name: created.metadata.name ?? "" });
    this.#forget();
  }

  /** Real events live an hour; these live until there are too many. */
  #forget(): void {
    for (const [identity, { namespace, name }] of this.#names) {
      if (this.#names.size <= kept) return;
      this.#names.delete(identity);
      if (this.#registry.find(coreEvents, namespace, name)) this.#registry.delete(coreEvents, namespace, name);
    }
  }
}
