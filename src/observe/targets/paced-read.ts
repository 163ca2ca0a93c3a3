import type { Flow } from "../sampling/room.ts";
import type { Job, Pace, Slots } from "../sampling/slots.ts";

/** A read that takes more than this share of its deadline is a slow one the next time, however it ends. */
const promptShare = 0.25;

export interface PacedReadOptions {
  /** Who it is for. */
  readonly flow: Flow;
  /** That it shares with others. */
  readonly slots: Slots;
  readonly deadlineMs: number;
  /** Never rejects. */
  readonly read: () => Promise<void>;
  /** Its turn is over: it may wait for the next one. */
  readonly onEnd: () => void;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
}

/** Something that is read again and again, and waits for its turn each time: what hangs stands before no others. */
export class PacedRead implements Job {
  readonly #options: PacedReadOptions;
  #pace: Pace = "new";

  constructor(options: PacedReadOptions) {
    this.#options = options;
  }

  get flow(): Flow {
    return this.#options.flow;
  }

  get pace(): Pace {
    return this.#pace;
  }

  /** Not while it waits already. */
  wait(): void {
    this.#options.slots.add(this);
  }

  /** Waits no more. */
  cancel(): void {
    this.#options.slots.remove(this);
  }

  async run(): Promise<void> {
    const { now, read, deadlineMs, onEnd } = this.#options;
    const startedAt = now();
    await read();
    this.#pace = now() - startedAt < promptShare * deadlineMs ? "prompt" : "slow";
    onEnd();
  }
}
