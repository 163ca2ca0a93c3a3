import { kind as poolKind } from "../../api/pool.ts";
import { besideAnnotation, type Service } from "../../decide/claims/places.ts";
import type { Pool, Problem } from "../../decide/world.ts";
import type { Change } from "../../kube/object-cache.ts";
import { type KubeObject, keyOf, managedBy, managedByLabel, serviceLabel } from "../../kube/types.ts";
import { fieldsOf, textOf } from "../../kube/untyped.ts";

/** Slices of Services that do not say that they are a pool's. */
export const foreignSelector = `${serviceLabel},${managedByLabel}!=${managedBy}`;

/** The part of a slice's metadata that says whose it is. */
export interface SliceView {
  readonly namespace: string;
  readonly name: string;
  readonly service: string;
  /** Who says that it keeps the slice. */
  readonly manager?: string;
  /** The controller that owns it. */
  readonly owner?: { readonly kind: string; readonly name: string; readonly uid: string };
}

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
    return [...(this.#byService.get(`${namespace}/${service}`)?.values() ?? [])];
  }

  #put(view: SliceView): void {
    const key = `${view.namespace}/${view.service}`;
    const slices = this.#byService.get(key) ?? new Map<string, SliceView>();
    this.#byService.set(key, slices.set(keyOf(view), view));
  }

  #drop(view: SliceView): void {
    const key = `${view.namespace}/${view.service}`;
    const slices = this.#byService.get(key);
    slices?.delete(keyOf(view));
    if (slices?.size === 0) this.#byService.delete(key);
  }
}

/** Kubernetes' own: the first leaves its slices when a selector goes, the second makes them of Endpoints. */
const leaving = "endpointslice-controller.k8s.io";
const mirroring = "endpointslicemirroring-controller.k8s.io";

/** Named one by one; of more than these the first are. */
const mostNamed = 5;

function named(slices: readonly SliceView[]): string {
  const names = slices.slice(0, mostNamed).map(({ name, manager, owner }) => {
    const whose = owner?.kind === poolKind ? `LoadBalancerPool ${owner.name}` : (manager ?? "managed by nobody");
    return `${name} (${whose})`;
  });
  return slices.length > mostNamed ? `${names.join(", ")} and ${slices.length - mostNamed} more` : names.join(", ");
}

/** What deletes the slices so that they stay away: those that are mirrored go with their Endpoints. */
function deletion(service: string, namespace: string, slices: readonly SliceView[]): string {
  const mirrored = slices.filter(({ manager }) => manager === mirroring);
  const others = slices.filter(({ manager }) => manager !== mirroring);
  const labels = [
    ...new Set(others.map(({ manager }) => (manager ? `${managedByLabel}=${manager}` : `!${managedByLabel}`))),
  ];
  const some = `kubectl delete endpointslices -n ${namespace}`;
  return [
    ...(mirrored.length > 0 ? [`kubectl delete endpoints ${service} -n ${namespace}`] : []),
    ...(others.length > mostNamed
      ? labels.map((label) => `${some} -l '${serviceLabel}=${service},${label}'`)
      : others.length > 0
        ? [`${some} ${others.map(({ name }) => name).join(" ")}`]
        : []),
  ].join("; ");
}

/** Who else publishes on the pool's Service, without the Service saying so, and how to end it. */
export function besideProblem(
  pool: Pool,
  { name, beside }: Service,
  slices: readonly SliceView[],
): Problem | undefined {
  const isOwn = ({ owner }: SliceView) => owner?.kind === poolKind && owner.name === pool.name;
  const foreign = slices
    .filter((slice) => !isOwn(slice) && !beside.includes(slice.manager ?? ""))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  if (foreign.length === 0) return undefined;
  const deliberate = [...new Set(foreign.map(({ manager }) => manager))].filter(
    (manager) => manager !== undefined && manager !== leaving,
  );
  const keeping =
    deliberate.length === 0
      ? ""
      : ` If they are meant to be there: kubectl annotate service ${name} -n ${pool.namespace} --overwrite ${besideAnnotation}=${[...beside, ...deliberate].join(",")}.`;
  const message = `Service ${name} has EndpointSlices of others, too, of which this pool knows neither health nor drain: ${named(foreign)}. Delete them: ${deletion(name, pool.namespace, foreign)}.${keeping}`;
  return { reason: "ForeignEndpointSlices", message };
}
