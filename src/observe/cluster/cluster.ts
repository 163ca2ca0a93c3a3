import type { PoolStatus } from "../../api/status.ts";
import { hash } from "../../decide/basics/hash.ts";
import type { Mutable } from "../../decide/basics/mutable.ts";
import type { Places, Service } from "../../decide/claims/places.ts";
import { matchLabels, type Selector, selects } from "../../decide/membership/selector.ts";
import type { CostChange } from "../../decide/planned.ts";
import { strayMarks } from "../../decide/scaling/stray-marks.ts";
import { isMarked } from "../../decide/scaling/victims.ts";
import { refusedSpec } from "../../decide/status/refused-spec.ts";
import type { Observation, ObservedPod, Pod, Pool, Probing, Reading, Target } from "../../decide/world.ts";
import type { Change } from "../../kube/object-cache.ts";
import type { KubeObject, ResourceRef } from "../../kube/types.ts";
import { scaleProblem } from "../claims.ts";
import { countsOwned, type TargetPods } from "../targets/target-pods.ts";
import { ByNamespace } from "./by-namespace.ts";
import { Drains, drainedBy, drainMoved } from "./drains.ts";
import { ForeignSlices, type SliceView } from "./foreign-slices.ts";
import { Members } from "./members.ts";
import { type PoolSlices, placesOf } from "./places.ts";
import { type PoolView, type Standby, serviceOf, standbyOf, toPoolView } from "./pool.ts";
import { type AutoscalerView, type SeenPod, toPod } from "./project.ts";

const keyOfPool = ({ namespace, name }: { readonly namespace: string; readonly name: string }): string =>
  `${namespace}/${name}`;

/** Whether the claims of a pool may be others than before. */
const differ = (before: PoolView, after: PoolView): boolean =>
  before.uid !== after.uid || before.generation !== after.generation || before.terminating !== after.terminating;

/** Whoever knows something anew wakes the pool, but for what has only gone on for too long. */
const unreadMs = 1_000;

/** How long equal pods keep their places among each other. */
const rotationMs = 10_000;

/** A pool, and the pods that its slices name, as far as they are there. */
interface PublishedPods {
  readonly view: PoolView;
  readonly pool: Pool;
  readonly pods: readonly Pod[];
}

/** What a pass sees of one pool, beside its samples. */
export type Sight =
  | { readonly kind: "invalid"; readonly view: PoolView & { readonly valid: false } }
  /** Something that the decision needs has not been read yet: no plan is better than a wrong one, for so long. */
  | { readonly kind: "unread"; readonly lookAgainInMs: number; readonly published?: PublishedPods }
  | {
      readonly kind: "pool";
      readonly view: PoolView;
      readonly pool: Pool;
      readonly pods: readonly Pod[];
      /** The pool's label selector, as the API takes it in a list; absent while it is not known. */
      readonly selector?: string;
      readonly target?: Target;
      readonly targetRef?: ResourceRef;
      readonly places: Places;
      readonly observe: (known: Known, status: PoolStatus, now: number) => Observation;
    };

/** What sampling and probing know of the pods, by UID. */
interface Known {
  readonly readings: ReadonlyMap<string, Reading>;
  readonly probings: ReadonlyMap<string, Probing>;
}

export interface ClusterOptions {
  readonly allowLoopback: boolean;
  readonly wake: (key: string) => void;
  /** Called when marks may have lost their drain. */
  readonly wakeMarks: (namespace: string) => void;
  readonly slices: PoolSlices;
  /** The newest status known, be it in the cache or on its way there. */
  readonly statusOf: (view: PoolView) => PoolStatus;
  /** Why it is not known which autoscalers there are in a namespace; undefined where it is. */
  readonly autoscalersUnread: (namespace: string) => string | undefined;
}

