import { Pool } from "undici";
import { holdConnection } from "../../../src/lab/cli/demo/hold-connection.ts";
import type { Random } from "../../../src/lab/sim/random.ts";
import type { NextDocument } from "../../../src/serve/documents.ts";
import { namespace } from "./manifests.ts";

/** Time that a connection is held. */
const hold = { leastMs: 1_000, mostMs: 6_000 };
const tickMs = 20;

/** Clients that keep so many connections open, each for a time of its own, to the pods that the operator names. */
export class Clients {
  readonly #operator: Pool;
  readonly #random: Random;
  readonly #stopping = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #underWay = new Set<Promise<void>>();
  #wanted = 0;
  /** Connections that a pod took. */
  opened = 0;
  /** Of those, the ones that ended before their time. */
  cut = 0;

  constructor(operatorUrl: string, random: Random) {
    this.#operator = new Pool(operatorUrl);
    this.#random = random;
    this.#timer = setInterval(() => this.#refill(), tickMs);
  }

  keepOpen(count: number): void {
    this.#wanted = count;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping.abort();
    await Promise.all(this.#underWay);
    await this.#operator.destroy();
  }

  #refill(): void {
    // A few at a time: as arrivals are, not all at once.
    const missing = Math.min(4, this.#wanted - this.#underWay.size);
    for (let count = 0; count < missing; count += 1) {
      const connecting = this.#connect().finally(() => this.#underWay.delete(connecting));
      this.#underWay.add(connecting);
    }
  }

  async #connect(): Promise<void> {
    const { signal } = this.#stopping;
    const holdMs = hold.leastMs + this.#random.next() * (hold.mostMs - hold.leastMs);
    let isOpen = false;
    try {
      const path = `/v1/pools/${namespace}/web/next`;
      const { body } = await this.#operator.request({ path, method: "GET", signal });
      const [endpoint] = ((await body.json()) as NextDocument).endpoints;
      if (!endpoint) return;
      await holdConnection({ address: endpoint.address, port: endpoint.port, holdMs }, signal, () => {
        isOpen = true;
        this.opened += 1;
      });
    } catch {
      // One that never was is tried again with the next tick; it is none that was cut.
      if (isOpen && !signal.aborted) this.cut += 1;
    }
  }
}
