import { defined } from "../../api/defined.ts";
import { nearNames } from "../../decide/basics/near.ts";
import type { TargetProblem } from "../../decide/world.ts";
import { keyOf } from "../../key.ts";
import { aborted } from "../../kube/backoff.ts";
import type { Change } from "../../kube/object-cache.ts";
import type { Transport } from "../../kube/transport.ts";
import type { KubeLog, KubeObject, ResourceRef } from "../../kube/types.ts";
import { fieldOf, wholeOf } from "../../kube/untyped.ts";
import { WatchSet } from "../../kube/watch-set.ts";
import type { Slots } from "../sampling/slots.ts";
import { replicasBy } from "./replicas-by.ts";
import type { ScaleTiming } from "./scale-timing.ts";
import { TargetScale, type TargetView, type Workload } from "./target-scale.ts";
import { chartHint, resourceName, sentence } from "./words.ts";

/** The ordinal from which on a StatefulSet rolls its pods: those below its partition, or all, wait for their user. */
function rollsFrom(raw: KubeObject): number | undefined {
  const spec = fieldOf(raw, "spec");
  const strategy = fieldOf(spec, "updateStrategy");
  if (fieldOf(strategy, "type") === "OnDelete") return Number.POSITIVE_INFINITY;
  const partition = wholeOf(fieldOf(fieldOf(strategy, "rollingUpdate"), "partition")) ?? 0;
  const start = wholeOf(fieldOf(fieldOf(spec, "ordinals"), "start")) ?? 0;
  return partition > 0 ? start + partition : undefined;
}

const isStatefulSet = ({ group, plural }: ResourceRef): boolean => group === "apps" && plural === "statefulsets";

/** Whether what the scale of a kind says stands in the spec alone, as in the workloads of Kubernetes. */
const isInSpec = ({ group }: ResourceRef): boolean => group === "apps";

function toWorkload(raw: KubeObject, ref: ResourceRef): Workload {
  const { namespace, name, uid = "", generation = 0, resourceVersion = "", deletionTimestamp } = raw.metadata;
  const from = isStatefulSet(ref) ? rollsFrom(raw) : undefined;
  const terminating = deletionTimestamp !== undefined;
  const by = replicasBy(raw.metadata);
  return {
    namespace: namespace ?? "",
    name,
    uid,
    specVersion: [uid, generation, ...(terminating ? ["terminating"] : [])].join("/"),
    version: `${uid}/${resourceVersion}`,
    terminating,
    ...defined({ rollsFrom: from, replicasBy: by }),
  };
}

export interface TargetKindOptions {
  readonly transport: Transport;
  readonly ref: ResourceRef;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespaces: readonly string[] | undefined;
  readonly timing: ScaleTiming;
  /** That the questions of all kinds share. */
  readonly slots: Slots;
  /** Called when something about a workload that is asked for is known anew. */
  readonly onChange: (namespace: string, name: string) => void;
  /** Called when something about all of them is. */
  readonly onKind: () => void;
  /** Other kinds that have a workload of this name, as far as they are followed. */
  readonly kindsWith: (namespace: string, name: string) => readonly string[];
  readonly log: KubeLog;
  readonly now: () => number;
  readonly random: () => number;
}

/** The workloads of one kind: all are watched, for one watch costs less than many; scale is read of those asked for. */
export class TargetKind {
  readonly #options: TargetKindOptions;
  readonly #watches: WatchSet<Workload>;
  readonly #scales = new Map<string, { readonly scale: TargetScale; readonly stop: AbortController }>();
  readonly #stopping = new AbortController();
  readonly #startedAt: number;

