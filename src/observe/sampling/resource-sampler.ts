import type { Sampled } from "../../api/metrics.ts";
import type { ResourceSource } from "../../api/sources.ts";
import { parseTime } from "../../api/time.ts";
import type { Pod, Reading, SampleFailure } from "../../decide/world.ts";
import { fieldOf, textOf } from "../../kube/untyped.ts";
import { byPodName, measureCpu } from "../sources/resource.ts";
import { failed } from "../sources/scanned.ts";
import { ReadingBook, type SampleOrFailure } from "./book.ts";
import type { Following, PoolSampler, SamplerContext, StartSampler } from "./context.ts";
import { flowOf } from "./room.ts";
import { ToldTimes } from "./told-times.ts";
import { Turns } from "./turns.ts";

/** Reads the pods of a pool with one list of the resource metrics API per interval. */
class ResourceSampler implements PoolSampler {
  readonly #context: SamplerContext;
  readonly #pool: string;
  readonly #source: ResourceSource;
  readonly #timeoutMs: number;
  readonly #turns: Turns;
  readonly #stop = new AbortController();
  readonly #book: ReadingBook;
  readonly #times = new ToldTimes();

  constructor(
    context: SamplerContext,
    pool: string,
    metrics: Sampled<"resource">,
    inherited: ReadonlyMap<string, Reading>,
  ) {
    this.#context = context;
    this.#pool = pool;
    this.#source = metrics.source.spec;
    this.#timeoutMs = metrics.timeout;
    this.#book = new ReadingBook(inherited);
    this.#turns = new Turns(context, {
      flow: flowOf(pool, "samples"),
      slots: context.listSlots,
      intervalMs: () => metrics.interval,
      timeoutMs: metrics.timeout,
      take: () => this.#attempt(),
    });
  }

  follow(following: Following): void {
    this.#book.follow(following);
    this.#times.keep(new Set(following.pods.map(({ uid }) => uid)));
  }

  readings(): ReadonlyMap<string, Reading> {
    return this.#book.readings;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#turns.stop();
  }

  async #attempt(): Promise<void> {
    const { now, onAttempt, onSample } = this.#context;
    const namespace = this.#book.pods[0]?.namespace;
    if (namespace === undefined) return;
    const startedAt = now();
    const items = await this.#list(namespace);
    if (this.#stop.signal.aborted) return;
    const byName = items && byPodName(items);
    for (const pod of this.#book.pods) this.#record(pod, byName);
    const outcome: "ok" | SampleFailure = items ? "ok" : "SourceUnavailable";
    onAttempt({ pool: this.#pool, outcome, seconds: Math.max(0, now() - startedAt) / 1_000 });
    onSample(this.#pool);
  }

  #record(pod: Pod, byName: ReadonlyMap<string, unknown> | undefined): void {
    const now = this.#context.now();
    const usage = byName?.get(pod.name);
    const measured = byName ? measureCpu(pod, usage, this.#source, now) : failed("SourceUnavailable");
    this.#book.record(pod, this.#timed(pod, measured, textOf(fieldOf(usage, "timestamp")), now), now);
  }

  #timed(pod: Pod, measured: SampleOrFailure, told: string | undefined, now: number): SampleOrFailure {
    if (measured.kind !== "sampled" || told === undefined) return measured;
    const takenAt = this.#times.settle(pod.uid, parseTime(told), now);
    return { ...measured, sample: { ...measured.sample, takenAt } };
  }

  /** Undefined if the list cannot be had in time. */
  async #list(namespace: string): Promise<readonly unknown[] | undefined> {
    const { listPodMetrics, onError, setTimer } = this.#context;
    const given = Promise.withResolvers<undefined>();
    const limit = new AbortController();
    const giveUp = (): void => {
      limit.abort();
      given.resolve(undefined);
    };
    const cancel = setTimer(giveUp, this.#timeoutMs);
    this.#stop.signal.addEventListener("abort", giveUp, { once: true });
    try {
      return await Promise.race([
        listPodMetrics(namespace, this.#book.following?.selector, limit.signal),
        given.promise,
      ]);
    } catch (error) {
      if (!limit.signal.aborted) onError(error);
      return undefined;
    } finally {
      cancel();
      this.#stop.signal.removeEventListener("abort", giveUp);
    }
  }
}

export const startResource: StartSampler<"resource"> = (...given) => new ResourceSampler(...given);
