import type { CostChange } from "../decide/planned.ts";
import type { Problem } from "../decide/world.ts";
import type { Objects } from "../kube/objects.ts";
import { deletionCostAnnotation, pods } from "../kube/types.ts";

export interface MarkOptions {
  readonly objects: Objects;
  /** Asked before every write. */
  readonly mayWrite: () => boolean;
  readonly signal: AbortSignal;
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

  /** Brings why not, if the API server refuses. */
  async write(changes: readonly CostChange[], options: MarkOptions): Promise<Problem | undefined> {
    for (const [uid, { at }] of this.#written) if (this.#now() - at >= settleMs) this.#written.delete(uid);
    const problems = await Promise.all(changes.map((change) => this.#write(change, options)));
    return problems.find((problem) => problem !== undefined);
  }

  async #write({ pod, cost }: CostChange, { objects, mayWrite, signal }: MarkOptions): Promise<Problem | undefined> {
    const { namespace, name, uid } = pod;
    const written = this.#written.get(uid);
    if ((written && written.cost === cost) || !mayWrite()) return undefined;
    // What was applied before and no longer is, is taken off.
    const annotations = cost === undefined ? {} : { annotations: { [deletionCostAnnotation]: String(cost) } };
    const object = { apiVersion: "v1", kind: "Pod", metadata: { namespace, name, uid, ...annotations } };
    const outcome = await objects.apply(pods, object, { signal });
    if (outcome.kind === "ok") this.#written.set(uid, { cost, at: this.#now() });
    if (outcome.kind !== "refused" && outcome.kind !== "invalid") return undefined;
    // Another pod has the name by now.
    if (outcome.kind === "invalid" && outcome.fields.includes("metadata.uid")) return undefined;
    const message = `The API server refuses the deletion cost of pod ${name}: ${outcome.message}.`;
    return { reason: "DeletionCostRefused", message };
  }
}
