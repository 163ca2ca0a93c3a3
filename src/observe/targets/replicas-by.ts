import { parseTime } from "../../api/time.ts";
import type { ReplicasBy } from "../../decide/target.ts";
import { fieldManager } from "../../kube/objects.ts";
import type { ObjectMeta } from "../../kube/types.ts";
import { fieldOf, fieldsOf, textOf } from "../../kube/untyped.ts";

/**
 * Who wrote the replicas of a workload last, by its managed fields. Whoever changes the value takes the field over from
 * all that had it. Of several that wrote the same value, the last; writes through the scale subresource have no time there.
 */
export function replicasBy({ managedFields = [] }: ObjectMeta): ReplicasBy | undefined {
  const owners = managedFields.filter(({ fieldsV1 }) =>
    Object.hasOwn(fieldsOf(fieldOf(fieldsV1, "f:spec")), "f:replicas"),
  );
  const timeOf = (time: unknown): number => parseTime(textOf(time) ?? "") || 0;
  const last = owners.toSorted((a, b) => timeOf(b.time) - timeOf(a.time))[0];
  const manager = textOf(last?.manager);
  return manager === undefined ? undefined : { manager, isOwn: manager === fieldManager };
}
