import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A server that nobody should ever reach; counts those who do. */
export class Canary {
  readonly #server = createServer((_request, response) => response.end("app_connections 0\napp_load 0\n"));
  #hits = 0;

  private constructor() {
    this.#server.on("connection", () => {
      this.#hits += 1;
    });
  }

  static async start(host = "127.0.0.1"): Promise<Canary> {
    const canary = new Canary();
    canary.#server.listen(0, host);
    await once(canary.#server, "listening");
    return canary;
  }

  /** Connections, whether or not a request came. */
  get hits(): number {
    return this.#hits;
  }

  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${address}:${port}/metrics`;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
