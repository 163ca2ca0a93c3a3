import type { Arrival } from "./arrivals.ts";
import type { Hold, HoldEnd } from "./hold-connection.ts";

/** Whom the operator says to ask. */
export interface Choice {
  readonly pod: string;
  readonly address: string;
  readonly port: number;
}

export interface LoadOptions {
  readonly arrivals: Iterator<Arrival>;
  /** The first choice, then where to turn when it fails: asked for only then. */
  readonly choose: (signal: AbortSignal) => Promise<Iterable<Choice>>;
  readonly hold: (hold: Hold, signal: AbortSignal, onOpen: () => void) => Promise<HoldEnd>;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Told of every connection that failed, retried or not. */
  readonly onFailure: (message: string) => void;
}

/** What the load has come to. */
export interface Traffic {
  readonly open: number;
  readonly opened: number;
  readonly failed: number;
  /** Connections that their pods ended in good order, and that were opened again. */
  readonly released: number;
  /** Connections opened, by pod. */
  readonly perPod: ReadonlyMap<string, number>;
}

/**
 * More than wait for two frozen pods of eight at half their load: some 7 a second for each, for the 5 s that a client waits.
 * On a machine that answers fewer than come, more would all wait for too long.
 */
const mostOpening = 100;

/**
 * Opens connections as they arrive, to the pods that the operator chooses, and waits for none of them. Who comes while too
 * many wait to be answered is turned away, and counted neither as opened nor as failed.
 */
export class LoadGenerator {
  readonly #options: LoadOptions;
  readonly #underWay = new Set<Promise<void>>();
  readonly #perPod = new Map<string, number>();
  /** Those that no pod has answered yet. */
  #opening = 0;
  #open = 0;
  #opened = 0;
  #failed = 0;
  #released = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  get traffic(): Traffic {
    return {
      open: this.#open,
      opened: this.#opened,
      failed: this.#failed,
      released: this.#released,
      perPod: this.#perPod,
    };
  }

  /** Runs until the signal aborts; resolves when every connection is closed. */
  async run(signal: AbortSignal): Promise<void> {
    const { arrivals, now } = this.#options;
    const startedAt = now();
    while (!signal.aborted) {
      const { value, done } = arrivals.next();
      if (done) break;
      await until(startedAt + value.atMs - now(), signal);
      if (signal.aborted) break;
      if (value.holdMs === 0 || this.#opening >= mostOpening) continue;
      const serving = this.#serve(value, signal);
      this.#underWay.add(serving);
      void serving.finally(() => this.#underWay.delete(serving));
    }
    await Promise.all(this.#underWay);
  }

  async #serve({ holdMs }: Arrival, signal: AbortSignal): Promise<void> {
    const endsAt = this.#options.now() + holdMs;
    // A pod that asks to go elsewhere is left for whoever is to be chosen then.
    while ((await this.#serveOnce(endsAt, signal)) === "released" && !signal.aborted);
  }

  async #serveOnce(endsAt: number, signal: AbortSignal): Promise<HoldEnd> {
    const { choose, now } = this.#options;
    let choices: Iterable<Choice>;
    this.#opening += 1;
    try {
      choices = await choose(signal);
    } catch (error) {
      this.#fail(`no pod to connect to: ${(error as Error).message}`, signal);
      return "over";
    } finally {
      this.#opening -= 1;
    }
    for (const { pod, address, port } of choices) {
      const end = await this.#hold(pod, { address, port, holdMs: Math.max(1, endsAt - now()) }, signal);
      if (end === "released") this.#released += 1;
      if (end !== "failed") return end;
    }
    return "over";
  }

  async #hold(pod: string, hold: Hold, signal: AbortSignal): Promise<HoldEnd | "failed"> {
    let held = false;
    this.#opening += 1;
    try {
      return await this.#options.hold(hold, signal, () => {
        held = true;
        this.#opening -= 1;
        this.#open += 1;
        this.#opened += 1;
        this.#perPod.set(pod, (this.#perPod.get(pod) ?? 0) + 1);
      });
    } catch (error) {
      this.#fail(`a connection to ${pod} failed: ${(error as Error).message}`, signal);
      return "failed";
    } finally {
      if (held) this.#open -= 1;
      else this.#opening -= 1;
    }
  }

  #fail(message: string, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#failed += 1;
    this.#options.onFailure(message);
  }
}

/** Waits, at least for the next turn of the event loop, or until the signal aborts. */
function until(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, Math.max(0, delayMs));
    signal.addEventListener("abort", done, { once: true });
  });
}
