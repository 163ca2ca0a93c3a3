import { defined } from "../../api/defined.ts";
import type { PoolStatus } from "../../api/status.ts";
import type { SliceView } from "../../decide/claims/beside.ts";
import { type Autoscaler, scaleProblem } from "../../decide/claims/claims.ts";
import { type Service, serviceOf } from "../../decide/claims/places.ts";
import { placesOf } from "../../decide/claims/placing.ts";
import type { PoolView } from "../../decide/claims/pool-view.ts";
import { type ListSide, splitOf } from "../../decide/claims/split.ts";
import type { SetInForce } from "../../decide/in-force.ts";
import { type Published, refusedSpec } from "../../decide/membership/standby.ts";
import type { CostChange } from "../../decide/planned.ts";
import { strayMarks } from "../../decide/scaling/stray-marks.ts";
import { isMarked } from "../../decide/scaling/victims.ts";
import type { IstioInForce, Pod, Pool } from "../../decide/world.ts";
import { keyOf, namesIn } from "../../key.ts";
import type { Change } from "../../kube/object-cache.ts";
import type { KubeObject } from "../../kube/types.ts";
import { countsOwned, type TargetPods } from "../targets/target-pods.ts";
import { ByNamespace } from "./by-namespace.ts";
import { Drains, drainedBy, drainMoved } from "./drains.ts";
import { ForeignSlices, toSliceView } from "./foreign-slices.ts";
import { toPoolView } from "./pool.ts";
import { PoolPods } from "./pool-pods.ts";
import { type SeenPod, toPod } from "./project.ts";
import type { Sight } from "./sight.ts";

/** Whether the claims of a pool may be others than before. */
const differ = (before: PoolView, after: PoolView): boolean =>
  before.uid !== after.uid || before.generation !== after.generation || before.terminating !== after.terminating;

const publishesOn = (pool: Pool, service: string): boolean =>
  serviceOf(pool) === service || Object.values(splitOf(pool) ?? {}).includes(service);

/** Whoever knows something anew wakes the pool, but for what has only gone on for too long. */
const unreadMs = 1_000;

/** What is known of the slices that pools have. */
export interface PoolSlices {
  /** What the pool's slices name; undefined when it has none. */
  published(pool: Pick<Pool, "uid">): Published | undefined;
  /** The Services that the pool has slices on. */
  services(pool: Pool): readonly string[];
  /** What the pool's slices on a Service say; undefined where it has none. */
  inForce(pool: Pool, service: string): SetInForce | undefined;
  /** Keys of the pools that have slices on a Service. */
  poolsOn(namespace: string, service: string): readonly string[];
  /** When the first of the pool's slices on a Service was made. */
  since(pool: Pool, service: string): number | undefined;
  /** Which list the pool's slices on a Service have, where that is not its own. */
  sideOn(pool: Pool, service: string): ListSide | undefined;
  /** Slices that other pools have on a Service. */
  ofOthers(pool: Pool, service: string): readonly KubeObject[];
}

export interface ClusterOptions {
  readonly allowLoopback: boolean;
  readonly wake: (key: string) => void;
  /** Called when marks may have lost their drain. */
  readonly wakeMarks: (namespace: string) => void;
  readonly slices: PoolSlices;
  readonly targets: TargetPods;
  /** The newest status known, be it in the cache or on its way there. */
  readonly statusOf: (view: PoolView) => PoolStatus;
  /** Why it is not known which autoscalers there are in a namespace; undefined where it is. */
  readonly autoscalersUnread: (namespace: string) => string | undefined;
  /** What Istio's entries say of a pool; undefined where it asks for none. */
  readonly entriesOf: (pool: Pool, view: PoolView) => IstioInForce | undefined;
}

