import type { SamplerContext } from "./sampler-context.ts";
import { Pulse } from "./sampler-pulse.ts";
import type { Job } from "./sampler-slots.ts";

/** A turn that takes more than this share of its time limit makes the pod a slow one, however it ends. */
const promptShare = 0.25;

export interface TurnsOptions {
  /** Asked after each turn. */
  readonly intervalMs: () => number;
  /** What a turn may take. */
  readonly timeoutMs: number;
  /** Must not reject. */
  readonly take: () => Promise<void>;
}

/** One pod's turns: on a pulse of its own, in the slots that all pods share. */
export class Turns implements Job {
  readonly #context: SamplerContext;
  readonly #options: TurnsOptions;
  readonly #pulse: Pulse;
  #isPrompt = false;
  #finish: () => void = () => {};
  #running: Promise<void> | undefined;

  constructor(context: SamplerContext, options: TurnsOptions) {
    this.#context = context;
    this.#options = options;
    this.#pulse = new Pulse(context, options.intervalMs, () => this.#wait());
  }

  /** A pod is quick once it has shown it. */
  get isPrompt(): boolean {
    return this.#isPrompt;
  }

  /** No turn begins any more; resolves at the end of the one under way. */
  async stop(): Promise<void> {
    this.#pulse.stop();
    this.#context.slots.remove(this);
    await this.#running;
  }

  run(): Promise<void> {
    this.#running = this.#take().finally(() => this.#finish());
    return this.#running;
  }

  /** Waits for a slot and for the turn that it allows. */
  #wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#finish = resolve;
      this.#context.slots.add(this);
    });
  }

  async #take(): Promise<void> {
    const { now } = this.#context;
    const startedAt = now();
    await this.#options.take();
    this.#isPrompt = now() - startedAt < promptShare * this.#options.timeoutMs;
  }
}
