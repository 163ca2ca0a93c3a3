import type { PoolSpec } from "../api/pool.ts";
import { parseSelector, type Selector } from "../decide/selector.ts";
import type { Problem, Target } from "../decide/world.ts";
import { aborted } from "../kube/backoff.ts";
import type { Discovery } from "../kube/discovery.ts";
import type { Change } from "../kube/object-cache.ts";
import { readScale } from "../kube/scale.ts";
import type { Transport } from "../kube/transport.ts";
import type { KubeObject, Log, ResourceRef } from "../kube/types.ts";
import { WatchSet } from "../kube/watch-set.ts";

export type TargetRef = NonNullable<PoolSpec["targetRef"]>;

/** A workload as the scale subresource shows it, or why it cannot be read. */
export type TargetView =
  | {
      readonly kind: "target";
      readonly target: Target;
      readonly selector: Selector;
      readonly selectorText: string;
      readonly ref: ResourceRef;
    }
  | { readonly kind: "problem"; readonly problem: Problem }
  /** Asked for and not answered yet. */
  | { readonly kind: "unread" };

interface Workload {
  readonly namespace: string;
  readonly name: string;
  /** Changes with the object and with its spec, but not with its status. */
  readonly version: string;
  readonly rollsFrom?: number;
  /** It is being deleted. */
  readonly terminating: boolean;
}

/** All workloads of one kind: their metadata is watched, their scale is read when the generation moves. */
interface KindWatch {
  readonly ref: ResourceRef | undefined;
  readonly problem: Problem | undefined;
  readonly watches: WatchSet<Workload> | undefined;
  readonly scales: Map<string, { readonly version: string; readonly view: TargetView }>;
}

export interface TargetsOptions {
  readonly transport: Transport;
  readonly discovery: Discovery;
  readonly namespaces: readonly string[] | undefined;
  /** Called when something about the workload is known anew. */
  readonly onChange: (kind: string, namespace: string, name: string) => void;
  /** Called when something about a whole kind is known anew. */
  readonly onKind: (kind: string) => void;
  readonly log: Log;
}

const retryMs = 15_000;

interface RawStatefulSet extends KubeObject {
  readonly spec?: {
    readonly ordinals?: { readonly start?: number };
    readonly updateStrategy?: { readonly type?: string; readonly rollingUpdate?: { readonly partition?: number } };
  };
}

/** The ordinal from which on a StatefulSet rolls its pods: those below its partition, or all, wait for their user. */
function rollsFrom(raw: KubeObject): number | undefined {
  const { ordinals, updateStrategy } = (raw as RawStatefulSet).spec ?? {};
  if (updateStrategy?.type === "OnDelete") return Number.POSITIVE_INFINITY;
  const partition = updateStrategy?.rollingUpdate?.partition ?? 0;
  return partition > 0 ? (ordinals?.start ?? 0) + partition : undefined;
}

const isStatefulSet = ({ group, plural }: ResourceRef): boolean => group === "apps" && plural === "statefulsets";

function toWorkload(raw: KubeObject, ref: ResourceRef): Workload {
  const { namespace, name, uid, generation, deletionTimestamp } = raw.metadata;
  const from = isStatefulSet(ref) ? rollsFrom(raw) : undefined;
  const terminating = deletionTimestamp !== undefined;
  const version = [uid, generation ?? 0, ...(terminating ? ["terminating"] : [])].join("/");
  return { namespace: namespace!, name, version, terminating, ...(from !== undefined && { rollsFrom: from }) };
}

/** The workloads that pools refer to, of any kind with a scale subresource. Watches start when a kind is first asked for. */
export class Targets {
  readonly #options: TargetsOptions;
  readonly #kinds = new Map<string, KindWatch | "resolving">();
  readonly #reading = new Set<string>();
  readonly #tasks = new Set<Promise<void>>();
  #signal: AbortSignal | undefined;

  constructor(options: TargetsOptions) {
    this.#options = options;
  }

  /** What is known of a workload. The first question about a kind starts its watch; the answer comes by `onChange`. */
  get({ apiVersion, kind, name }: TargetRef, namespace: string): TargetView {
    const kindKey = `${apiVersion} ${kind}`;
    const known = this.#kinds.get(kindKey);
    if (known === undefined) this.#follow(apiVersion, kind, kindKey);
    if (known === undefined || known === "resolving") return { kind: "unread" };
    if (known.problem) return { kind: "problem", problem: known.problem };
    const key = `${namespace}/${name}`;
    const unavailable = known.watches?.unavailable;
    if (unavailable)
      return {
        kind: "problem",
        problem: { reason: "TargetForbidden", message: `${kind}s cannot be read: ${unavailable}` },
      };
    const workload = known.watches?.get(key);
    if (!workload) {
      if (!known.watches?.isSynced) return { kind: "unread" };
      const message = `There is no ${kind} ${name} in namespace ${namespace}: check spec.targetRef.`;
      return { kind: "problem", problem: { reason: "TargetNotFound", message } };
    }
    return known.scales.get(key)?.view ?? { kind: "unread" };
  }

