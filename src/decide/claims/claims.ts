import type { Pod, Pool, ScaleProblem } from "../world.ts";
import { waitsFor } from "./deletion.ts";
import { type PublishProblem, poolAnnotation, type Service, serviceOf } from "./places.ts";
import type { PoolView } from "./pool-view.ts";
import { type ListSide, splitOf } from "./split.ts";

/** Of two pools that want the same, the older one has it; the name decides between twins. */
const isOlder = (a: Pool, b: Pool): boolean =>
  a.createdAt === b.createdAt ? a.name < b.name : a.createdAt < b.createdAt;

/** One whose spec is refused publishes on by the last that was not. */
function* others(pool: Pool, views: Iterable<PoolView>): Iterable<Pool> {
  for (const view of views) {
    const other = view.valid ? view.pool : view.before;
    if (other && other.uid !== pool.uid) yield other;
  }
}

/** Pools that write replicas: one that only recommends, is paused or is being deleted leaves them to others. */
function* scaling(pool: Pool, views: Iterable<PoolView>): Iterable<Pool> {
  for (const view of views)
    if (view.valid && !view.terminating && view.uid !== pool.uid && scales(view.pool)) yield view.pool;
}

const scales = ({ spec: { scaling } }: Pool): boolean => scaling?.mode === "Auto";

const groupOf = (apiVersion: string | undefined): string | undefined => apiVersion?.split("/").at(-2);

/** Something that scales a workload, and the workload. */
export interface Autoscaler {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly target: { readonly apiVersion?: string; readonly kind: string; readonly name: string };
}

/**
 * Why somebody else decides on the replicas of the pool's workload, or may. Beside a pool that writes none, whoever likes
 * may. `unread` says which autoscalers are not known.
 */
export function scaleProblem(
  pool: Pool,
  views: Iterable<PoolView>,
  autoscalers: Iterable<Autoscaler>,
  unread?: string,
): ScaleProblem | undefined {
  const { targetRef } = pool.spec;
  if (!targetRef || !scales(pool)) return undefined;
  for (const { kind, name, target } of autoscalers) {
    const group = groupOf(target.apiVersion);
    const same = group === undefined || group === groupOf(targetRef.apiVersion);
    if (same && target.kind === targetRef.kind && target.name === targetRef.name)
      return {
        reason: "ScaledByAnother",
        message: `${kind} ${name} scales ${targetRef.kind} ${targetRef.name}: delete it, or remove spec.scaling from this pool.`,
      };
  }
  for (const other of scaling(pool, views)) {
    const ref = other.spec.targetRef;
    const same =
      ref?.kind === targetRef.kind &&
      ref.name === targetRef.name &&
      groupOf(ref.apiVersion) === groupOf(targetRef.apiVersion);
    if (same && isOlder(other, pool))
      return {
        reason: "ScaledByAnother",
        message: `LoadBalancerPool ${other.name} is older and scales ${targetRef.kind} ${targetRef.name}: remove spec.scaling from one of the two, or set its mode to Recommend.`,
      };
  }
  if (unread === undefined) return undefined;
  const message = `Whether another autoscaler scales ${targetRef.kind} ${targetRef.name} is not known: ${unread}`;
  return { reason: "AutoscalersUnreadable", message };
}

/** The API server's own Service, by which every pod finds it. */
const isApiServers = (namespace: string, service: string): boolean =>
  namespace === "default" && service === "kubernetes";

/** Whether a pool is to have a Service of this name for one of its lists. */
const splitsOn = (pool: Pool, service: string): boolean => Object.values(splitOf(pool) ?? {}).includes(service);

/** What is done where the Service is to stay somebody else's. */
export const insteadOf = (side: ListSide | undefined): string =>
  side
    ? `set another spec.access.services.${side}, or spec.access.services.type to None`
    : "set another spec.publish.service";

/**
 * Why a name that no Service has is another pool's: the older one's. A pool's own Service goes before those of its lists,
 * which are there beside it.
 */
function claimedBy(
  pool: Pool,
  name: string,
  side: ListSide | undefined,
  views: readonly PoolView[],
): string | undefined {
  const standing = [...others(pool, views)].filter(({ deletion }) => !deletion);
  const owner = standing.find((other) => serviceOf(other) === name && (side !== undefined || isOlder(other, pool)));
  if (owner && !isOlder(owner, pool)) return `LoadBalancerPool ${owner.name} publishes on Service ${name}`;
  const older = owner ?? (side && standing.find((other) => splitsOn(other, name) && isOlder(other, pool)));
  return older && `LoadBalancerPool ${older.name} is older and publishes on Service ${name}`;
}

/** Why the Service, or its absence, is another pool's. */
function takenBy(
  pool: Pool,
  name: string,
  service: Service | undefined,
  side: ListSide | undefined,
  views: readonly PoolView[],
) {
  const instead = insteadOf(side);
  if (!service) {
    const claimed = claimedBy(pool, name, side, views);
    return claimed && `${claimed}: ${instead}.`;
  }
  const owner = views.find(({ uid }) => uid === service.owner);
  if (owner) return `Service ${name} belongs to LoadBalancerPool ${owner.name}: ${instead}.`;
  const named = views.find((view) => view.name === service.pool && view.uid !== pool.uid);
  return named && `Service ${name} is for LoadBalancerPool ${named.name}, by ${poolAnnotation}: ${instead}.`;
}

