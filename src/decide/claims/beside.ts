import { kind as poolKind } from "../../api/pool.ts";
import type { Pool, Problem } from "../world.ts";
import { besideAnnotation, managedByLabel, type Service, serviceLabel } from "./places.ts";

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