  /** Runs until the signal aborts; resolves when every watch has ended. */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    await aborted(signal);
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
  }

  #track(task: Promise<void>): void {
    this.#tasks.add(task);
    void task.finally(() => this.#tasks.delete(task));
  }

  #follow(apiVersion: string, kind: string, kindKey: string): void {
    if (!this.#signal || this.#signal.aborted) return;
    this.#kinds.set(kindKey, "resolving");
    this.#track(this.#resolve(apiVersion, kind, kindKey, this.#signal));
  }

  async #resolve(apiVersion: string, kind: string, kindKey: string, signal: AbortSignal): Promise<void> {
    const { discovery, log, onKind } = this.#options;
    const fail = (problem: Problem): void => {
      this.#kinds.set(kindKey, { ref: undefined, problem, watches: undefined, scales: new Map() });
      const retry = setTimeout(() => {
        this.#kinds.delete(kindKey);
        onKind(kind);
      }, retryMs);
      signal.addEventListener("abort", () => clearTimeout(retry), { once: true });
      onKind(kind);
    };
    const about = `${kind} in ${apiVersion}`;
    try {
      const found = await discovery.resolve(apiVersion, kind);
      if (!found) fail({ reason: "TargetKindUnknown", message: `The cluster has no ${about}: check spec.targetRef.` });
      else if (!found.scalable)
        fail({ reason: "TargetNotScalable", message: `${about} has no scale subresource: check spec.targetRef.` });
      else this.#watch(kind, kindKey, found.ref, signal);
    } catch (error) {
      log.warn({ kind, apiVersion, error }, "the kind of a target could not be looked up");
      fail({ reason: "TargetUnknown", message: `The API server does not say whether it has ${about}.` });
    }
  }

  #watch(kind: string, kindKey: string, ref: ResourceRef, signal: AbortSignal): void {
    const { transport, namespaces, log, onChange } = this.#options;
    const scales: KindWatch["scales"] = new Map();
    const changed = ({ namespace, name }: Workload) => onChange(kind, namespace, name);
    const watches = new WatchSet<Workload>(namespaces, {
      transport,
      ref,
      project: (raw) => toWorkload(raw, ref),
      optional: true,
      log,
      onChange: ({ key, current, previous }: Change<Workload>) => {
        if (!current) {
          scales.delete(key);
          changed(previous!);
        } else if (scales.get(key)?.version !== current.version) {
          this.#track(this.#read(ref, kind, key, watches, scales, changed));
        }
      },
    });
    this.#kinds.set(kindKey, { ref, problem: undefined, watches, scales });
    this.#track(watches.run(signal));
    this.#track(watches.synced().then(() => this.#options.onKind(kind)));
  }

  /** Reads a scale until it belongs to the newest generation seen. */
  async #read(
    ref: ResourceRef,
    kind: string,
    key: string,
    watches: WatchSet<Workload>,
    scales: KindWatch["scales"],
    changed: (workload: Workload) => void,
  ): Promise<void> {
    const readingKey = `${ref.group}/${ref.plural}/${key}`;
    if (this.#reading.has(readingKey)) return;
    this.#reading.add(readingKey);
    try {
      for (let workload = watches.get(key); workload && !this.#signal?.aborted; workload = watches.get(key)) {
        if (scales.get(key)?.version === workload.version) break;
        scales.set(key, { version: workload.version, view: await this.#view(ref, kind, workload) });
        changed(workload);
      }
    } catch (error) {
      this.#options.log.warn({ target: key, error }, "the scale of a target could not be read");
      const retry = setTimeout(() => this.#track(this.#read(ref, kind, key, watches, scales, changed)), 1_000);
      this.#signal?.addEventListener("abort", () => clearTimeout(retry), { once: true });
    } finally {
      this.#reading.delete(readingKey);
    }
  }

  async #view(ref: ResourceRef, kind: string, workload: Workload): Promise<TargetView> {
    const { namespace, name, rollsFrom: from, terminating } = workload;
    const scale = await readScale(this.#options.transport, ref, namespace, name, { signal: this.#signal });
    if (!scale) {
      const message = `${kind} ${name} has no scale subresource.`;
      return { kind: "problem", problem: { reason: "TargetNotScalable", message } };
    }
    const selector = parseSelector(scale.selector);
    if (!selector) {
      const message = `${kind} ${name} shows no label selector in its scale subresource.`;
      return { kind: "problem", problem: { reason: "TargetWithoutSelector", message } };
    }
    return {
      kind: "target",
      target: {
        uid: scale.uid,
        replicas: scale.replicas,
        ...(from !== undefined && { rollsFrom: from }),
        ...(terminating && { terminating }),
      },
      selector,
      selectorText: scale.selector,
      ref,
    };
  }
}
