import type { Drain, PoolStatus } from "../../api/status.ts";
import type { PoolView } from "../../decide/claims/pool-view.ts";
import type { PoolDrain } from "../../decide/scaling/stray-marks.ts";
import type { Change } from "../../kube/object-cache.ts";
import type { ByNamespace } from "./by-namespace.ts";

export interface DrainsOptions {
  readonly pools: ByNamespace<PoolView>;
  /** The newest status known, be it in the cache or on its way there. */
  readonly statusOf: (view: PoolView) => PoolStatus;
}

/** The drains that pools tell of, for the other pools of their namespace. */
export class Drains {
  readonly #options: DrainsOptions;
  /** By namespace, keys of the pools that have a drain, or are about to: most have none, and every pass asks. */
  readonly #keys = new Map<string, Set<string>>();

  constructor(options: DrainsOptions) {
    this.#options = options;
  }

  onPool({ key, current, previous }: Change<PoolView>): void {
    const { namespace } = (current ?? previous)!;
    if (current && this.#options.statusOf(current).drain) this.expect(namespace, key);
    else this.#forget(namespace, key);
  }

  /** The pool's status is going to tell of a drain. */
  expect(namespace: string, key: string): void {
    // A pass may tell of a pool that went meanwhile.
    if (!this.#options.pools.get(namespace, key)) return;
    this.#keys.set(namespace, (this.#keys.get(namespace) ?? new Set()).add(key));
  }

  /** Those that are in force: of pools that are to stay, as told by their status. */
  in(namespace: string): PoolDrain[] {
    const { pools, statusOf } = this.#options;
    return [...(this.#keys.get(namespace) ?? [])].flatMap((key) => {
      const view = pools.get(namespace, key);
      const drain = view?.valid && !view.terminating ? statusOf(view).drain : undefined;
      return view && drain ? [{ uid: view.uid, name: view.name, drain }] : [];
    });
  }

  #forget(namespace: string, key: string): void {
    const keys = this.#keys.get(namespace);
    if (keys?.delete(key) && keys.size === 0) this.#keys.delete(namespace);
  }
}

/** The pods that pools other than this one drain: by UID, the name of the pool. */
export const drainedBy = (poolUid: string, drains: readonly PoolDrain[]): ReadonlyMap<string, string> =>
  new Map(
    drains
      .filter(({ uid }) => uid !== poolUid)
      .flatMap(({ name, drain }) => drain.pods.map((pod): [string, string] => [pod.uid, name])),
  );

const drained = (view: PoolView | undefined): Drain["pods"] =>
  view?.valid && !view.terminating ? (view.status.drain?.pods ?? []) : [];

/** Names of the pods that a pool's drain was or is about, if it was about others before; else none. */
export function drainMoved(before: PoolView | undefined, after: PoolView | undefined): string[] {
  const [earlier, later] = [drained(before), drained(after)];
  const uids = (pods: Drain["pods"]): string => pods.map(({ uid }) => uid).join();
  return uids(earlier) === uids(later) ? [] : [...earlier, ...later].map(({ name }) => name);
}
