import type { CostChange } from "../decide/planned.ts";
import { fieldManager, markManager, type Objects } from "../kube/objects.ts";
import { deletionCostAnnotation, givenCostAnnotation, pods } from "../kube/types.ts";
import { type Ask, type Asked, attemptedOf, done } from "./attempts.ts";

export interface MarkOptions {
  readonly objects: Objects;
  readonly ask: Ask;
}

/** How long a written cost may take to come back through the watch before it is written again. */
const settleMs = 5_000;

/** Writes the annotation by which a ReplicaSet chooses whom it removes, for each pool under a name of its own. */
export class DeletionCosts {
  readonly #now: () => number;
  /** By pod UID and field manager. */
  readonly #written = new Map<string, { readonly cost: number | undefined; readonly at: number }>();

  /** `now` is monotonic, in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  write(changes: readonly CostChange[], options: MarkOptions): Asked[] {
    for (const [key, { at }] of this.#written) if (this.#now() - at >= settleMs) this.#written.delete(key);
    return changes.flatMap((change) => this.#write(change, options) ?? []);
  }

  #write({ pod, cost, given, pool }: CostChange, { objects, ask }: MarkOptions): Asked | undefined {
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
    return ask({
      object: name,
      content: `${key} ${cost}`,
      run: async (signal) => {
        const outcome = await objects.apply(pods, object, { manager, signal });
        // Another pod has the name by now.
        if (outcome.kind === "invalid" && outcome.fields.includes("metadata.uid")) return done;
        if (outcome.kind !== "ok") return attemptedOf(outcome);
        this.#written.set(key, { cost, at: this.#now() });
        return done;
      },
    });
  }
}
