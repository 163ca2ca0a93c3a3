import type { PoolSpec } from "../../api/pool.ts";
import type { TargetProblem } from "../../decide/world.ts";
import { aborted } from "../../kube/backoff.ts";
import type { Discovery } from "../../kube/discovery.ts";
import type { Transport } from "../../kube/transport.ts";
import type { KubeLog, ResourceRef } from "../../kube/types.ts";
import { Slots } from "../sampling/slots.ts";
import { defaultScaleTiming, type ScaleTiming } from "./scale-timing.ts";
import { TargetKind } from "./target-kind.ts";
import type { TargetView } from "./target-scale.ts";

export type TargetRef = NonNullable<PoolSpec["targetRef"]>;

export interface TargetsOptions {
  readonly transport: Transport;
  readonly discovery: Discovery;
  readonly namespaces: readonly string[] | undefined;
  /** Called when something about the workload is known anew. */
  readonly onChange: (kind: string, namespace: string, name: string) => void;
  /** Called when something about a whole kind is known anew. */
  readonly onKind: (kind: string) => void;
  readonly log: KubeLog;
  readonly timing?: Partial<ScaleTiming>;
  /** Monotonic, in milliseconds. */
  readonly now?: () => number;
  readonly random?: () => number;
}

/** What is known of a kind: nothing yet, that it is of no use, or its workloads. */
type Kind =
  | { readonly state: "resolving" }
  | { readonly state: "useless"; readonly problem: TargetProblem }
  | { readonly state: "watched"; readonly workloads: TargetKind };

const retryMs = 15_000;
/** Questions for a scale under way at once: those that hang, as where a webhook does, hold up no others. */
const mostQuestions = 24;

const keyOf = ({ apiVersion, kind }: TargetRef): string => `${apiVersion} ${kind}`;

/** The workloads that pools refer to, of any kind with a scale subresource, for as long as they do. */
export class Targets {
  readonly #options: Required<Omit<TargetsOptions, "timing">>;
  readonly #timing: ScaleTiming;
  readonly #slots = new Slots(mostQuestions);
  readonly #kinds = new Map<string, Kind>();
  readonly #tasks = new Set<Promise<void>>();
  #signal: AbortSignal | undefined;

  constructor({ timing, ...options }: TargetsOptions) {
    this.#options = { now: () => performance.now(), random: Math.random, ...options };
    this.#timing = { ...defaultScaleTiming, ...timing };
  }

  /** What is known of a workload. The first question starts what is needed to know it; the answer comes by `onChange`. */
  get(ref: TargetRef, namespace: string): TargetView {
    const known = this.#kinds.get(keyOf(ref));
    if (known?.state === "watched") return known.workloads.get(namespace, ref.name);
    if (known?.state === "useless") return { kind: "problem", problem: known.problem };
    if (!known) this.#follow(ref);
    return { kind: "unread" };
  }

  /** Has the scale read soon, where something is amiss that a newer one may explain. */
  hurry(ref: TargetRef, namespace: string): void {
    const known = this.#kinds.get(keyOf(ref));
    if (known?.state === "watched") known.workloads.hurry(namespace, ref.name);
  }

  /** No pool names the workload any more. */
  forget(ref: TargetRef, namespace: string): void {
    const known = this.#kinds.get(keyOf(ref));
    if (known?.state !== "watched") return;
    known.workloads.forget(namespace, ref.name);
    if (!known.workloads.isUnused) return;
    known.workloads.stop();
    this.#kinds.delete(keyOf(ref));
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

  #follow(ref: TargetRef): void {
    if (!this.#signal || this.#signal.aborted) return;
    this.#kinds.set(keyOf(ref), { state: "resolving" });
    this.#track(this.#resolve(ref, this.#signal));
  }

  async #resolve(ref: TargetRef, signal: AbortSignal): Promise<void> {
    const { discovery, log, onKind } = this.#options;
    const { apiVersion, kind } = ref;
    const fail = (problem: TargetProblem): void => {
      this.#kinds.set(keyOf(ref), { state: "useless", problem });
      const retry = setTimeout(() => {
        this.#kinds.delete(keyOf(ref));
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
      else this.#watch(ref, found.ref, signal);
    } catch (error) {
      log.warn({ kind, apiVersion, error }, "the kind of a target could not be looked up");
      fail({ reason: "TargetUnknown", message: `The API server does not say whether it has ${about}.` });
    }
  }

  #watch({ apiVersion, kind, name }: TargetRef, ref: ResourceRef, signal: AbortSignal): void {
    const { transport, namespaces, log, onChange, onKind, now, random } = this.#options;
    const workloads = new TargetKind({
      transport,
      ref,
      apiVersion,
      kind,
      namespaces,
      timing: this.#timing,
      slots: this.#slots,
      onChange: (namespace, changed) => onChange(kind, namespace, changed),
      onKind: () => onKind(kind),
      kindsWith: (namespace, wanted) => this.#kindsWith(namespace, wanted),
      log,
      now,
      random,
    });
    this.#kinds.set(keyOf({ apiVersion, kind, name }), { state: "watched", workloads });
    this.#track(workloads.run(signal));
  }

  #kindsWith(namespace: string, name: string): string[] {
    return [...this.#kinds].flatMap(([key, known]) =>
      known.state === "watched" && known.workloads.has(namespace, name) ? (key.split(" ").at(-1) ?? []) : [],
    );
  }
}
