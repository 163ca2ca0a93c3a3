import { selects } from "../decide/selector.ts";
import type { Belonging, Pod, Pool } from "../decide/world.ts";
import { belongingOf } from "./belonging.ts";
import type { Owners } from "./owners.ts";
import type { PoolView } from "./pool.ts";
import type { SeenPod } from "./project.ts";
import { SelectorMoves } from "./selector-moves.ts";
import type { TargetView } from "./target-scale.ts";
import type { TargetRef, Targets } from "./targets.ts";

export type TargetFound = Extract<TargetView, { kind: "target" }>;

export interface TargetPodsOptions {
  readonly targets: Pick<Targets, "get" | "hurry" | "forget">;
  readonly owners: Pick<Owners, "controllerOf">;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
}

const targetOf = (view: PoolView | undefined): TargetRef | undefined =>
  (view?.valid ? view.pool : (view?.before ?? view?.readable))?.spec.targetRef;

const isSame = (a: TargetRef, b: TargetRef | undefined): boolean =>
  a.kind === b?.kind && a.name === b.name && a.apiVersion === b.apiVersion;

/** Whether the pool's replicas are decided by the pods that its workload owns. */
export const countsOwned = ({ spec: { targetRef, scaling } }: Pool): boolean =>
  targetRef !== undefined && scaling?.pods === "Owned";

/** What the targets of pools say of pods: which they select, which they keep for a while, and which are their own. */
export class TargetPods {
  readonly #options: TargetPodsOptions;
  readonly #moves: SelectorMoves;
  /** Keys of the pools that keep what they have published beside what their selector matches. */
  readonly #keeping = new Set<string>();

  constructor(options: TargetPodsOptions) {
    this.#options = options;
    this.#moves = new SelectorMoves(options.now);
  }

  /** What is known of a pool's target; undefined where it has none. */
  get({ spec: { targetRef }, namespace }: Pool): TargetView | undefined {
    return targetRef && this.#options.targets.get(targetRef, namespace);
  }

  /** A workload that no pool names any more is nobody's business; `others` are the pools that there are now. */
  onPool(key: string, before: PoolView | undefined, after: PoolView | undefined, others: Iterable<PoolView>): void {
    if (!after) {
      this.#moves.forget(key);
      this.#keeping.delete(key);
    }
    const ref = targetOf(before);
    if (!ref || isSame(ref, targetOf(after))) return;
    for (const view of others) if (isSame(ref, targetOf(view))) return;
    this.#options.targets.forget(ref, before!.namespace);
  }

  keeps(key: string): boolean {
    return this.#keeping.has(key);
  }

  /**
   * Notes whether a pool keeps what it has published until its target's selector matches a ready pod again; `pods` are
   * those of its namespace. Brings how long to wait for news of the selector, if any may be on its way.
   */
  noteMove(
    key: string,
    { pool, status, generation }: Pick<PoolView, "status" | "generation"> & { readonly pool: Pool },
    found: TargetFound,
    pods: Iterable<Pod>,
  ): number | undefined {
    const { target, selector, selectorText, mayMove, askedAt } = found;
    let hasReady = false;
    for (const { ready, terminating, labels } of pods) {
      hasReady = ready && !terminating && selects(selector, labels);
      if (hasReady) break;
    }
    const selection = { target: target.uid, selector: selectorText, mayMove, askedAt };
    const { keeps, waitMs } = this.#moves.judge(key, selection, hasReady, {
      wasPublished: status.observedGeneration === generation,
      hurry: () => this.#options.targets.hurry(pool.spec.targetRef!, pool.namespace),
    });
    if (keeps) this.#keeping.add(key);
    else this.#keeping.delete(key);
    return waitMs;
  }

  /** Whether pods are the target's own; undefined where all count. */
  belongingIn(key: string, pool: Pool, found: TargetFound): ((pod: SeenPod) => Belonging) | undefined {
    const { selector, seenSince, target } = found;
    const { apiVersion, kind } = pool.spec.targetRef!;
    const workload = { apiVersion, kind, uid: target.uid, namespace: pool.namespace, seenSince };
    const isOwn = countsOwned(pool) ? belongingOf(workload, this.#options.owners) : undefined;
    if (!isOwn && !this.keeps(key)) return undefined;
    return (pod) => {
      if (!selects(selector, pod.labels)) return { kind: "kept" };
      return isOwn?.(pod) ?? { kind: "own", controllers: pod.owner ? [pod.owner] : [] };
    };
  }
}
