import type { Scheme } from "../../api/dial.ts";
import type { Finding } from "../../decide/samples/findings.ts";
import type { Pod, Reading, SampleFailure } from "../../decide/world.ts";
import { findDial, isSamePlace } from "../sources/dial.ts";
import { defaultFetchLimits, Fetcher, type FetchRequest } from "../sources/fetcher.ts";
import type { MeasureAnswer, MeasuredAnswer } from "../sources/measure.ts";
import { failed, type Tell } from "../sources/scanned.ts";
import type { SamplerContext } from "./context.ts";
import { withFailure, withSample } from "./reading.ts";
import type { Flow } from "./room.ts";
import { Turns } from "./turns.ts";

/** How the pods of one pool are read. */
export interface ReadPlan {
  readonly pool: string;
  readonly flow: Flow;
  readonly intervalMs: number;
  readonly port: string;
  readonly scheme: Scheme | undefined;
  readonly request: FetchRequest;
  readonly maxBodyBytes: number;
  readonly measure: MeasureAnswer;
}

/** What an attempt brought, with what was found where that is nothing. */
interface Attempted {
  readonly measured: MeasuredAnswer;
  readonly finding?: Finding | undefined;
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
    const limits = { ...defaultFetchLimits, maxBodyBytes: plan.maxBodyBytes };
    if (dial.kind === "dial") this.#fetcher = new Fetcher(dial, limits, plan.scheme, context.room);
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
    const { measured, finding } = await this.#measure();
    if (this.#stopped) return;
    const takenAt = now();
    const elapsedMs = Math.max(0, takenAt - startedAt);
    if (measured.kind === "failed") {
      this.#reading = withFailure(this.#reading, measured.failure, finding);
    } else {
      const { kind: _, ...values } = measured;
      this.#reading = withSample(this.#reading, { takenAt, ...values }, this.#keep, takenAt);
    }
    onAttempt({ pool, outcome: measured.kind === "failed" ? measured.failure : "ok", seconds: elapsedMs / 1_000 });
    onSample(pool);
  }

  /** No answer, however strange, may end more than its own attempt. */
  async #measure(): Promise<Attempted> {
    if (!this.#fetcher) return { measured: failed(this.#refusal!), finding: findingOf(this.#refusal!, this.#pod) };
    let finding: Finding | undefined;
    const tell: Tell = (found) => {
      finding = found;
    };
    try {
      const answer = await this.#fetcher.fetch(this.#plan.request, tell);
      const measured = answer.kind === "failed" ? answer : this.#plan.measure(answer, this.#context.now(), tell);
      return { measured, finding };
    } catch (error) {
      this.#context.onError(error);
      return { measured: failed("Malformed") };
    } finally {
      this.#fetcher.release();
    }
  }
}

const findingOf = (refusal: SampleFailure, { ports }: Pod): Finding | undefined =>
  refusal === "PortNotDeclared" ? { kind: "ports", declared: ports } : undefined;