/** The caches, as far as pools are concerned: which pool a change wakes, and what a pool looks like now. */
export class Cluster {
  readonly pools = new ByNamespace<PoolView>();
  readonly #pods = new ByNamespace<SeenPod>();
  /** Those that bear a mark. */
  readonly #marked = new ByNamespace<Pod>();
  readonly #autoscalers = new ByNamespace<AutoscalerView>();
  readonly #services = new ByNamespace<Service>();
  readonly #foreign = new ForeignSlices();
  readonly #zones = new Map<string, string>();
  /** Pods with their zones, so that a pass makes no copies. */
  readonly #zoned = new WeakMap<SeenPod, SeenPod>();
  readonly #members = new Members((namespace) => this.#zonedIn(namespace));
  readonly #allowLoopback: boolean;
  readonly #wake: (key: string) => void;
  readonly #slices: PoolSlices;
  readonly #wakeMarks: ClusterOptions["wakeMarks"];
  readonly #drains: Drains;
  readonly #autoscalersUnread: ClusterOptions["autoscalersUnread"];
  #targets: TargetPods | undefined;

  constructor({ allowLoopback, wake, wakeMarks, slices, statusOf, autoscalersUnread }: ClusterOptions) {
    this.#allowLoopback = allowLoopback;
    this.#wake = wake;
    this.#wakeMarks = wakeMarks;
    this.#slices = slices;
    this.#drains = new Drains({ pools: this.pools, statusOf });
    this.#autoscalersUnread = autoscalersUnread;
  }

  useTargets(targets: TargetPods): void {
    this.#targets = targets;
  }

