import type { SliceView } from "../../decide/claims/beside.ts";
import { managedByLabel, serviceLabel } from "../../decide/claims/places.ts";
import { keyOf } from "../../key.ts";
import type { Change } from "../../kube/object-cache.ts";
import { type KubeObject, managedBy } from "../../kube/types.ts";
import { fieldsOf, textOf } from "../../kube/untyped.ts";

/** Slices of Services that do not say that they are a pool's. */
export const foreignSelector = `${serviceLabel},${managedByLabel}!=${managedBy}`;

export function toSliceView({ metadata }: KubeObject): SliceView | undefined {
  const { namespace, name, labels, ownerReferences } = metadata;
  const { [serviceLabel]: service, [managedByLabel]: manager } = labels ?? {};
  if (!service) return undefined;
  const owner = fieldsOf(ownerReferences?.find(({ controller }) => controller));
  const [kind, ownerName, uid] = [textOf(owner.kind), textOf(owner.name), textOf(owner.uid)];
  return {
    namespace: namespace ?? "",
    name,
    service,
    ...(manager && { manager }),
    ...(kind && ownerName && uid && { owner: { kind, name: ownerName, uid } }),
  };
}

const isSame = (a: SliceView | undefined, b: SliceView | undefined): boolean =>
  a?.service === b?.service && a?.manager === b?.manager && a?.owner?.uid === b?.owner?.uid;

/** The slices that others have on Services, by Service. */
export class ForeignSlices {
  readonly #byService = new Map<string, Map<string, SliceView>>();

  /** Takes in a change, and brings the Services that it is news for. */
  apply({ current, previous }: Change<SliceView>): SliceView[] {
    if (isSame(current, previous)) return [];
    if (previous) this.#drop(previous);
    if (current) this.#put(current);
    return [current, previous].filter((view) => view !== undefined);
  }

  on(namespace: string, service: string): SliceView[] {
    return [...(this.#byService.get(keyOf({ namespace, name: service }))?.values() ?? [])];
  }

  #put(view: SliceView): void {
    const key = keyOf({ namespace: view.namespace, name: view.service });
    const slices = this.#byService.get(key) ?? new Map<string, SliceView>();
    this.#byService.set(key, slices.set(keyOf(view), view));
  }

  #drop(view: SliceView): void {
    const key = keyOf({ namespace: view.namespace, name: view.service });
    const slices = this.#byService.get(key);
    slices?.delete(keyOf(view));
    if (slices?.size === 0) this.#byService.delete(key);
  }
}
