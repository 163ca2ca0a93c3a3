import { nearNames } from "../../../decide/basics/near.ts";
import { parseSelector, selects } from "../../../decide/membership/selector.ts";
import { pods } from "../../../kube/types.ts";
import { Failure, refusalToFailure } from "../failure.ts";
import { listPools } from "./find-pool.ts";
import type { OpenCluster } from "./open-cluster.ts";
import { nameOf, type PodObject, type PoolObject } from "./pool-object.ts";
import { selectorOf } from "./read-pods.ts";

const listed = ({ status }: PoolObject, pod: string): boolean =>
  status?.endpoints?.some((endpoint) => endpoint.pod === pod) ?? false;

async function selectsPod(cluster: OpenCluster, pool: PoolObject, { metadata }: PodObject): Promise<boolean> {
  const selector = parseSelector((await selectorOf(cluster, pool)) ?? "");
  return selector !== undefined && selects(selector, metadata.labels ?? {});
}

/** The pools that a pod belongs to. */
export async function poolsOf(cluster: OpenCluster, pod: PodObject): Promise<readonly PoolObject[]> {
  const namespace = pod.metadata.namespace!;
  const pools = await listPools(cluster, namespace);
  const found: PoolObject[] = [];
  for (const pool of pools)
    if (listed(pool, pod.metadata.name) || (await selectsPod(cluster, pool, pod))) found.push(pool);
  if (found.length > 0) return found;
  const names = pools.map(({ metadata }) => metadata.name).join(", ") || "none";
  throw new Failure(`pod ${nameOf(pod)} belongs to no pool; namespace ${namespace} has ${names}`);
}

export async function getPod(cluster: OpenCluster, namespace: string, name: string): Promise<PodObject> {
  const outcome = await cluster.objects.get<PodObject>(pods, namespace, name, { signal: cluster.signal });
  if (outcome.kind === "ok") return outcome.object;
  if (outcome.kind !== "missing") throw refusalToFailure(outcome, `pod ${namespace}/${name} cannot be read`);
  const pools = await listPools(cluster, namespace);
  const near = nearNames(
    name,
    pools.flatMap(({ status }) => status?.endpoints?.map(({ pod }) => pod) ?? []),
  );
  const advice = near.length > 0 ? `: did you mean ${near.join(" or ")}?` : "; status POOL lists those of a pool";
  throw new Failure(`there is no pod ${namespace}/${name}${advice}`);
}
