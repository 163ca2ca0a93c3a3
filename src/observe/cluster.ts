import type { PoolStatus } from "../api/status.ts";
import { hash } from "../decide/hash.ts";
import { matchLabels, type Selector, selects } from "../decide/selector.ts";
import type { Observation, Pod, Pool, Problem, Reading } from "../decide/world.ts";
import type { Change } from "../kube/object-cache.ts";
import type { KubeObject, ResourceRef } from "../kube/types.ts";
import { ByNamespace } from "./by-namespace.ts";
import { publishProblem, scaleProblem } from "./claims.ts";
import { type PoolView, serviceOf, toPoolView } from "./pool.ts";
import { type AutoscalerView, type ServiceView, toPod } from "./project.ts";
import type { Targets } from "./targets.ts";

export const keyOfPool = ({ namespace, name }: { readonly namespace: string; readonly name: string }): string =>
  `${namespace}/${name}`;

/** What a pass sees of one pool, beside its samples. */
export type Sight =
  | { readonly kind: "invalid"; readonly view: PoolView & { readonly valid: false } }
  /** Something that the decision needs has not been read yet: no plan is better than a wrong one. */
  | { readonly kind: "unread" }
  | {
      readonly kind: "pool";
      readonly view: PoolView;
      readonly pool: Pool;
      readonly pods: readonly Pod[];
      readonly targetRef?: ResourceRef;
      readonly serviceName: string;
      readonly service?: ServiceView;
      /** Services that the pool owns under other names. */
      readonly strays: readonly ServiceView[];
      readonly observe: (readings: ReadonlyMap<string, Reading>, status: PoolStatus, now: number) => Observation;
    };

/** The caches, as far as pools are concerned: which pool a change wakes, and what a pool looks like now. */
export class Cluster {
  readonly pools = new ByNamespace<PoolView>();
  readonly #pods = new ByNamespace<Pod>();
  readonly #autoscalers = new ByNamespace<AutoscalerView>();
  readonly #services = new ByNamespace<ServiceView>();
  readonly #zones = new Map<string, string>();
  readonly #allowLoopback: boolean;
  readonly #wake: (key: string) => void;
  #targets: Targets | undefined;

  constructor(options: { readonly allowLoopback: boolean; readonly wake: (key: string) => void }) {
    this.#allowLoopback = options.allowLoopback;
    this.#wake = options.wake;
  }

  useTargets(targets: Targets): void {
    this.#targets = targets;
  }

  toPool = toPoolView;
  toPod = (raw: KubeObject): Pod => toPod(raw, this.#allowLoopback);

  onPool = (change: Change<PoolView>): void => {
    this.pools.apply(change);
    this.#wake(change.key);
    const before = change.previous;
    const after = change.current;
    // A pool that comes, goes or changes its claims may free or take what others in its namespace want.
    if (before && after && before.generation === after.generation && before.uid === after.uid) return;
    for (const view of this.pools.in((after ?? before)!.namespace)) this.#wake(keyOfPool(view));
  };

  onPod = (change: Change<Pod>): void => {
    this.#pods.apply(change);
    const versions = [change.current, change.previous].filter((pod) => pod !== undefined);
    for (const view of this.pools.in(versions[0]!.namespace)) {
      const selector = view.valid ? this.#selectorOf(view.pool) : undefined;
      if (selector && versions.some(({ labels }) => selects(selector, labels))) this.#wake(keyOfPool(view));
    }
  };

  onService = (change: Change<ServiceView>): void => {
    this.#services.apply(change);
    const { namespace, name } = (change.current ?? change.previous)!;
    this.wakeByService(namespace, name);
  };

  wakeByService(namespace: string, service: string): void {
    for (const view of this.pools.in(namespace)) {
      if (view.valid && serviceOf(view.pool) === service) this.#wake(keyOfPool(view));
    }
  }

  onAutoscaler = (change: Change<AutoscalerView>): void => {
    const kinded = (view: AutoscalerView | undefined) => view && `${view.kind} ${change.key}`;
    this.#autoscalers.apply({ ...change, key: kinded(change.current ?? change.previous)! });
    for (const { namespace, target } of [change.current, change.previous].filter((view) => view !== undefined))
      this.wakeByTarget(namespace, target.kind, target.name);
  };

  wakeByTarget(namespace: string, kind: string, name: string): void {
    for (const view of this.pools.in(namespace)) {
      const ref = view.valid ? view.pool.spec.targetRef : undefined;
      if (ref?.kind === kind && ref.name === name) this.#wake(keyOfPool(view));
    }
  }

  wakeByKind(kind: string): void {
    for (const view of this.pools.all())
      if (view.valid && view.pool.spec.targetRef?.kind === kind) this.#wake(keyOfPool(view));
  }

  onZone = ({ key, current }: Change<string>): void => {
    if (current) this.#zones.set(key, current);
    else this.#zones.delete(key);
  };

  #selectorOf({ spec, namespace }: Pool): Selector | undefined {
    if (spec.selector) return matchLabels(spec.selector.matchLabels);
    const view = spec.targetRef && this.#targets?.get(spec.targetRef, namespace);
    return view?.kind === "target" ? view.selector : undefined;
  }

  /** What a pool looks like now; undefined when there is no such pool. */
  look(key: string): Sight | undefined {
    const slash = key.indexOf("/");
    const namespace = key.slice(0, slash);
    const view = this.pools.get(namespace, key);
    if (!view) return undefined;
    if (!view.valid) return { kind: "invalid", view };
    const { pool } = view;
    const targetView = pool.spec.targetRef && this.#targets?.get(pool.spec.targetRef, namespace);
    if (targetView?.kind === "unread") return { kind: "unread" };
    const found = targetView?.kind === "target" ? targetView : undefined;
    const selector = found?.selector ?? this.#selectorOf(pool);
    const pods = selector ? this.#podsOf(namespace, selector) : [];
    const serviceName = serviceOf(pool);
    const service = this.#services.get(namespace, `${namespace}/${serviceName}`);
    const strays = [...this.#services.in(namespace)].filter(
      ({ owner, name }) => owner === pool.uid && name !== serviceName,
    );
    const problems = {
      target: targetView?.kind === "problem" ? targetView.problem : undefined,
      scale: scaleProblem(pool, this.pools.in(namespace), this.#autoscalers.in(namespace)),
      publish: publishProblem(pool, this.pools.in(namespace), service),
    } satisfies Record<string, Problem | undefined>;
    return {
      kind: "pool",
      view,
      pool,
      pods,
      serviceName,
      strays,
      ...(found && { targetRef: found.ref }),
      ...(service && { service }),
      observe: (readings, status, now) => ({
        now,
        seed: hash(pool.uid, 0),
        pool,
        pods: pods.map((pod) => {
          const reading = readings.get(pod.uid);
          return { pod, ...(reading && { reading }) };
        }),
        ...(found && { target: found.target }),
        ...(problems.target && { targetProblem: problems.target }),
        ...(problems.scale && { scaleProblem: problems.scale }),
        ...(problems.publish && { publishProblem: problems.publish }),
        status,
      }),
    };
  }

  #podsOf(namespace: string, selector: Selector): Pod[] {
    const pods: Pod[] = [];
    for (const pod of this.#pods.in(namespace)) {
      if (!selects(selector, pod.labels)) continue;
      const zone = pod.node && this.#zones.get(pod.node);
      pods.push(zone ? { ...pod, zone } : pod);
    }
    return pods;
  }
}