  constructor(options: TargetKindOptions) {
    this.#options = options;
    this.#startedAt = options.now();
    const { transport, ref, namespaces, log } = options;
    this.#watches = new WatchSet<Workload>(namespaces, {
      transport,
      ref,
      project: (raw) => toWorkload(raw, ref),
      optional: true,
      log,
      onChange: this.#onChange,
    });
  }

  get isUnused(): boolean {
    return this.#scales.size === 0;
  }

  /** What is known of a workload. The first question about it has its scale read; the answer comes by `onChange`. */
  get(namespace: string, name: string): TargetView {
    const key = keyOf({ namespace, name });
    const { view } = this.#follow(key, namespace, name);
    const problem = this.#problemIn(namespace);
    if (problem) return view.kind === "target" ? { ...view, problem } : { kind: "problem", problem };
    if (this.#watches.get(key)) return view;
    if (this.#watches.unreadIn(namespace)) return { kind: "unread" };
    const near = this.#nearIn(namespace, name);
    const message = `There is no ${this.#options.kind} ${name} in namespace ${namespace}: check spec.targetRef.${near}`;
    return { kind: "problem", problem: { reason: "TargetNotFound", message } };
  }

  has(namespace: string, name: string): boolean {
    return this.#watches.get(keyOf({ namespace, name })) !== undefined;
  }

  /** Has its scale read soon. */
  hurry(namespace: string, name: string): void {
    this.#scales.get(keyOf({ namespace, name }))?.scale.hurry();
  }

  forget(namespace: string, name: string): void {
    const key = keyOf({ namespace, name });
    this.#scales.get(key)?.stop.abort();
    this.#scales.delete(key);
  }

  stop(): void {
    this.#stopping.abort();
    for (const { stop } of this.#scales.values()) stop.abort();
  }

  async run(signal: AbortSignal): Promise<void> {
    const ending = AbortSignal.any([signal, this.#stopping.signal]);
    const { onKind } = this.#options;
    void this.#watches.synced().then(() => ending.aborted || onKind());
    await this.#watches.run(ending);
    this.stop();
    await aborted(ending);
  }

  #follow(key: string, namespace: string, name: string): TargetScale {
    const known = this.#scales.get(key);
    if (known) return known.scale;
    const { transport, ref, kind, timing, slots, onChange, log, now, random } = this.#options;
    const stop = new AbortController();
    const scale = new TargetScale({
      transport,
      ref,
      kind,
      name,
      namespace,
      followsStatus: !isInSpec(ref),
      timing,
      slots,
      onChange: () => onChange(namespace, name),
      log,
      now,
      random,
      signal: stop.signal,
    });
    this.#scales.set(key, { scale, stop });
    const workload = this.#watches.get(key);
    if (workload) scale.moved(workload);
    return scale;
  }

  readonly #onChange = ({ key, current, previous }: Change<Workload>): void => {
    const followed = this.#scales.get(key);
    if (current) followed?.scale.moved(current);
    else if (followed) {
      followed.scale.gone();
      this.#options.onChange(previous!.namespace, previous!.name);
    }
  };

  /** What may have been meant, of what is known anyway. */
  #nearIn(namespace: string, name: string): string {
    const names = [...this.#watches.values()].flatMap((workload) =>
      workload.namespace === namespace ? workload.name : [],
    );
    const others = this.#options.kindsWith(namespace, name).map((kind) => `the ${kind} of that name`);
    const near = [...nearNames(name, names), ...others];
    return near.length > 0 ? ` Did you mean ${near.join(", or ")}?` : "";
  }

  /** Why nothing new is known of the kind's workloads. What goes on for a moment is no reason yet. */
  #problemIn(namespace: string): TargetProblem | undefined {
    const unread = this.#watches.unreadIn(namespace);
    if (!unread) return undefined;
    const { apiVersion, kind, ref, now, timing } = this.#options;
    const words = unread.kind === "pending" ? "no answer yet." : sentence(unread.message);
    if (unread.kind === "missing")
      return {
        reason: "TargetKindUnknown",
        message: `The cluster has no ${kind} in ${apiVersion} any more: check spec.targetRef.`,
      };
    if (unread.kind === "forbidden") {
      const right = `list and watch on ${resourceName(ref)}`;
      const message = `${kind}s may not be read: ${words} Give the operator the rights ${right}${chartHint(ref, "rbac.extraScaleTargets")}.`;
      return { reason: "TargetForbidden", message };
    }
    if (now() - this.#startedAt < timing.patienceMs) return undefined;
    return { reason: "ScaleUnreadable", message: `${kind}s cannot be read: ${words}` };
  }
}
