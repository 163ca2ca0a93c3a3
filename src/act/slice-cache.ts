import { keyOf } from "../key.ts";
import type { Change } from "../kube/object-cache.ts";
import type { Slice } from "./slice.ts";
import { controllerOf, servicesOf } from "./slice-owner.ts";

/** The slices that the watch shows, by the controller that owns them and by the Services that they stand on. */
export class SliceCache {
  readonly #byOwner = new Map<string, Map<string, Slice>>();
  readonly #byService = new Map<string, Map<string, Slice>>();

  apply({ key, current, previous }: Change<Slice>): void {
    if (previous) {
      drop(this.#byOwner, ownerUid(previous), key);
      for (const service of placesOf(previous)) drop(this.#byService, service, key);
    }
    if (current) {
      put(this.#byOwner, ownerUid(current), key, current);
      for (const service of placesOf(current)) put(this.#byService, service, key, current);
    }
  }

  /** Of a controller, by key. */
  of(uid: string): ReadonlyMap<string, Slice> {
    return this.#byOwner.get(uid) ?? none;
  }

  /** Those that were made for a Service, or say that they are for it. */
  on(namespace: string, service: string): Slice[] {
    return [...(this.#byService.get(keyOf({ namespace, name: service }))?.values() ?? [])];
  }
}

const none: ReadonlyMap<string, Slice> = new Map();

type Index = Map<string, Map<string, Slice>>;

function put(index: Index, group: string, key: string, slice: Slice): void {
  const slices = index.get(group) ?? new Map<string, Slice>();
  index.set(group, slices.set(key, slice));
}

function drop(index: Index, group: string, key: string): void {
  const slices = index.get(group);
  slices?.delete(key);
  if (slices?.size === 0) index.delete(group);
}

const ownerUid = (slice: Slice): string => controllerOf(slice)?.uid ?? "";

const placesOf = (slice: Slice): string[] =>
  servicesOf(slice).map((service) => `${slice.metadata.namespace}/${service}`);
