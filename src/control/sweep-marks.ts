import type { DeletionCosts } from "../act/deletion-costs.ts";
import { Fence, type FenceOptions } from "../act/fence.ts";
import { maxDrainedPods } from "../api/status.ts";
import type { CostChange } from "../decide/planned.ts";
import type { KubeLog } from "../kube/types.ts";
import type { Cluster } from "../observe/cluster/cluster.ts";

export interface SweepOptions extends Omit<FenceOptions, "wake" | "onMiss"> {
  readonly cluster: Pick<Cluster, "strayMarksIn">;
  readonly costs: DeletionCosts;
  /** The namespace is to be looked at again. */
  readonly wake: (namespace: string) => void;
  readonly log: KubeLog;
}

/** The watch may bring a mark before the status that tells of its drain. */
const graceMs = 2_000;
/** A mark that is still there after all, or that another replica is to take off. */
const againMs = 10_000;

/**
 * Takes marks off pods that no drain stands behind: of pools that were deleted or moved, be it while no operator ran.
 * A finalizer would do it before a pool goes, and hold the pool, and its namespace, where no operator is left.
 */
export class MarkSweep {
  readonly #options: SweepOptions;
  readonly #fence: Fence;
  /** Since when a mark has been seen to be stray, by namespace, and by pod and pool. */
  readonly #since = new Map<string, ReadonlyMap<string, number>>();

  constructor(options: SweepOptions) {
    const { wake, log } = options;
    this.#options = options;
    this.#fence = new Fence({
      ...options,
      wake: ({ namespace }) => wake(namespace),
      onMiss: ({ namespace }, part, { kind, message: why }) => {
        if (kind !== "overtaken") log.warn({ namespace, part, why }, "a mark that no drain stands behind stays");
      },
    });
  }

  /** Looks at one namespace. Brings the time after which to look again, if any. */
  look(namespace: string, signal: AbortSignal): number | undefined {
    const { cluster, costs, now, log } = this.#options;
    const stray = cluster.strayMarksIn(namespace);
    const since = this.#note(namespace, stray);
    const whole = { uid: namespace, namespace, name: "" };
    if (stray.length === 0) {
      this.#fence.forget(whole);
      return undefined;
    }
    const dueAt = (change: CostChange): number => since.get(keyOf(change))! + graceMs;
    const due = stray.filter((change) => dueAt(change) <= now()).slice(0, maxDrainedPods);
    const grant = this.#fence.grant(whole, signal);
    const asked = grant ? costs.write(due, grant) : [];
    if (asked.some(({ ended }) => ended))
      log.info({ namespace, pods: due.map(({ pod }) => pod.name) }, "taking marks off that no drain stands behind");
    const waits = stray.map((change) => dueAt(change) - now()).filter((inMs) => inMs > 0);
    return Math.min(againMs, ...waits, ...asked.flatMap(({ inMs }) => inMs ?? []));
  }

  /** Resolves when nothing is being written any more. */
  ended(): Promise<void> {
    return this.#fence.ended();
  }

  #note(namespace: string, stray: readonly CostChange[]): ReadonlyMap<string, number> {
    const known = this.#since.get(namespace);
    const since = new Map(stray.map((change) => [keyOf(change), known?.get(keyOf(change)) ?? this.#options.now()]));
    if (since.size > 0) this.#since.set(namespace, since);
    else this.#since.delete(namespace);
    return since;
  }
}

const keyOf = ({ pod, pool }: CostChange): string => `${pod.uid} ${pool ?? ""}`;
