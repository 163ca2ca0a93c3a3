import { outcomeOf } from "../../../kube/outcome.ts";
import { target } from "../../../kube/transport.ts";
import { drainAnnotation, pods } from "../../../kube/types.ts";
import { Failure, refusalToFailure } from "../failure.ts";
import type { OpenCluster } from "./open-cluster.ts";
import { fieldManager } from "./patch-pool.ts";
import { nameOf, type PodObject } from "./pool-object.ts";

/** Asks the operator to drain a pod, to keep or to remove it; null lets it back. */
export async function annotateForDrain(cluster: OpenCluster, pod: PodObject, value: string | null): Promise<void> {
  const { namespace, name, uid } = pod.metadata;
  const outcome = await outcomeOf(
    cluster.transport.request({
      verb: "patch",
      target: target(pods, namespace, name),
      query: { fieldManager },
      contentType: "application/merge-patch+json",
      body: { metadata: { uid, annotations: { [drainAnnotation]: value } } },
      signal: cluster.signal,
    }),
  );
  if (outcome.kind === "missing") throw new Failure(`pod ${nameOf(pod)} is gone`);
  if (outcome.kind !== "ok") throw refusalToFailure(outcome, `pod ${nameOf(pod)} cannot be annotated`);
}
