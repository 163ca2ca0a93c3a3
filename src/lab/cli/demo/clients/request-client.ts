import { Agent, request } from "undici";
import type { Random } from "../../../sim/random.ts";
import type { Choice } from "../load-generator.ts";
import { Patience } from "../patience.ts";
import { sendByChance } from "../send-by-chance.ts";
import { ClientBook, type ClientFigures } from "./client-book.ts";

/** Says where the next request goes. */
export interface Chooser {
  readonly name: string;
  /** How it chooses, in a few words. */
  readonly by: string;
  /** Undefined: there is nobody, and the request fails. */
  choose(): Choice | undefined;
  /** The request to the one that was chosen is over. */
  ended?(choice: Choice, failed: boolean): void;
  close?(): Promise<void>;
}

/** Each of the two. */
const requestsPerSecond = 20;
/** Who has not answered within this time has failed: no client waits longer. */
const patienceMs = 1_000;
/** What comes within that time in the mean. */
const mostUnderWay = (requestsPerSecond * patienceMs) / 1_000;

/**
 * Sends requests to the pods by chance, while others wait to be answered: each on a connection of its own, and
 * none a second time, so that what a client meets is its choice alone.
 */
export class RequestClient {
  readonly #chooser: Chooser;
  readonly #random: Random;
  readonly #now: () => number;
  readonly #book: ClientBook;

  constructor(chooser: Chooser, random: Random, now: () => number) {
    this.#chooser = chooser;
    this.#random = random;
    this.#now = now;
    this.#book = new ClientBook(chooser.name, chooser.by);
  }

  get figures(): ClientFigures {
    return this.#book.figures(this.#now());
  }

  /** Runs until the signal aborts; resolves when no request is under way. */
  async run(signal: AbortSignal): Promise<void> {
    const agent = new Agent({ pipelining: 0 });
    const send = async (): Promise<void> => {
      const choice = this.#chooser.choose();
      if (choice) await this.#send(choice, agent, signal);
      else this.#book.add({ atMs: this.#now(), pod: undefined, tookMs: 0, failed: true });
    };
    await sendByChance({ perSecond: requestsPerSecond, random: this.#random, mostUnderWay, send }, signal);
    await agent.destroy();
    await this.#chooser.close?.();
  }

  async #send(choice: Choice, dispatcher: Agent, signal: AbortSignal): Promise<void> {
    const beganAt = this.#now();
    using patience = new Patience(patienceMs, signal);
    const failed = await request(`http://${choice.address}:${choice.port}/`, { dispatcher, signal: patience.signal })
      .then(async ({ statusCode, body }) => {
        await body.dump();
        return statusCode !== 200;
      })
      .catch(() => true);
    this.#chooser.ended?.(choice, failed);
    if (signal.aborted) return;
    this.#book.add({ atMs: this.#now(), pod: choice.pod, tookMs: this.#now() - beganAt, failed });
  }
}
