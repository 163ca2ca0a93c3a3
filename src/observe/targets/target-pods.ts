import type { PoolView } from "../../decide/claims/pool-view.ts";
import { selects } from "../../decide/membership/selector.ts";
import type { Belonging, Pod, Pool } from "../../decide/world.ts";
import { keyOf } from "../../key.ts";
import type { SeenPod } from "../cluster/project.ts";
import { belongingOf } from "./belonging.ts";
import type { Owners } from "./owners.ts";
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

interface Asked {
  readonly ref: TargetRef;
  readonly namespace: string;
}

const isSame = (a: Asked, b: Asked): boolean =>
  a.ref.kind === b.ref.kind &&
  a.ref.name === b.ref.name &&
  a.ref.apiVersion === b.ref.apiVersion &&
  a.namespace === b.namespace;

/** Whether the pool's replicas are decided by the pods that its workload owns. */
export const countsOwned = ({ spec: { targetRef, scaling } }: Pool): boolean =>
  targetRef !== undefined && scaling?.pods === "Owned";

/** What the targets of pools say of pods: which they select, which they keep for a while, and which are their own. */
export class TargetPods {
  readonly #options: TargetPodsOptions;
  readonly #moves: SelectorMoves;
  /** Which workload each pool asks about, by its key. */
  readonly #asked = new Map<string, Asked>();
  /** Keys of the pools that keep what they have published beside what their selector matches. */
  readonly #keeping = new Set<string>();

  constructor(options: TargetPodsOptions) {
    this.#options = options;
    this.#moves = new SelectorMoves(options.now);
  }

  /** What is known of a pool's target; undefined where it has none. A workload that no pool asks about any more is let go. */
  get({ spec: { targetRef }, namespace, name }: Pool): TargetView | undefined {
    this.#note(keyOf({ namespace, name }), targetRef && { ref: targetRef, namespace });
    return targetRef && this.#options.targets.get(targetRef, namespace);
  }

  /** The pool is gone. */
  forget(key: string): void {
    this.#moves.forget(key);
    this.#keeping.delete(key);
    this.#note(key, undefined);
  }

  #note(key: string, asked: Asked | undefined): void {
    const before = this.#asked.get(key);
    if (before && asked && isSame(before, asked)) return;
    if (asked) this.#asked.set(key, asked);
    else this.#asked.delete(key);
    if (!before) return;
    for (const other of this.#asked.values()) if (isSame(before, other)) return;
    this.#options.targets.forget(before.ref, before.namespace);
  }

  keeps(key: string): boolean {
    return this.#keeping.has(key);
  }

  /**
   * Notes whether a pool keeps what it has published until its target's selector matches a ready pod again; `pods` are
   * those that it matches. Brings how long to wait for news of the selector, if any may be on its way.
   */
  noteMove(
    key: string,
    { pool, status, generation }: Pick<PoolView, "status" | "generation"> & { readonly pool: Pool },
    found: TargetFound,
    pods: readonly Pod[],
  ): number | undefined {
    const { target, selectorText, mayMove, askedAt } = found;
    const hasReady = pods.some(({ ready, terminating }) => ready && !terminating);
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
