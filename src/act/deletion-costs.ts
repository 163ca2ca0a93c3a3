import type { CostChange } from "../decide/planned.ts";
import type { Objects } from "../kube/objects.ts";
import { deletionCostAnnotation, pods } from "../kube/types.ts";
import { type Ask, type Asked, attemptedOf, done } from "./attempts.ts";

export interface MarkOptions {
  readonly objects: Objects;
  readonly ask: Ask;
}

/** How long a written cost may take to come back through the watch before it is written again. */
const settleMs = 5_000;

/** Writes the annotation by which a ReplicaSet chooses whom it removes. */
export class DeletionCosts {
  readonly #now: () => number;
  /** By pod UID. */
  readonly #written = new Map<string, { readonly cost: number | undefined; readonly at: number }>();

  /** `now` is monotonic, in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  write(changes: readonly CostChange[], options: MarkOptions): Asked[] {
    for (const [uid, { at }] of this.#written) if (this.#now() - at >= settleMs) this.#written.delete(uid);
    return changes.flatMap((change) => this.#write(change, options) ?? []);
  }

  #write({ pod, cost }: CostChange, { objects, ask }: MarkOptions): Asked | undefined {
    const { namespace, name, uid } = pod;
    const written = this.#written.get(uid);
    if (written && written.cost === cost) return undefined;
    // What was applied before and no longer is, is taken off.
    const annotations = cost === undefined ? {} : { annotations: { [deletionCostAnnotation]: String(cost) } };
    const object = { apiVersion: "v1", kind: "Pod", metadata: { namespace, name, uid, ...annotations } };
    return ask({
      object: name,
      content: `${uid} ${cost}`,
      run: async (signal) => {
        const outcome = await objects.apply(pods, object, { signal });
        // Another pod has the name by now.
        if (outcome.kind === "invalid" && outcome.fields.includes("metadata.uid")) return done;
        if (outcome.kind !== "ok") return attemptedOf(outcome);
        this.#written.set(uid, { cost, at: this.#now() });
        return done;
      },
    });
  }
}