  toPool = (raw: KubeObject): PoolView => {
    const { namespace = "", name } = raw.metadata;
    return toPoolView(raw, this.pools.get(namespace, `${namespace}/${name}`));
  };
  toPod = (raw: KubeObject): SeenPod => toPod(raw, this.#allowLoopback);

  onPool = (change: Change<PoolView>): void => {
    this.pools.apply(change);
    if (!change.current) this.#members.forget(change.previous!.namespace, change.key);
    this.#drains.onPool(change);
    this.#wake(change.key);
    const before = change.previous;
    const after = change.current;
    const { namespace } = (after ?? before)!;
    if (this.#marked.has(namespace)) this.#wakeMarks(namespace);
    const drained = drainMoved(before, after).flatMap(
      (name) => this.#pods.get(namespace, `${namespace}/${name}`) ?? [],
    );
    this.#wakeByPods(namespace, drained);
    if (!after) this.#targets?.forget(change.key);
    // A pool that comes, goes or changes its claims may free or take what others in its namespace want.
    if (before && after && !differ(before, after)) return;
    for (const view of this.pools.in(namespace)) this.#wake(keyOfPool(view));
  };

  onPod = (change: Change<SeenPod>): void => {
    this.#pods.apply(change);
    const { key, current, previous } = change;
    this.#members.onPod({ ...change, ...(current && { current: this.#inZone(current) }) });
    const versions = [current, previous].filter((pod) => pod !== undefined);
    const { namespace } = versions[0]!;
    this.#wakeByPods(namespace, versions);
    if (!versions.some(isMarked)) return;
    this.#marked.apply({ key, ...(current && isMarked(current) && { current }), previous: versions.at(-1)! });
    this.#wakeMarks(namespace);
  };

  #wakeByPods(namespace: string, pods: readonly Pod[]): void {
    if (pods.length === 0) return;
    for (const view of this.pools.in(namespace)) {
      const pool = this.#poolOf(view);
      if (pool && pods.some(this.#membershipOf(pool))) this.#wake(keyOfPool(view));
    }
  }

  /** The namespaces that have pods with a mark. */
  get marked(): Iterable<string> {
    return this.#marked.namespaces;
  }

  /** Marks in a namespace that no drain of a pool stands behind. */
  strayMarksIn(namespace: string): CostChange[] {
    return strayMarks(this.#marked.in(namespace), this.#drains.in(namespace));
  }

  /** The pool's status is going to tell of a drain. */
  expectDrain({ namespace, name }: Pick<Pool, "namespace" | "name">): void {
    this.#drains.expect(namespace, `${namespace}/${name}`);
  }

  onService = (change: Change<Service>): void => {
    this.#services.apply(change);
    const { namespace, name } = (change.current ?? change.previous)!;
    this.wakeByService(namespace, name);
  };

  onForeignSlice = (change: Change<SliceView>): void => {
    for (const { namespace, service } of this.#foreign.apply(change)) this.wakeByService(namespace, service);
  };

  /** Wakes the pools that publish on a Service, or have slices left there. */
  wakeByService(namespace: string, service: string): void {
    for (const view of this.pools.in(namespace)) {
      const pool = this.#poolOf(view);
      if (pool && serviceOf(pool) === service) this.#wake(keyOfPool(view));
    }
    for (const name of this.#slices.poolsOn(namespace, service)) this.#wake(keyOfPool({ namespace, name }));
  }

  onAutoscaler = (change: Change<AutoscalerView>): void => {
    const kinded = (view: AutoscalerView | undefined) => view && `${view.kind} ${change.key}`;
    this.#autoscalers.apply({ ...change, key: kinded(change.current ?? change.previous)! });
    for (const { namespace, target } of [change.current, change.previous].filter((view) => view !== undefined))
      this.wakeByTarget(namespace, target.kind, target.name);
  };

  wakeByTarget(namespace: string, kind: string, name: string): void {
    for (const view of this.pools.in(namespace)) {
      const ref = this.#poolOf(view)?.spec.targetRef;
      if (ref?.kind === kind && ref.name === name) this.#wake(keyOfPool(view));
    }
  }

  wakeByKind(kind: string): void {
    for (const view of this.pools.all())
      if (this.#poolOf(view)?.spec.targetRef?.kind === kind) this.#wake(keyOfPool(view));
  }

  /** Wakes the pools that scale by the pods that their workload owns. */
  wakeByOwners(namespace: string): void {
    for (const view of this.pools.in(namespace)) {
      if (view.valid && countsOwned(view.pool)) this.#wake(keyOfPool(view));
    }
  }

  onZone = ({ key, current }: Change<string>): void => {
    if (this.#zones.get(key) === current) return;
    if (current) this.#zones.set(key, current);
    else this.#zones.delete(key);
    this.#members.clear();
  };

  /** The pool as it is in force; undefined when there is nothing that it could go on by. */
  #poolOf(view: PoolView): Pool | undefined {
    return view.valid ? view.pool : this.#standbyOf(view)?.pool;
  }

  #standbyOf(view: PoolView): Standby | undefined {
    return view.valid ? undefined : standbyOf(view, this.#slices.published(view));
  }

  /**
   * Whether a pod is the pool's. While its workload is gone or cannot be read, or its spec cannot, a pool keeps the pods
   * that it has published, as long as they are there; and while the workload moves from one selector to the next.
   */
  #membershipOf(pool: Pool): (pod: Pod) => boolean {
    const { selector } = this.#selectorOf(pool) ?? {};
    const published = this.#keptOf(pool);
    return ({ uid, labels }) => (selector && selects(selector, labels)) || (published?.has(uid) ?? false);
  }

  /** By what the pool selects, and the same as the API takes it in a list. */
  #selectorOf(pool: Pool): { readonly selector: Selector; readonly text: string } | undefined {
    const given = pool.spec.selector?.matchLabels;
    if (given) return { selector: matchLabels(given), text: labelsAsText(given) };
    const view = this.#targets?.get(pool);
    return view?.kind === "target" ? { selector: view.selector, text: view.selectorText } : undefined;
  }

  /** UIDs of the pods that the pool keeps although it does not select them. */
  #keptOf(pool: Pool): ReadonlySet<string> | undefined {
    const { targetRef, selector } = pool.spec;
    const view = this.#targets?.get(pool);
    const isUnread = view !== undefined && view.kind !== "target";
    const keeps = (!targetRef && !selector) || isUnread || this.#targets?.keeps(keyOfPool(pool));
    return keeps ? this.#slices.published(pool)?.uids : undefined;
  }

  /** What a pool looks like now; undefined when there is no such pool. */
  look(key: string): Sight | undefined {
    const slash = key.indexOf("/");
    const namespace = key.slice(0, slash);
    const view = this.pools.get(namespace, key);
    if (!view) return undefined;
    const standby = this.#standbyOf(view);
    if (!view.valid && !standby) return { kind: "invalid", view };
    const pool = view.valid ? view.pool : standby!.pool;
    const spec = view.valid ? undefined : refusedSpec(view.problems, standby!.by);
    const targetView = this.#targets?.get(pool);
    if (targetView?.kind === "unread")
      return { kind: "unread", lookAgainInMs: unreadMs, published: { view, pool, pods: this.#podsOf(pool) } };
    const found = targetView?.kind === "target" ? targetView : undefined;
    const selected = found && this.#members.of(namespace, key, found.selector, found.selectorText);
    const waitMs = selected && this.#targets?.noteMove(key, { ...view, pool }, found, selected);
    if (waitMs !== undefined) return { kind: "unread", lookAgainInMs: waitMs };
    const pods = this.#podsOf(pool);
    const belonging = found && this.#targets?.belongingIn(key, pool, found);
    const selector = this.#selectorOf(pool)?.text;
    const { places, ...publishing } = placesOf(pool, {
      views: () => this.pools.in(namespace),
      service: (name) => this.#services.get(namespace, `${namespace}/${name}`),
      owned: this.#ownedBy(pool),
      pods,
      slices: this.#slices,
      foreign: this.#foreign,
      specProblem: standby?.by === "published" ? spec : undefined,
    });
    const others = drainedBy(pool.uid, this.#drains.in(namespace));
    const problems = {
      target: targetView?.problem,
      scale: scaleProblem(
        pool,
        this.pools.in(namespace),
        this.#autoscalers.in(namespace),
        this.#autoscalersUnread(namespace),
      ),
    };
    return {
      kind: "pool",
      view,
      pool,
      pods,
      places,
      ...(selector !== undefined && { selector }),
      ...(found && { target: found.target, targetRef: found.ref }),
      observe: ({ readings, probings }, status, now) => ({
        now,
        seed: hash(pool.uid, Math.floor(now / rotationMs)),
        pool,
        pods: pods.map((pod) => {
          const observed: Mutable<ObservedPod> = { pod };
          const reading = readings.get(pod.uid);
          const probe = probings.get(pod.uid);
          if (belonging) observed.belonging = belonging(pod);
          if (reading) observed.reading = reading;
          if (probe) observed.probe = probe;
          return observed;
        }),
        ...(found && { target: found.target }),
        ...(spec && { specProblem: spec }),
        ...(problems.target && { targetProblem: problems.target }),
        ...(problems.scale && { scaleProblem: problems.scale }),
        ...publishing,
        ...(others.size > 0 && { drainedBy: others }),
        status,
      }),
    };
  }

  *#ownedBy({ uid, namespace }: Pool): Iterable<string> {
    for (const { owner, name } of this.#services.in(namespace)) if (owner === uid) yield name;
  }

  /** Ordered by UID. */
  #podsOf(pool: Pool): readonly SeenPod[] {
    const by = this.#selectorOf(pool);
    if (by && !this.#keptOf(pool)) return this.#members.of(pool.namespace, keyOfPool(pool), by.selector, by.text);
    return [...this.#zonedIn(pool.namespace)].filter(this.#membershipOf(pool)).sort((a, b) => (a.uid < b.uid ? -1 : 1));
  }

  *#zonedIn(namespace: string): Iterable<SeenPod> {
    for (const pod of this.#pods.in(namespace)) yield this.#inZone(pod);
  }

  #inZone(pod: SeenPod): SeenPod {
    const zone = pod.node && this.#zones.get(pod.node);
    if (!zone) return pod;
    const known = this.#zoned.get(pod);
    if (known?.zone === zone) return known;
    const zoned = { ...pod, zone };
    this.#zoned.set(pod, zoned);
    return zoned;
  }
}

const labelsAsText = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join();
