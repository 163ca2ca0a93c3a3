import type { Store } from "../store/store.ts";
import { namespaces, nodes } from "./cluster.ts";
import { configMaps, horizontalPodAutoscalers, leases, serviceAccounts } from "./config.ts";
import { customResourceDefinitions } from "./custom-resource-definition.ts";
import { coreEvents, events } from "./event.ts";
import { pods } from "./pod.ts";
import type { Resource } from "./resource.ts";
import { endpointSlices, services } from "./service.ts";
import { deployments, replicaSets } from "./workload.ts";

const builtIn: readonly Resource[] = [
  namespaces,
  nodes,
  pods,
  services,
  coreEvents,
  configMaps,
  serviceAccounts,
  deployments,
  replicaSets,
  endpointSlices,
  leases,
  events,
  horizontalPodAutoscalers,
  customResourceDefinitions,
];

/** The kinds that are served: the built-in ones, and those that definitions add. */
export class Catalog {
  readonly #store: Store;
  #resources: Resource[] = [];

  constructor(store: Store) {
    this.#store = store;
    for (const resource of builtIn) this.add(resource);
  }

  get resources(): readonly Resource[] {
    return this.#resources;
  }

  /** Serves a resource, in place of one with the same group, version and plural. */
  add(resource: Resource): void {
    this.#store.open(resource.table);
    const same = (other: Resource) =>
      other.group === resource.group && other.version === resource.version && other.plural === resource.plural;
    this.#resources = [...this.#resources.filter((other) => !same(other)), resource];
  }

  remove(group: string, plural: string): void {
    this.#resources = this.#resources.filter((resource) => resource.group !== group || resource.plural !== plural);
  }

  find(group: string, version: string, plural: string): Resource | undefined {
    return this.#resources.find(
      (resource) => resource.group === group && resource.version === version && resource.plural === plural,
    );
  }

  /** One resource for each table: every object is seen once. */
  get tables(): Resource[] {
    return [...new Map(this.#resources.toReversed().map((resource) => [resource.table, resource])).values()];
  }
}
