import type { Pool, Problem, ScaleProblem } from "../decide/world.ts";
import { type PoolView, serviceOf } from "./pool.ts";
import type { AutoscalerView, ServiceView } from "./project.ts";

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

/**
 * Why somebody else decides on the replicas of the pool's workload, or may. Beside a pool that writes none, whoever likes
 * may. `unread` says which autoscalers are not known.
 */
export function scaleProblem(
  pool: Pool,
  views: Iterable<PoolView>,
  autoscalers: Iterable<AutoscalerView>,
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

/** Why the pool's endpoints cannot go on its Service. */
export function publishProblem(
  pool: Pool,
  views: Iterable<PoolView>,
  service: ServiceView | undefined,
): Problem | undefined {
  const name = serviceOf(pool);
  for (const other of others(pool, views)) {
    if (serviceOf(other) === name && isOlder(other, pool))
      return {
        reason: "ServiceTaken",
        message: `LoadBalancerPool ${other.name} is older and publishes on Service ${name}: set another spec.publish.service.`,
      };
  }
  if (service?.hasSelector)
    return {
      reason: "ServiceHasSelector",
      message: `Service ${name} has a selector, so Kubernetes writes its endpoints: remove the selector, or set another spec.publish.service.`,
    };
  if (service?.owner !== undefined && service.owner !== pool.uid)
    return {
      reason: "ServiceTaken",
      message: `Service ${name} belongs to another controller: set another spec.publish.service.`,
    };
  const absent = service?.owner === undefined && pool.spec.ports.find((port) => !carries(service, port.name));
  if (service && absent)
    return {
      reason: "ServicePortMissing",
      message: `Service ${name} has no port named ${absent.name}: add it, or rename the port in spec.ports.`,
    };
  return undefined;
}

const carries = (service: ServiceView | undefined, name: string): boolean =>
  service === undefined || service.ports.some((port) => port.name === name);
