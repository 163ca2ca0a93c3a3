import { type Clock, Pulse } from "./pulse.ts";
import type { Flow } from "./room.ts";
import type { Job, Pace, Slots } from "./slots.ts";

/** A turn that takes more than this share of its time limit makes the next one a slow one, however it ends. */
const promptShare = 0.25;

export interface TurnsOptions {
  /** Who they are taken for. */
  readonly flow: Flow;
  readonly slots: Slots;
  /** Asked after each turn. */
  readonly intervalMs: () => number;
  /** What a turn may take. */
  readonly timeoutMs: number;
  /** What it throws goes to the clock's `onError`, and ends this turn alone. */
  readonly take: () => Promise<void>;
}

/** Turns at asking, on a pulse of their own, in the slots that all share. */
export class Turns implements Job {
  readonly #clock: Clock;
  readonly #options: TurnsOptions;
  readonly #pulse: Pulse;
  #pace: Pace = "new";
  #finish: () => void = () => {};
  #fail: (error: unknown) => void = () => {};
  #running: Promise<void> | undefined;

  constructor(clock: Clock, options: TurnsOptions) {
    this.#clock = clock;
    this.#options = options;
    this.#pulse = new Pulse(clock, options.intervalMs, () => this.#wait());
  }

  get flow(): Flow {
    return this.#options.flow;
  }

  get pace(): Pace {
    return this.#pace;
  }

  /** Has a turn after a time, at once where none is given, whatever the interval. */
  hurry(inMs?: number): void {
    this.#pulse.hurry(inMs);
  }

  /** No turn begins any more; resolves at the end of the one under way. */
  async stop(): Promise<void> {
    this.#pulse.stop();
    this.#options.slots.remove(this);
    await this.#running;
  }

  run(): Promise<void> {
    this.#running = this.#take().then(this.#finish, this.#fail);
    return this.#running;
  }

  /** Waits for a slot and for the turn that it allows. */
  #wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
      this.#options.slots.add(this);
    });
  }

  async #take(): Promise<void> {
    const { now } = this.#clock;
    const startedAt = now();
    await this.#options.take();
    this.#pace = now() - startedAt < promptShare * this.#options.timeoutMs ? "prompt" : "slow";
  }
}
