/** Runs the callback after a while; the result cancels it. */
export type SetTimer = (callback: () => void, delayMs: number) => () => void;

export interface Clock {
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly random: () => number;
  readonly setTimer: SetTimer;
  /** Gets what a beat throws, which ends that beat alone. */
  readonly onError?: (error: unknown) => void;
}

/** The first beat comes within this time even if the interval is longer, so that new pods are known soon. */
const maxFirstDelayMs = 1_000;

/** Periods are this much of the interval or more, never longer: two samples always come within two intervals. */
const shortestPeriod = 0.92;

/**
 * Beats once per interval, with a random phase and a period that varies a little so that many pulses spread out. A beat
 * that is still under way delays the next one, and beats that were missed are not made up for. One that throws is followed
 * by the next like any other.
 */
export class Pulse {
  readonly #clock: Clock;
  readonly #intervalMs: () => number;
  readonly #beat: () => Promise<void>;
  #due: number;
  #cancel: () => void = () => {};
  #isBeating = false;
  /** When a beat was asked for that comes after the next one, or after the one under way. */
  #hurriedTo: number | undefined;
  #stopped = false;

  /** An interval that is a function is asked after each beat. */
  constructor(clock: Clock, intervalMs: number | (() => number), beat: () => Promise<void>) {
    this.#clock = clock;
    this.#intervalMs = typeof intervalMs === "number" ? () => intervalMs : intervalMs;
    this.#beat = beat;
    const delayMs = clock.random() * Math.min(this.#intervalMs(), maxFirstDelayMs);
    this.#due = clock.now() + delayMs;
    this.#arm(delayMs);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /**
   * Beats after a time, at once where none is given; where a beat is under way, again after its end. What is due before then
   * comes at once, so that as much time lies between the two. From that beat on the interval goes on.
   */
  hurry(inMs = 0): void {
    if (this.#stopped) return;
    const { now } = this.#clock;
    const at = now() + inMs;
    const comesBefore = inMs > 0 && this.#due < at;
    if (this.#isBeating || comesBefore) this.#hurriedTo = Math.min(this.#hurriedTo ?? at, at);
    if (this.#isBeating) return;
    this.#cancel();
    this.#due = comesBefore ? now() : at;
    this.#arm(comesBefore ? 0 : inMs);
  }

  #arm(delayMs: number): void {
    this.#cancel = this.#clock.setTimer(() => void this.#fire(), delayMs);
  }

  async #fire(): Promise<void> {
    this.#isBeating = true;
    try {
      await this.#beat();
    } catch (error) {
      this.#clock.onError?.(error);
    }
    this.#isBeating = false;
    if (this.#stopped) return;
    const { now, random } = this.#clock;
    const periodMs = this.#intervalMs() * (shortestPeriod + (1 - shortestPeriod) * random());
    const dueInMs = Math.min(this.#due + periodMs, this.#hurriedTo ?? Number.POSITIVE_INFINITY) - now();
    // Bounded on both sides, so that a clock that jumps neither stops the pulse nor makes it race.
    const delayMs = Math.min(Math.max(0, dueInMs), periodMs);
    this.#hurriedTo = undefined;
    this.#due = now() + delayMs;
    this.#arm(delayMs);
  }
}