/** The command by which a Service says that the pool may publish on it. */
function permission({ namespace, name }: Pool, service: Service): string {
  const overwrite = service.pool === undefined ? "" : " --overwrite";
  return `kubectl annotate service ${service.name} -n ${namespace} ${poolAnnotation}=${name}${overwrite}`;
}

const selectorRemoval = ({ name, namespace }: Service): string =>
  `kubectl patch service ${name} -n ${namespace} --type=json -p='[{"op":"remove","path":"/spec/selector"}]'`;

export interface PublishOptions {
  /** Of the Service; that of the pool unless told. */
  readonly name?: string;
  /** When the first of the pool's slices was made that stand there. */
  readonly sinceMs?: number | undefined;
  /** Of the pool. */
  readonly pods?: readonly Pod[];
  /** Which list it is for; absent: the pool's own Service. */
  readonly side?: ListSide | undefined;
}

/**
 * Why the pool may not publish on a Service as usual. The right to write a Service is what it takes to lead it to pods of
 * its namespace, by a selector or by the annotation: who writes pools alone has no way in.
 */
export function publishProblem(
  pool: Pool,
  views: Iterable<PoolView>,
  service: Service | undefined,
  { name = serviceOf(pool), sinceMs, pods = [], side }: PublishOptions = {},
): PublishProblem | undefined {
  const instead = insteadOf(side);
  if (isApiServers(pool.namespace, name)) {
    const message = `Service ${name} in namespace ${pool.namespace} is the API server's: ${instead}.`;
    return { reason: "ServiceReserved", message, standing: "Withdraw" };
  }
  const isOwn = service?.owner === pool.uid;
  const taken = isOwn ? undefined : takenBy(pool, name, service, side, [...views]);
  if (taken) return { reason: "ServiceTaken", message: taken, standing: service ? "Withdraw" : "Retract" };
  if (!service) return undefined;
  if (service.deletion) {
    const then = isOwn ? " The pool makes another when it is gone." : "";
    const message = `Service ${name} is being deleted: nothing is made for it any more.${waitsFor(service.deletion.finalizers)}${then}`;
    return { reason: "ServiceTerminating", message, standing: "Retract" };
  }
  if (service.externalName !== undefined) {
    const remedy = isOwn ? "delete it, and the pool makes it anew" : instead;
    const message = `Service ${name} is of type ExternalName, an alias of ${service.externalName} that has no endpoints: ${remedy}.`;
    return { reason: "ServiceIsExternalName", message, standing: "Retract" };
  }
  const isAllowed = isOwn || service.pool === pool.name;
  if (service.hasSelector) {
    const steps = [...(isAllowed ? [] : [permission(pool, service)]), selectorRemoval(service)].join("; ");
    const message = `Service ${name} has a selector, so Kubernetes writes its endpoints: remove the selector, or ${instead}. To remove it: ${steps}. Then delete what Kubernetes leaves there, Endpoints ${name} and its EndpointSlices: this message will name them.`;
    return { reason: "ServiceHasSelector", message, standing: "Retract" };
  }
  if (!isAllowed) {
    const whose = service.ownedBy ? `belongs to ${service.ownedBy}` : "is not of this pool's making";
    const message = `Service ${name} ${whose}, and does not say that the pool may publish on it: ${permission(pool, service)}, or ${instead}.`;
    // It took the place of another, for which the slices were meant.
    const isLater = sinceMs !== undefined && service.createdAt > sinceMs;
    return { reason: "ServiceNotAllowed", message, standing: isLater ? "Withdraw" : "Retract" };
  }
  return (isOwn ? undefined : missingPort(pool, service)) ?? missingFamily(service, pods);
}

/** Ports meet by name and protocol. What is published under another name does no harm: it waits for its port. */
function missingPort({ spec }: Pool, { name, ports, isHeadless }: Service): PublishProblem | undefined {
  if (isHeadless && ports.length === 0) return undefined;
  const absent = spec.ports.find(
    (port) => !ports.some((other) => other.name === port.name && (other.protocol ?? "TCP") === "TCP"),
  );
  if (!absent) return undefined;
  const other = ports.find((port) => port.name === absent.name);
  const message = other
    ? `Port ${absent.name} of Service ${name} is ${other.protocol}, and a pool publishes TCP: add a TCP port under another name, and rename the port in spec.ports.`
    : `Service ${name} has no port named ${absent.name}: add it, or rename the port in spec.ports.`;
  return { reason: "ServicePortMissing", message, standing: "Follow" };
}

const familyOf = (address: string): string => (address.includes(":") ? "IPv6" : "IPv4");

/** Addresses of another family than the Service's are for nobody. */
function missingFamily({ name, families }: Service, pods: readonly Pod[]): PublishProblem | undefined {
  if (families.length === 0 || pods.every(({ addresses }) => addresses.length === 0)) return undefined;
  if (pods.some(({ addresses }) => addresses.some((address) => families.includes(familyOf(address))))) return undefined;
  const message = `Service ${name} takes ${families.join(" and ")}, and no pod has such an address: set its spec.ipFamilyPolicy to PreferDualStack.`;
  return { reason: "ServiceFamilyMissing", message, standing: "Follow" };
}
