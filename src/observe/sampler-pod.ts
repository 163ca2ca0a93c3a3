import { isDeepStrictEqual } from "node:util";
import type { Pod, Reading, SampleFailure } from "../decide/world.ts";
import type { SamplerContext } from "./sampler-context.ts";
import { Pulse } from "./sampler-pulse.ts";
import { withFailure, withSample } from "./sampler-reading.ts";
import type { Job } from "./sampler-slots.ts";
import { findDial } from "./sources/dial.ts";
import { Fetcher, type FetchRequest } from "./sources/fetcher.ts";
import type { Measure, Measured } from "./sources/measure.ts";
import { failed } from "./sources/scanned.ts";

/** How the pods of one pool are read. */
export interface ReadPlan {
  readonly pool: string;
  readonly intervalMs: number;
  readonly port: string;
  readonly request: FetchRequest;
  readonly measure: Measure;
}

/** An attempt that takes more than this share of its time limit makes the pod a slow one, however it ends. */
const promptShare = 0.25;

/** Samples one pod, from `start` to `stop`. */
export class PodSampler implements Job {
  readonly #context: SamplerContext;
  readonly #plan: ReadPlan;
  #pod: Pod;
  readonly #fetcher: Fetcher | undefined;
  readonly #refusal: SampleFailure | undefined;
  readonly #pulse: Pulse;
  #keep: number;
  #reading: Reading | undefined;
  #isPrompt = false;
  #finish: () => void = () => {};
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(context: SamplerContext, plan: ReadPlan, pod: Pod, keep: number, reading?: Reading) {
    this.#context = context;
    this.#plan = plan;
    this.#pod = pod;
    this.#keep = keep;
    this.#reading = reading;
    const dial = findDial(pod, plan.port, context.dialPolicy);
    if (dial.kind === "dial") this.#fetcher = new Fetcher(dial, context.fetchLimits);
    else this.#refusal = dial.failure;
    this.#pulse = new Pulse(context, plan.intervalMs, () => this.#take());
  }

  get reading(): Reading | undefined {
    return this.#reading;
  }

  /** A pod is quick once it has shown it. */
  get isPrompt(): boolean {
    return this.#isPrompt;
  }

  /** Takes over the pod as it is now; false if it has to be read at another place. */
  follow(pod: Pod, keep: number): boolean {
    const isSame =
      pod === this.#pod ||
      (pod.addresses[0] === this.#pod.addresses[0] &&
        pod.hostNetwork === this.#pod.hostNetwork &&
        isDeepStrictEqual(pod.ports, this.#pod.ports));
    if (!isSame) return false;
    this.#pod = pod;
    this.#keep = keep;
    return true;
  }

  /** Cuts what is under way and waits for its end. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#pulse.stop();
    this.#context.slots.remove(this);
    await this.#fetcher?.close();
    await this.#running;
  }

  run(): Promise<void> {
    this.#running = this.#attempt().finally(() => this.#finish());
    return this.#running;
  }

  /** Waits for a slot and for the attempt that it allows. */
  #take(): Promise<void> {
    return new Promise((resolve) => {
      this.#finish = resolve;
      this.#context.slots.add(this);
    });
  }

  async #attempt(): Promise<void> {
    const { pool, request } = this.#plan;
    const { now, onAttempt, onSample } = this.#context;
    const startedAt = now();
    const measured = await this.#measure();
    if (this.#stopped) return;
    const takenAt = now();
    const elapsedMs = Math.max(0, takenAt - startedAt);
    this.#isPrompt = elapsedMs < promptShare * request.timeoutMs;
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
