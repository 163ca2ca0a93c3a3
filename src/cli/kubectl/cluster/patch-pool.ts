import { outcomeOf } from "../../../kube/outcome.ts";
import { target } from "../../../kube/transport.ts";
import { loadBalancerPools } from "../../../kube/types.ts";
import { Failure, refusalToFailure } from "../failure.ts";
import { getPool, type PoolReference } from "./find-pool.ts";
import type { OpenCluster } from "./open-cluster.ts";
import { nameOf, type PoolObject } from "./pool-object.ts";

/** What we call ourselves in the managed fields. */
export const fieldManager = "kubectl-evenkeel";

const attempts = 5;

/**
 * Changes a pool by a merge patch that `change` makes of the pool as it is; undefined leaves it. Where somebody wrote in
 * between, it is made anew. Brings the pool as `change` saw it last.
 */
export async function patchPool(
  cluster: OpenCluster,
  name: PoolReference,
  change: (pool: PoolObject) => { readonly metadata?: object; readonly spec?: object } | undefined,
): Promise<PoolObject> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const pool = await getPool(cluster, name);
    const patch = change(pool);
    if (!patch) return pool;
    const { uid, resourceVersion } = pool.metadata;
    const outcome = await outcomeOf(
      cluster.transport.request<PoolObject>({
        verb: "patch",
        target: target(loadBalancerPools, name.namespace, name.name),
        query: { fieldManager, fieldValidation: "Strict" },
        contentType: "application/merge-patch+json",
        body: { ...patch, metadata: { ...patch.metadata, uid, resourceVersion } },
        signal: cluster.signal,
      }),
    );
    if (outcome.kind === "ok") return pool;
    if (outcome.kind === "missing") throw new Failure(`pool ${nameOf(pool)} is gone`);
    if (outcome.kind !== "conflict") throw refusalToFailure(outcome, `${nameOf(pool)} cannot be changed`);
  }
  throw new Failure(`${name.namespace}/${name.name} is being changed by somebody else all the time: try again`);
}