/** The caches, as far as pools are concerned: which pool a change wakes, and what a pool looks like now. */
export class Cluster {
  readonly pools = new ByNamespace<PoolView>();
  /** Those that bear a mark. */
  readonly #marked = new ByNamespace<Pod>();
  readonly #autoscalers = new ByNamespace<Autoscaler>();
  readonly #services = new ByNamespace<Service>();
  readonly #foreign = new ForeignSlices();
  readonly #pods: PoolPods;
  readonly #allowLoopback: boolean;
  readonly #wake: (key: string) => void;
  readonly #slices: PoolSlices;
  readonly #wakeMarks: ClusterOptions["wakeMarks"];
  readonly #drains: Drains;
  readonly #autoscalersUnread: ClusterOptions["autoscalersUnread"];
  readonly #entriesOf: ClusterOptions["entriesOf"];
  readonly #targets: TargetPods;

  constructor(options: ClusterOptions) {
    const { allowLoopback, wake, wakeMarks, slices, targets, statusOf, autoscalersUnread, entriesOf } = options;
    this.#allowLoopback = allowLoopback;
    this.#wake = wake;
    this.#wakeMarks = wakeMarks;
    this.#slices = slices;
    this.#targets = targets;
    this.#pods = new PoolPods({ targets, published: (pool) => slices.published(pool) });
    this.#drains = new Drains({ pools: this.pools, statusOf });
    this.#autoscalersUnread = autoscalersUnread;
    this.#entriesOf = entriesOf;
  }

