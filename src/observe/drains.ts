import type { Drain, PoolStatus } from "../api/status.ts";
import type { PoolDrain } from "../decide/world.ts";
import type { PoolView } from "./pool.ts";

/** The drains that are in force among these pools: those of pools that are to stay. */
export const drainsOf = (views: Iterable<PoolView>, statusOf: (view: PoolView) => PoolStatus): PoolDrain[] =>
  [...views].flatMap((view) => {
    const drain = view.valid && !view.terminating ? statusOf(view).drain : undefined;
    return drain ? [{ uid: view.uid, name: view.name, drain }] : [];
  });

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
