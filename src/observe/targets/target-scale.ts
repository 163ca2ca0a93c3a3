import { defined } from "../../api/defined.ts";
import { parseSelector, type Selector } from "../../decide/membership/selector.ts";
import type { ReplicasBy, Target } from "../../decide/target.ts";
import type { TargetProblem } from "../../decide/world.ts";
import { keyOf } from "../../key.ts";
import { Backoff } from "../../kube/backoff.ts";
import { readScale, type Scale } from "../../kube/scale.ts";
import type { Transport } from "../../kube/transport.ts";
import type { KubeLog, ResourceRef } from "../../kube/types.ts";
import type { Slots } from "../sampling/slots.ts";
import { PacedRead } from "./paced-read.ts";
import { isVerdict, type Named, scaleProblem } from "./scale-problem.ts";
import type { ScaleTiming } from "./scale-timing.ts";

/** A workload as the watch of its kind shows it. */
export interface Workload {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Changes with the object and with its spec, but not with its status. */
  readonly specVersion: string;
  /** Changes with anything. */
  readonly version: string;
  readonly rollsFrom?: number;
  readonly replicasBy?: ReplicasBy;
  /** It is being deleted. */
  readonly terminating: boolean;
}

/** A workload as its scale shows it, or why that cannot be read. */
export type TargetView =
  | {
      readonly kind: "target";
      readonly target: Target;
      readonly selector: Selector;
      readonly selectorText: string;
      readonly ref: ResourceRef;
      /** Why it may be old: it was like this when it was last known. */
      readonly problem?: TargetProblem;
      /** When this object was first seen here, monotonic milliseconds. */
      readonly seenSince: number;
      /** When the question began that this is the answer to. */
      readonly askedAt: number;
      /** The selector may move while the spec stays as it is. */
      readonly mayMove: boolean;
    }
  | { readonly kind: "problem"; readonly problem: TargetProblem }
  /** Asked for and not answered yet. */
  | { readonly kind: "unread" };

type Known = Extract<TargetView, { kind: "target" }>;

export interface TargetScaleOptions {
  readonly transport: Transport;
  readonly ref: ResourceRef;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  /** What status holds may be part of the scale. */
  readonly followsStatus: boolean;
  readonly timing: ScaleTiming;
  /** That all questions share. */
  readonly slots: Slots;
  /** Called when the view is another one. */
  readonly onChange: () => void;
  readonly log: KubeLog;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/**
 * The scale of one workload, read again whenever the workload moved in a way that may have changed it: soon after the
 * first move, then at a bounded rate, and never without the last move. What was known stays while it cannot be read.
 */
export class TargetScale {
  readonly #options: TargetScaleOptions;
  readonly #named: Named;
  readonly #question: PacedRead;
  readonly #retry: Backoff;
  #seen: Workload | undefined;
  #seenSince = 0;
  /** The workload as it was when the last question was asked. */
  #asked: Workload | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;
  /** Since when questions have failed, and when the next one is due. */
  #failing: { readonly since: number; readonly retryAt: number } | undefined;
  #told: string | undefined;
  /** Somebody waits for an answer, whatever it is. */
  #isUrgent = false;
  #hurriedAt = Number.NEGATIVE_INFINITY;
  #isReading = false;
  #timer: NodeJS.Timeout | undefined;
  #view: TargetView = { kind: "unread" };

  constructor(options: TargetScaleOptions) {
    this.#options = options;
    const { kind, name, namespace, ref, timing, random, signal, slots, now } = options;
    this.#named = { kind, name, ref };
    this.#retry = new Backoff({ baseMs: timing.retryBaseMs, maxMs: timing.retryMaxMs, random });
    const flow = { namespace, name: `${kind} ${name}` };
    const { deadlineMs } = timing;
    this.#question = new PacedRead({
      flow,
      slots,
      deadlineMs,
      now,
      read: () => this.#read(),
      onEnd: () => this.#end(),
    });
    const stop = (): void => {
      clearTimeout(this.#timer);
      this.#question.cancel();
    };
    signal.addEventListener("abort", stop, { once: true });
  }

  get view(): TargetView {
    return this.#view;
  }

  /** The workload is there, as new or as it has become. */
  moved(workload: Workload): void {
    const before = this.#seen;
    this.#seen = workload;
    if (before?.uid !== workload.uid) this.#seenSince = this.#options.now();
    // What failed for the old spec may work for the new one.
    if (before?.specVersion !== workload.specVersion) this.#forgive();
    this.#schedule();
  }

  /** The workload is gone; what is known of it counts for nothing. */
  gone(): void {
    this.#seen = undefined;
    this.#asked = undefined;
    this.#view = { kind: "unread" };
    this.#forgive();
    clearTimeout(this.#timer);
  }

  /** Asks at once, though nothing is known to have moved: news of it may be on its way. Any answer leads to `onChange`. */
  hurry(): void {
    this.#isUrgent = true;
    this.#schedule();
  }

  #forgive(): void {
    this.#failing = undefined;
    this.#retry.reset();
  }