  toPool = (raw: KubeObject): PoolView => {
    const { namespace = "", name } = raw.metadata;
    return toPoolView(raw, this.pools.get(namespace, keyOf({ namespace, name })));
  };
  toPod = (raw: KubeObject): SeenPod => toPod(raw, this.#allowLoopback);

  onPool = (change: Change<PoolView>): void => {
    this.pools.apply(change);
    if (!change.current) this.#pods.selected.forget(change.previous!.namespace, change.key);
    this.#drains.onPool(change);
    this.#wake(change.key);
    const before = change.previous;
    const after = change.current;
    const { namespace } = (after ?? before)!;
    if (this.#marked.has(namespace)) this.#wakeMarks(namespace);
    const drained = drainMoved(before, after).flatMap((name) => this.#pods.named(namespace, name) ?? []);
    this.#wakeByPods(namespace, drained);
    if (after?.uid !== before?.uid) this.#targets.forget(change.key);
    // A pool that comes, goes or changes its claims may free or take what others in its namespace want.
    if (before && after && !differ(before, after)) return;
    for (const view of this.pools.in(namespace)) this.#wake(keyOf(view));
  };

  onPod = (change: Change<SeenPod>): void => {
    this.#pods.onPod(change);
    const { key, current, previous } = change;
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
      const pool = this.#pods.poolOf(view);
      if (pool && pods.some(this.#pods.membershipOf(pool))) this.#wake(keyOf(view));
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
    this.#drains.expect(namespace, keyOf({ namespace, name }));
  }

  onService = (change: Change<Service>): void => {
    this.#services.apply(change);
    const { namespace, name } = (change.current ?? change.previous)!;
    this.wakeByService(namespace, name);
  };

  onForeignSlice = (change: Change<SliceView>): void => {
    for (const { namespace, service } of this.#foreign.apply(change)) this.wakeByService(namespace, service);
  };

  /** Wakes the pools that publish on a Service, or have slices left there, but for one, by its key. */
  wakeByService(namespace: string, service: string, except?: string): void {
    const wake = (key: string): void => {
      if (key !== except) this.#wake(key);
    };
    for (const view of this.pools.in(namespace)) {
      const pool = this.#pods.poolOf(view);
      if (pool && publishesOn(pool, service)) wake(keyOf(view));
    }
    for (const key of this.#slices.poolsOn(namespace, service)) wake(key);
  }

  onAutoscaler = (change: Change<Autoscaler>): void => {
    const kinded = (view: Autoscaler | undefined) => view && `${view.kind} ${change.key}`;
    this.#autoscalers.apply({ ...change, key: kinded(change.current ?? change.previous)! });
    for (const { namespace, target } of [change.current, change.previous].filter((view) => view !== undefined))
      this.wakeByTarget(namespace, target.kind, target.name);
  };

  wakeByTarget(namespace: string, kind: string, name: string): void {
    for (const view of this.pools.in(namespace)) {
      const ref = this.#pods.poolOf(view)?.spec.targetRef;
      if (ref?.kind === kind && ref.name === name) this.#wake(keyOf(view));
    }
  }

  wakeByKind(kind: string): void {
    for (const view of this.pools.all())
      if (this.#pods.poolOf(view)?.spec.targetRef?.kind === kind) this.#wake(keyOf(view));
  }

  /** Wakes the pools that scale by the pods that their workload owns. */
  wakeByOwners(namespace: string): void {
    for (const view of this.pools.in(namespace)) {
      if (view.valid && countsOwned(view.pool)) this.#wake(keyOf(view));
    }
  }

  onLocality = (change: Change<string>): void => this.#pods.onLocality(change);

  /** What a pool looks like now; undefined when there is no such pool. */
  look(key: string): Sight | undefined {
    const { namespace } = namesIn(key);
    const view = this.pools.get(namespace, key);
    if (!view) return undefined;
    const standby = this.#pods.standbyOf(view);
    if (!view.valid && !standby) return { kind: "invalid", view };
    const pool = view.valid ? view.pool : standby!.pool;
    const spec = view.valid ? undefined : refusedSpec(view.problems, standby!.by);
    const targetView = this.#targets.get(pool);
    if (targetView?.kind === "unread")
      return { kind: "unread", view, lookAgainInMs: unreadMs, published: { pool, pods: this.#pods.of(pool) } };
    const found = targetView?.kind === "target" ? targetView : undefined;
    const selected = found && this.#pods.selected.of(namespace, key, found.selector, found.selectorText);
    const waitMs = selected && this.#targets.noteMove(key, { ...view, pool }, found, selected);
    if (waitMs !== undefined) return { kind: "unread", view, lookAgainInMs: waitMs };
    const pods = this.#pods.of(pool);
    const belonging = found && this.#targets.belongingIn(key, pool, found);
    const selector = this.#pods.selectorOf(pool)?.text;
    const { places, ...publishing } = placesOf(pool, {
      views: () => this.pools.in(namespace),
      service: (name) => this.#services.get(namespace, keyOf({ namespace, name })),
      held: [...this.#ownedBy(pool), ...this.#slices.services(pool)],
      pods,
      since: (service) => this.#slices.since(pool, service),
      sideOn: (service) => this.#slices.sideOn(pool, service),
      foreign: (service) => this.#foreignOn(pool, service),
      specProblem: standby?.by === "published" ? spec : undefined,
    });
    const published = this.#slices.inForce(pool, places.current.name);
    const portsInForce = this.#slices.published(pool)?.portsOf;
    const write = places.split.current.find(({ side }) => side === "write");
    const writersInForce = write && this.#slices.inForce(pool, write.name)?.ready;
    const istio = this.#entriesOf(pool, view);
    const others = drainedBy(pool.uid, this.#drains.in(namespace));
    const scale = scaleProblem(
      pool,
      this.pools.in(namespace),
      this.#autoscalers.in(namespace),
      this.#autoscalersUnread(namespace),
    );
    return {
      kind: "pool",
      view,
      pool,
      pods,
      places,
      ...(found && { target: found.target, targetRef: found.ref }),
      ...defined({ selector, belonging }),
      known: {
        ...defined({ specProblem: spec, targetProblem: targetView?.problem, scaleProblem: scale }),
        ...publishing,
        ...defined({ published, portsInForce, istio, writersInForce }),
        ...(others.size > 0 && { drainedBy: others }),
      },
    };
  }

  *#ownedBy({ uid, namespace }: Pool): Iterable<string> {
    for (const { owner, name } of this.#services.in(namespace)) if (owner === uid) yield name;
  }

  #foreignOn(pool: Pool, service: string): SliceView[] {
    const others = this.#slices.ofOthers(pool, service).flatMap((slice) => toSliceView(slice) ?? []);
    return [...this.#foreign.on(pool.namespace, service), ...others];
  }
}
