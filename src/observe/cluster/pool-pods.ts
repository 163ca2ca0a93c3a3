import type { PoolView } from "../../decide/claims/pool-view.ts";
import { keepsPublished, membershipOf } from "../../decide/membership/membership.ts";
import { matchLabels, type Selector } from "../../decide/membership/selector.ts";
import { type Published, type Standby, standbyOf } from "../../decide/membership/standby.ts";
import type { Pod, Pool } from "../../decide/world.ts";
import { keyOf } from "../../key.ts";
import type { Change } from "../../kube/object-cache.ts";
import type { TargetPods } from "../targets/target-pods.ts";
import { ByNamespace } from "./by-namespace.ts";
import { Members } from "./members.ts";
import type { SeenPod } from "./project.ts";

export interface PoolPodsOptions {
  readonly targets: Pick<TargetPods, "get" | "keeps">;
  /** What the pool's slices name; undefined when it has none. */
  readonly published: (pool: Pick<Pool, "uid">) => Published | undefined;
}

const labelsAsText = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join();

/** Which pods are a pool's. */
export class PoolPods {
  readonly #options: PoolPodsOptions;
  readonly #pods = new ByNamespace<SeenPod>();
  /** Regions and zones by node, with a slash between. */
  readonly #localities = new Map<string, string>();
  /** Pods with their zones, so that a pass makes no copies. */
  readonly #zoned = new WeakMap<SeenPod, SeenPod>();
  /** Those that the selectors of pools match. */
  readonly selected = new Members((namespace) => this.#zonedIn(namespace));

  constructor(options: PoolPodsOptions) {
    this.#options = options;
  }

  onPod = (change: Change<SeenPod>): void => {
    const { current } = change;
    this.#pods.apply(change);
    this.selected.onPod({ ...change, ...(current && { current: this.#inZone(current) }) });
  };

  onLocality = ({ key, current }: Change<string>): void => {
    if (this.#localities.get(key) === current) return;
    if (current) this.#localities.set(key, current);
    else this.#localities.delete(key);
    this.selected.clear();
  };

  named(namespace: string, name: string): SeenPod | undefined {
    return this.#pods.get(namespace, keyOf({ namespace, name }));
  }

  /** The pool as it is in force; undefined when there is nothing that it could go on by. */
  poolOf(view: PoolView): Pool | undefined {
    return view.valid ? view.pool : this.standbyOf(view)?.pool;
  }

  standbyOf(view: PoolView): Standby | undefined {
    return view.valid ? undefined : standbyOf(view, this.#options.published(view));
  }

  /** Whether a pod is the pool's. */
  membershipOf(pool: Pool): (pod: Pod) => boolean {
    return membershipOf(this.selectorOf(pool)?.selector, this.#keptOf(pool));
  }

  /** By what the pool selects, and the same as the API takes it in a list; undefined while it is not known. */
  selectorOf(pool: Pool): { readonly selector: Selector; readonly text: string } | undefined {
    const given = pool.spec.selector?.matchLabels;
    if (given) return { selector: matchLabels(given), text: labelsAsText(given) };
    const view = this.#options.targets.get(pool);
    return view?.kind === "target" ? { selector: view.selector, text: view.selectorText } : undefined;
  }

  /** The pool's pods, ordered by UID. */
  of(pool: Pool): readonly SeenPod[] {
    const by = this.selectorOf(pool);
    const kept = this.#keptOf(pool);
    if (by && !kept) return this.selected.of(pool.namespace, keyOf(pool), by.selector, by.text);
    const isMember = membershipOf(by?.selector, kept);
    return [...this.#zonedIn(pool.namespace)].filter(isMember).sort((a, b) => (a.uid < b.uid ? -1 : 1));
  }

  /** UIDs of the pods that the pool keeps although it does not select them. */
  #keptOf(pool: Pool): ReadonlySet<string> | undefined {
    const { targets, published } = this.#options;
    const view = targets.get(pool);
    const sight = view && { isRead: view.kind === "target", isMoving: targets.keeps(keyOf(pool)) };
    return keepsPublished(pool, sight) ? published(pool)?.uids : undefined;
  }

  *#zonedIn(namespace: string): Iterable<SeenPod> {
    for (const pod of this.#pods.in(namespace)) yield this.#inZone(pod);
  }

  #inZone(pod: SeenPod): SeenPod {
    const locality = pod.node && this.#localities.get(pod.node);
    if (!locality) return pod;
    const [region, zone] = locality.split("/");
    const known = this.#zoned.get(pod);
    if (known && (known.region ?? "") === region && (known.zone ?? "") === zone) return known;
    const zoned = { ...pod, ...(zone && { zone }), ...(region && { region }) };
    this.#zoned.set(pod, zoned);
    return zoned;
  }
}
