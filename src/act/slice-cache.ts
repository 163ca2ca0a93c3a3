import { keyOf } from "../key.ts";
import type { Change } from "../kube/object-cache.ts";
import { GroupIndex } from "./group-index.ts";
import type { Slice } from "./slice.ts";
import { ownerUidOf, servicesOf } from "./slice-owner.ts";

/** The slices that the watch shows, by the controller that owns them and by the Services that they stand on. */
export class SliceCache {
  readonly #byOwner = new GroupIndex<Slice>();
  readonly #byService = new GroupIndex<Slice>();

  apply({ key, current, previous }: Change<Slice>): void {
    if (previous) {
      this.#byOwner.drop(ownerUidOf(previous), key);
      for (const service of placesOf(previous)) this.#byService.drop(service, key);
    }
    if (current) {
      this.#byOwner.put(ownerUidOf(current), key, current);
      for (const service of placesOf(current)) this.#byService.put(service, key, current);
    }
  }

  /** Of a controller, by key. */
  of(uid: string): ReadonlyMap<string, Slice> {
    return this.#byOwner.of(uid);
  }

  /** Those that were made for a Service, or say that they are for it. */
  on(namespace: string, service: string): Slice[] {
    return [...this.#byService.of(keyOf({ namespace, name: service })).values()];
  }
}

const placesOf = (slice: Slice): string[] =>
  servicesOf(slice).map((service) => keyOf({ namespace: slice.metadata.namespace, name: service }));
