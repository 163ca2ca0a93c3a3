import { parseTime } from "../../api/time.ts";
import type { ReplicasBy } from "../../decide/target.ts";
import { fieldManager } from "../../kube/objects.ts";
import type { ObjectMeta } from "../../kube/types.ts";

/**
 * Who wrote the replicas of a workload last, by its managed fields. Whoever changes the value takes the field over from
 * all that had it. Of several that wrote the same value, the last; writes through the scale subresource have no time there.
 */
export function replicasBy({ managedFields = [] }: ObjectMeta): ReplicasBy | undefined {
  const owners = managedFields.filter(({ fieldsV1 }) => {
    const spec = fieldsV1?.["f:spec"] as object | undefined;
    return spec !== undefined && "f:replicas" in spec;
  });
  const timeOf = (time: string | undefined): number => (time === undefined ? 0 : parseTime(time));
  const last = owners.toSorted((a, b) => timeOf(b.time) - timeOf(a.time))[0];
  if (last?.manager === undefined) return undefined;
  return { manager: last.manager, isOwn: last.manager === fieldManager };
}
