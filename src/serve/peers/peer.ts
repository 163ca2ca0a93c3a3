import type { Message } from "./message.ts";

/** What became of a message to one address; `refused`: more come there than it takes. */
export type Delivery = "ok" | "failed" | "refused" | "dropped";

/** Who answered at an address, and whether the message was taken. */
export interface Receipt {
  readonly replica: string | undefined;
  readonly status: number;
}

export interface PeerOptions {
  /** Rejects when there is no answer. */
  readonly send: (origin: string, message: Message) => Promise<Receipt>;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly onDelivery: (delivery: Delivery, origin: string, why?: unknown) => void;
}

interface Waiting {
  readonly message: Message;
  /** When the client said it. */
  readonly since: number;
}

/** Messages under way to one address at once. */
const mostUnderWay = 4;
const mostWaiting = 1_024;
/** A report that had to wait for longer is old news, and its client will tell again. */
const longestWaitMs = 2_000;
/** Addresses pass from pod to pod: who answered at one is believed to be there for so long. */
const believedMs = 60_000;

/** One address of a replica. Of what a client says of a pool only the newest is sent, and never two words at once. */
export class Peer {
  readonly origin: string;
  readonly #options: PeerOptions;
  readonly #waiting = new Map<string, Waiting>();
  readonly #underWay = new Map<string, Promise<void>>();
  #answered: { readonly replica: string; readonly at: number } | undefined;

  constructor(origin: string, options: PeerOptions) {
    this.origin = origin;
    this.#options = options;
  }

  /** Who answered here lately. */
  get replica(): string | undefined {
    const answered = this.#answered;
    return answered && this.#options.now() - answered.at < believedMs ? answered.replica : undefined;
  }

  deliver(message: Message, since: number): void {
    const key = `${message.path} ${message.client} ${message.from}`;
    if (this.#waiting.size < mostWaiting || this.#waiting.has(key)) this.#waiting.set(key, { message, since });
    else this.#tell("dropped");
    this.#pump();
  }

  /** Forgets what waits; resolves when nothing is under way. */
  async end(): Promise<void> {
    this.#waiting.clear();
    await Promise.all(this.#underWay.values());
  }

  #tell(delivery: Delivery, why?: unknown): void {
    this.#options.onDelivery(delivery, this.origin, why);
  }

  #pump(): void {
    for (const [key, { message, since }] of this.#waiting) {
      if (this.#underWay.size >= mostUnderWay) return;
      if (this.#underWay.has(key)) continue;
      this.#waiting.delete(key);
      if (this.#options.now() - since > longestWaitMs) this.#tell("dropped");
      else this.#underWay.set(key, this.#send(key, message));
    }
  }

  async #send(key: string, message: Message): Promise<void> {
    try {
      const { replica, status } = await this.#options.send(this.origin, message);
      this.#answered = replica === undefined ? undefined : { replica, at: this.#options.now() };
      if (status < 300) this.#tell("ok");
      else if (status === 429) this.#tell("refused");
      else this.#tell("failed", new Error(`the replica answered ${status}`));
    } catch (error) {
      this.#answered = undefined;
      this.#tell("failed", error);
    }
    this.#underWay.delete(key);
    this.#pump();
  }
}
