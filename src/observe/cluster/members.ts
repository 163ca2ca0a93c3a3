import { type Selector, selects } from "../../decide/membership/selector.ts";
import type { Pod } from "../../decide/world.ts";
import type { Change } from "../../kube/object-cache.ts";

interface Membership<P extends Pod> {
  readonly selector: Selector;
  /** The selector as text. */
  readonly text: string;
  /** By UID. */
  pods: readonly P[];
}

/** Where a pod stands, or belongs, in a list that is ordered by UID. */
function placeOf(pods: readonly Pod[], uid: string): number {
  let [low, high] = [0, pods.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (pods[middle]!.uid < uid) low = middle + 1;
    else high = middle;
  }
  return low;
}

function without<P extends Pod>(pods: readonly P[], uid: string): readonly P[] {
  const place = placeOf(pods, uid);
  return pods[place]?.uid === uid ? pods.toSpliced(place, 1) : pods;
}

function withPod<P extends Pod>(pods: readonly P[], pod: P): readonly P[] {
  const place = placeOf(pods, pod.uid);
  return pods.toSpliced(place, pods[place]?.uid === pod.uid ? 1 : 0, pod);
}

/** The pods that the pools' selectors match, so that a pass need not look at all pods of its namespace. */
export class Members<P extends Pod> {
  readonly #podsIn: (namespace: string) => Iterable<P>;
  /** By namespace, then by the pool's key. */
  readonly #namespaces = new Map<string, Map<string, Membership<P>>>();

  constructor(podsIn: (namespace: string) => Iterable<P>) {
    this.#podsIn = podsIn;
  }

  /** Ordered by UID. The list is never changed; another takes its place. */
  of(namespace: string, key: string, selector: Selector, text: string): readonly P[] {
    const known = this.#namespaces.get(namespace)?.get(key);
    if (known?.text === text) return known.pods;
    const pods: P[] = [];
    for (const pod of this.#podsIn(namespace)) if (selects(selector, pod.labels)) pods.push(pod);
    pods.sort((a, b) => (a.uid < b.uid ? -1 : 1));
    const memberships = this.#namespaces.get(namespace) ?? new Map<string, Membership<P>>();
    this.#namespaces.set(namespace, memberships.set(key, { selector, text, pods }));
    return pods;
  }

  onPod({ current, previous }: Change<P>): void {
    for (const membership of this.#namespaces.get((current ?? previous)!.namespace)?.values() ?? []) {
      const { selector } = membership;
      if (previous && selects(selector, previous.labels)) membership.pods = without(membership.pods, previous.uid);
      if (current && selects(selector, current.labels)) membership.pods = withPod(membership.pods, current);
    }
  }

  forget(namespace: string, key: string): void {
    const memberships = this.#namespaces.get(namespace);
    if (memberships?.delete(key) && memberships.size === 0) this.#namespaces.delete(namespace);
  }

  /** Looks at all pods again. */
  clear(): void {
    this.#namespaces.clear();
  }
}
