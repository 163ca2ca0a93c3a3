import type { Pod } from "../../decide/world.ts";
import { isSamePlace } from "../../pods/dial.ts";
import type { SamplerContext } from "./context.ts";
import type { Flow } from "./room.ts";
import { Turns } from "./turns.ts";

/** Asks one pod at the place where it is. `ask` never rejects; `close` cuts what is under way. */
export interface Asker<Answer> {
  ask(pod: Pod): Promise<Answer>;
  close(): Promise<void>;
}

/** How the pods of a pool are asked, and what is made of what they answer. */
export interface PodPolling<Known, Answer> {
  readonly pool: string;
  readonly flow: Flow;
  readonly timeoutMs: number;
  readonly intervalMs: (known: Known | undefined) => number;
  readonly open: (pod: Pod) => Asker<Answer>;
  /** What is known after an answer that came at a time. */
  readonly learn: (known: Known | undefined, answer: Answer, at: number) => Known;
  readonly report: (answer: Answer, seconds: number) => void;
  /** Whether a pod that has changed is asked again soon, whatever the interval. */
  readonly hurries?: (before: Pod, after: Pod) => boolean;
}

/** Asks one pod on a pulse of its own until `stop`. */
class PodWorker<Known, Answer> {
  readonly #context: SamplerContext;
  readonly #polling: PodPolling<Known, Answer>;
  readonly #asker: Asker<Answer>;
  readonly #turns: Turns;
  readonly #isLast: (uid: string, at: number) => boolean;
  #pod: Pod;
  #stopped = false;
  known: Known | undefined;

  /** `isLast` says of each answer whether it ends a wait for those of all pods. */
  constructor(
    context: SamplerContext,
    polling: PodPolling<Known, Answer>,
    pod: Pod,
    known: Known | undefined,
    isLast: (uid: string, at: number) => boolean,
  ) {
    this.#context = context;
    this.#isLast = isLast;
    this.#polling = polling;
    this.#pod = pod;
    this.known = known;
    this.#asker = polling.open(pod);
    this.#turns = new Turns(context, {
      flow: polling.flow,
      slots: context.slots,
      intervalMs: () => polling.intervalMs(this.known),
      timeoutMs: polling.timeoutMs,
      take: () => this.#ask(),
    });
  }

  /** Takes over the pod as it is now; false if it has to be asked at another place. */
  follow(pod: Pod): boolean {
    if (!isSamePlace(pod, this.#pod)) return false;
    if (this.#polling.hurries?.(this.#pod, pod)) this.#turns.hurry();
    this.#pod = pod;
    return true;
  }

  hurry(inMs: number): void {
    this.#turns.hurry(inMs);
  }

  /** Cuts what is under way and waits for its end. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const ended = this.#turns.stop();
    await this.#asker.close();
    await ended;
  }

  async #ask(): Promise<void> {
    const { now, onSample } = this.#context;
    const startedAt = now();
    const answer = await this.#asker.ask(this.#pod);
    if (this.#stopped) return;
    const at = now();
    this.known = this.#polling.learn(this.known, answer, at);
    this.#polling.report(answer, Math.max(0, at - startedAt) / 1_000);
    onSample(this.#polling.pool, this.#isLast(this.#pod.uid, at));
  }
}

/** Timers count from the beginning of the event loop's turn, and end so much too early on a busy machine. */
const earlyMs = 5;

/** A worker for each pod that is followed, made anew where a pod has moved. */
export class PerPod<Known, Answer> {
  readonly #context: SamplerContext;
  readonly #polling: PodPolling<Known, Answer>;
  readonly #workers = new Map<string, PodWorker<Known, Answer>>();
  readonly #stopping = new Set<Promise<void>>();
  /** Pods that were hurried to a time, Unix milliseconds, and have not answered since. */
  #awaited: { readonly from: number; readonly uids: Set<string> } | undefined;

  constructor(context: SamplerContext, polling: PodPolling<Known, Answer>) {
    this.#context = context;
    this.#polling = polling;
  }

  /** By the pod's UID; a pod that has not answered yet has none, unless something was known of it before. */
  get known(): ReadonlyMap<string, Known> {
    const all = new Map<string, Known>();
    for (const [uid, { known }] of this.#workers) if (known !== undefined) all.set(uid, known);
    return all;
  }

  /** Takes over these pods and no others; `before` says what was known of one that is new here. */
  follow(pods: readonly Pod[], before: (pod: Pod) => Known | undefined): void {
    const wanted = new Set<string>();
    for (const pod of pods) {
      wanted.add(pod.uid);
      this.#followPod(pod, before);
    }
    if (wanted.size === this.#workers.size) return;
    for (const [uid, worker] of this.#workers) if (!wanted.has(uid)) this.#drop(uid, worker);
  }

  /** Asks every pod after a time, whatever the interval. */
  hurry(inMs: number): void {
    this.#awaited = { from: this.#context.now() + inMs - earlyMs, uids: new Set(this.#workers.keys()) };
    for (const worker of this.#workers.values()) worker.hurry(inMs);
  }

  async stop(): Promise<void> {
    for (const [uid, worker] of this.#workers) this.#drop(uid, worker);
    await Promise.all(this.#stopping);
  }

  #followPod(pod: Pod, before: (pod: Pod) => Known | undefined): void {
    const worker = this.#workers.get(pod.uid);
    if (worker?.follow(pod)) return;
    if (worker) this.#drop(pod.uid, worker);
    const known = worker ? undefined : before(pod);
    const isLast = (uid: string, at: number): boolean => this.#endsWait(uid, at);
    this.#workers.set(pod.uid, new PodWorker(this.#context, this.#polling, pod, known, isLast));
  }

  #endsWait(uid: string, at: number): boolean {
    const awaited = this.#awaited;
    if (!awaited || at < awaited.from) return false;
    awaited.uids.delete(uid);
    if (awaited.uids.size > 0) return false;
    this.#awaited = undefined;
    return true;
  }

  #drop(uid: string, worker: PodWorker<Known, Answer>): void {
    this.#workers.delete(uid);
    this.#awaited?.uids.delete(uid);
    const stopping = worker.stop().finally(() => this.#stopping.delete(stopping));
    this.#stopping.add(stopping);
  }
}
