import type { Scheme } from "../api/dial.ts";
import type { Pod, Reading, SampleFailure } from "../decide/world.ts";
import type { SamplerContext } from "./sampler-context.ts";
import { withFailure, withSample } from "./sampler-reading.ts";
import type { Flow } from "./sampler-room.ts";
import { Turns } from "./sampler-turns.ts";
import { findDial, isSamePlace } from "./sources/dial.ts";
import { Fetcher, type FetchRequest } from "./sources/fetcher.ts";
import type { Measure, Measured } from "./sources/measure.ts";
import { failed } from "./sources/scanned.ts";

/** How the pods of one pool are read. */
export interface ReadPlan {
  readonly pool: string;
  readonly flow: Flow;
  readonly intervalMs: number;
  readonly port: string;
  readonly scheme: Scheme | undefined;
  readonly request: FetchRequest;
  readonly measure: Measure;
}

/** Samples one pod until `stop`. */
export class PodSampler {
  readonly #context: SamplerContext;
  readonly #plan: ReadPlan;
  #pod: Pod;
  readonly #fetcher: Fetcher | undefined;
  readonly #refusal: SampleFailure | undefined;
  readonly #turns: Turns;
  #keep: number;
  #reading: Reading | undefined;
  #stopped = false;

  constructor(context: SamplerContext, plan: ReadPlan, pod: Pod, keep: number, reading?: Reading) {
    this.#context = context;
    this.#plan = plan;
    this.#pod = pod;
    this.#keep = keep;
    this.#reading = reading;
    const dial = findDial(pod, plan.port, context.dialPolicy);
    if (dial.kind === "dial") this.#fetcher = new Fetcher(dial, context.fetchLimits, plan.scheme);
    else this.#refusal = dial.failure;
    this.#turns = new Turns(context, {
      flow: plan.flow,
      slots: context.slots,
      intervalMs: () => plan.intervalMs,
      timeoutMs: plan.request.timeoutMs,
      take: () => this.#attempt(),
    });
  }

  get reading(): Reading | undefined {
    return this.#reading;
  }

  /** Takes over the pod as it is now; false if it has to be read at another place. */
  follow(pod: Pod, keep: number): boolean {
    if (!isSamePlace(pod, this.#pod)) return false;
    this.#pod = pod;
    this.#keep = keep;
    return true;
  }

  /** Cuts what is under way and waits for its end. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const ended = this.#turns.stop();
    await this.#fetcher?.close();
    await ended;
  }

  async #attempt(): Promise<void> {
    const { pool } = this.#plan;
    const { now, onAttempt, onSample } = this.#context;
    const startedAt = now();
    const measured = await this.#measure();
    if (this.#stopped) return;
    const takenAt = now();
    const elapsedMs = Math.max(0, takenAt - startedAt);
    if (measured.kind === "failed") {
      this.#reading = withFailure(this.#reading, measured.failure);
    } else {
      const { kind: _, ...values } = measured;
      this.#reading = withSample(this.#reading, { takenAt, ...values }, this.#keep, takenAt);
    }
    onAttempt({ pool, outcome: measured.kind === "failed" ? measured.failure : "ok", seconds: elapsedMs / 1_000 });
    onSample(pool);
  }

  /** No answer, however strange, may end more than its own attempt. */
  async #measure(): Promise<Measured> {
    if (!this.#fetcher) return failed(this.#refusal!);
    try {
      const answer = await this.#fetcher.fetch(this.#plan.request);
      return answer.kind === "failed" ? answer : this.#plan.measure(answer, this.#context.now());
    } catch (error) {
      this.#context.onError(error);
      return failed("Malformed");
    }
  }
}
