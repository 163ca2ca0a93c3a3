import type { Objects } from "../kube/objects.ts";
import { type KubeObject, loadBalancerPools } from "../kube/types.ts";
import { type AttemptResult, missedBy } from "./attempts.ts";
import type { PoolIdentity } from "./fence.ts";
import { ownerUidOf } from "./slice-owner.ts";

/**
 * Why an object may not be written as the pool's; undefined where it has that owner, or where the API server says that the
 * pool stays. The watch of pools may be behind: where a pool is deleted with `--cascade=orphan`, what it owns loses its
 * owner first. What was adopted then would be deleted with the pool.
 */
export async function adoptionMiss(
  objects: Objects,
  { namespace, name, uid }: PoolIdentity,
  object: KubeObject,
  signal: AbortSignal,
): Promise<AttemptResult | undefined> {
  if (ownerUidOf(object) === uid) return undefined;
  const found = await objects.list(loadBalancerPools, namespace, { fieldSelector: `metadata.name=${name}`, signal });
  if (found.kind !== "ok") return missedBy(found);
  const pool = found.object[0]?.metadata;
  if (pool?.uid === uid && pool.deletionTimestamp === undefined) return undefined;
  return { kind: "overtaken", message: `pool ${name} is gone, or is being deleted` };
}