  /** Milliseconds until the next question is due; undefined while there is none. */
  #dueInMs(workload: Workload): number | undefined {
    const { now, timing, followsStatus } = this.#options;
    const due = (() => {
      if (this.#failing) return this.#failing.retryAt;
      if (this.#isUrgent) return this.#hurriedAt + timing.soonMs;
      if (this.#asked?.specVersion !== workload.specVersion) return this.#askedAt + timing.soonMs;
      if (followsStatus && this.#asked.version !== workload.version) return this.#askedAt + timing.statusMs;
      return undefined;
    })();
    return due === undefined ? undefined : Math.max(0, due - now());
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#isReading || this.#options.signal.aborted || !this.#seen) return;
    const inMs = this.#dueInMs(this.#seen);
    if (inMs === undefined) return;
    if (inMs === 0) this.#wait();
    else this.#timer = setTimeout(() => this.#seen && this.#wait(), inMs);
  }

  #wait(): void {
    this.#isReading = true;
    this.#question.wait();
  }

  #end(): void {
    this.#isReading = false;
    this.#schedule();
  }

  /** Never rejects. */
  async #read(): Promise<void> {
    const workload = this.#seen;
    if (!workload) return;
    const { transport, ref, namespace, name, timing, signal, now } = this.#options;
    const isAwaited = this.#isUrgent;
    this.#isUrgent = false;
    this.#asked = workload;
    this.#askedAt = now();
    if (isAwaited) this.#hurriedAt = this.#askedAt;
    try {
      const scale = await readScale(transport, ref, namespace, name, { signal, deadlineMs: timing.deadlineMs });
      if (this.#isCurrent(workload)) this.#answered(workload, scale);
    } catch (error) {
      if (this.#isCurrent(workload)) this.#doubt(workload, scaleProblem(this.#named, error), isVerdict(error));
    }
    if (isAwaited && !signal.aborted) this.#options.onChange();
  }

  /** An answer about an object that has been made anew since is none. */
  #isCurrent({ uid }: Workload): boolean {
    return !this.#options.signal.aborted && this.#seen?.uid === uid;
  }

  #answered(workload: Workload, scale: Scale | undefined): void {
    const { kind, name } = this.#named;
    if (!scale) {
      const message = `${kind} ${name} has no scale subresource.`;
      this.#doubt(workload, { reason: "TargetNotScalable", message }, false);
      return;
    }
    if (this.#told !== undefined) this.#options.log.info({ target: this.#key }, "the scale of a target is read again");
    this.#told = undefined;
    this.#forgive();
    const view = this.#toView(workload, scale);
    if (view) {
      this.#show(view);
      return;
    }
    const message = `${kind} ${name} shows no label selector in its scale subresource.`;
    this.#show(this.#withProblem(workload, { reason: "TargetWithoutSelector", message }));
  }

  #toView(workload: Workload, { uid, replicas, unset, selector: text }: Scale): Known | undefined {
    const selector = parseSelector(text);
    if (!selector) return undefined;
    const { kind, name, ref } = this.#named;
    const { rollsFrom: from, replicasBy, terminating } = workload;
    const message = `${kind} ${name} runs ${unset?.counted} pods and does not say how many it should have: set its replicas.`;
    return {
      kind: "target",
      target: {
        uid,
        replicas,
        ...(unset && { isUnset: true }),
        ...defined({ rollsFrom: from, replicasBy }),
        ...(terminating && { terminating }),
      },
      selector,
      selectorText: text,
      ref,
      // Where more pods run than one, one is not what their controller takes for the default.
      ...(unset && unset.counted > 1 && { problem: { reason: "ReplicasUnset", message } }),
      seenSince: this.#seenSince,
      askedAt: this.#askedAt,
      mayMove: this.#options.followsStatus,
    };
  }

  /** What cannot be read is told at once where that is for sure, else when it goes on for a while. */
  #doubt(workload: Workload, problem: TargetProblem, isSure: boolean): void {
    const { log, now, timing } = this.#options;
    const since = this.#failing?.since ?? this.#askedAt;
    this.#failing = { since, retryAt: now() + this.#retry.next() };
    if (!isSure && now() - since < timing.patienceMs) return;
    if (this.#told !== problem.message) {
      this.#told = problem.message;
      log.warn({ target: this.#key, reason: problem.reason }, problem.message);
    }
    this.#show(this.#withProblem(workload, problem));
  }

  /** What was known of this very object stays, and says why it may be old. */
  #withProblem({ uid }: Workload, problem: TargetProblem): TargetView {
    return this.#view.kind === "target" && this.#view.target.uid === uid
      ? { ...this.#view, problem }
      : { kind: "problem", problem };
  }

  #show(view: TargetView): void {
    const before = this.#view;
    this.#view = view;
    if (meaning(before) !== meaning(view)) this.#options.onChange();
  }

  get #key(): string {
    return keyOf({ namespace: this.#options.namespace, name: this.#named.name });
  }
}

/** What a view says, but for when it was asked for. */
function meaning(view: TargetView): string {
  if (view.kind !== "target") return JSON.stringify(view);
  const { target, selectorText, problem } = view;
  return JSON.stringify([target, selectorText, problem]);
}
