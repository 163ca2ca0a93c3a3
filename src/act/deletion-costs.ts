import type { CostChange } from "../decide/planned.ts";
import { fieldManager, markManager, type Objects } from "../kube/objects.ts";
import { deletionCostAnnotation, givenCostAnnotation, pods } from "../kube/types.ts";
import { done, missedBy } from "./attempts.ts";
import { type Expectations, settleMs } from "./expectations.ts";
import type { Asked, Fence, Grant } from "./fence.ts";

/** Writes the annotation by which a ReplicaSet chooses whom it removes, for each pool under a name of its own. */
export class DeletionCosts {
  readonly #objects: Objects;
  /** By pod UID and field manager. */
  readonly #written: Expectations<{ readonly cost: number | undefined }>;

  constructor(fence: Fence, objects: Objects) {
    this.#objects = objects;
    this.#written = fence.expectations(settleMs);
  }

  write(changes: readonly CostChange[], grant: Grant): Asked[] {
    return changes.flatMap((change) => this.#write(change, grant) ?? []);
  }

  #write({ pod, cost, given, pool }: CostChange, grant: Grant): Asked | undefined {
    const { namespace, name, uid } = pod;
    const manager = pool === undefined ? fieldManager : markManager(pool);
    const key = `${uid} ${manager}`;
    const written = this.#written.get(key);
    if (written && written.cost === cost) return undefined;
    // What was applied before and no longer is, is taken off.
    const annotations = {
      ...(cost !== undefined && { [deletionCostAnnotation]: String(cost) }),
      ...(given !== undefined && { [givenCostAnnotation]: String(given) }),
    };
    const metadata = { namespace, name, uid, ...(Object.keys(annotations).length > 0 && { annotations }) };
    const object = { apiVersion: "v1", kind: "Pod", metadata };
    return grant.write("marks", {
      object: name,
      content: `${key} ${cost}`,
      run: async (signal) => {
        const outcome = await this.#objects.apply(pods, object, { manager, signal });
        // Another pod has the name by now.
        if (outcome.kind === "invalid" && outcome.fields.includes("metadata.uid")) return done;
        if (outcome.kind !== "ok") return missedBy(outcome);
        this.#written.set(grant.pool, key, { cost });
        return done;
      },
    });
  }
}
