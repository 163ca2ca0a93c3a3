/**
 * What is wrong with a pod's program: it takes 0.3 s longer for each request; it accepts connections and answers nothing, as one
 * that is stopped or locked up; or its page of metrics says that it is idle, whatever it does.
 */
export type PodFault = "slow" | "frozen" | "lying";

/** Long beside what answers take, and short beside what those wait who ask. */
const slowMs = 300;

/** A program with at most one fault. */
export class FaultyProgram {
  #fault: PodFault | undefined;
  #thaw: (() => void) | undefined;
  /** Resolves when the program goes on; undefined while it does. */
  frozen: Promise<void> | undefined;

  get fault(): PodFault | undefined {
    return this.#fault;
  }

  /** What waited for a frozen program goes on when it has another fault, or none. */
  set fault(fault: PodFault | undefined) {
    if (fault === this.#fault) return;
    this.#fault = fault;
    this.#thaw?.();
    this.frozen = fault === "frozen" ? new Promise((resolve) => (this.#thaw = resolve)) : undefined;
  }

  /** Does it now, or once the program is no longer frozen. */
  whenAwake(work: () => void): void {
    if (this.frozen) void this.frozen.then(() => this.whenAwake(work));
    else work();
  }

  /** How long work takes that takes this long usually. */
  durationMs(usualMs: number): number {
    return this.#fault === "slow" ? usualMs + slowMs : usualMs;
  }

  /** A gauge as the page of metrics has it. */
  report(gauge: number): number {
    return this.#fault === "lying" ? 0 : gauge;
  }
}
