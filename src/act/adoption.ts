import { findNamed } from "../kube/find-named.ts";
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
  owner: PoolIdentity,
  object: KubeObject,
  signal: AbortSignal,
): Promise<AttemptResult | undefined> {
  if (ownerUidOf(object) === owner.uid) return undefined;
  const found = await findNamed(objects, loadBalancerPools, owner, signal);
  if (found.kind !== "ok") return missedBy(found);
  const pool = found.object?.metadata;
  if (pool?.uid === owner.uid && pool.deletionTimestamp === undefined) return undefined;
  return { kind: "overtaken", message: `pool ${owner.name} is gone, or is being deleted` };
}
