import { createDiscovery } from "../../../kube/discovery.ts";
import { readScale } from "../../../kube/scale.ts";
import { pods } from "../../../kube/types.ts";
import type { OpenCluster } from "./open-cluster.ts";
import type { PodObject, PoolObject } from "./pool-object.ts";

/** The label selector of a pool's pods; undefined when it cannot be known, as without the right to read `scale`. */
export async function selectorOf(
  { transport, signal }: OpenCluster,
  { metadata, spec }: PoolObject,
): Promise<string | undefined> {
  if (spec.selector) {
    const labels = Object.entries(spec.selector.matchLabels ?? {}).map(([name, value]) => `${name}=${value}`);
    return labels.length > 0 ? labels.join() : undefined;
  }
  const { apiVersion = "apps/v1", kind = "Deployment", name } = spec.targetRef ?? {};
  if (name === undefined) return undefined;
  try {
    const resolved = await createDiscovery({ transport }).resolve(apiVersion, kind);
    const scale = resolved && (await readScale(transport, resolved.ref, metadata.namespace!, name, { signal }));
    return scale?.selector || undefined;
  } catch {
    // The pods only add to what the pool itself tells.
    signal.throwIfAborted();
    return undefined;
  }
}

/** The pods that a pool may take in; undefined when they cannot be read, for then the pool's status has to do. */
export async function readPods(cluster: OpenCluster, pool: PoolObject): Promise<readonly PodObject[] | undefined> {
  const { objects, signal } = cluster;
  const labelSelector = await selectorOf(cluster, pool);
  if (labelSelector === undefined) return undefined;
  const outcome = await objects.list<PodObject>(pods, pool.metadata.namespace, { labelSelector, signal });
  return outcome.kind === "ok" ? outcome.object : undefined;
}
