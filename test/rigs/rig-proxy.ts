import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import type { AddressInfo, Socket } from "node:net";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import type { Cluster } from "./cluster.ts";

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/** A network between an operator and its API server that can fail: TLS goes through as it is. */
export class FaultyNetwork {
  /** A kubeconfig that leads through here. */
  readonly kubeconfigPath: string;
  readonly #listener = createServer({ pauseOnConnect: true });
  readonly #pairs = new Set<Pair>();
  /** Connections that were taken and lead nowhere. */
  readonly #lost = new Set<Socket>();
  #state: "open" | "refusing" | "silent" = "open";

  private constructor(kubeconfigPath: string) {
    this.kubeconfigPath = kubeconfigPath;
  }

  static async start(cluster: Cluster): Promise<FaultyNetwork> {
    const network = new FaultyNetwork(join(cluster.folder, `proxied-${crypto.randomUUID()}.kubeconfig`));
    const { protocol, hostname, port } = new URL(cluster.server);
    network.#listener.on("connection", (client: Socket) => network.#take(client, hostname, Number(port)));
    network.#listener.listen(0, "127.0.0.1");
    await once(network.#listener, "listening");
    const own = `${protocol}//127.0.0.1:${(network.#listener.address() as AddressInfo).port}`;
    const kubeconfig = await readFile(cluster.kubeconfigPath, "utf8");
    await writeFile(network.kubeconfigPath, kubeconfig.replaceAll(cluster.server, own), { mode: 0o600 });
    return network;
  }

  get connections(): number {
    return this.#pairs.size;
  }

  /** Resets every connection; new ones get through. */
  cut(): void {
    for (const { client, server } of this.#pairs) {
      client.resetAndDestroy();
      server.destroy();
    }
    for (const client of this.#lost) client.resetAndDestroy();
  }

  /** Resets every connection and each new one. */
  refuse(): void {
    this.#state = "refusing";
    this.cut();
  }

  /** Loses every byte without a word: connections stay, also new ones. */
  silence(): void {
    this.#state = "silent";
    for (const pair of this.#pairs) {
      pair.client.unpipe().pause();
      pair.server.unpipe().pause();
    }
  }

  /** Lets everything through again. What was silenced is reset, as by a router that has forgotten it. */
  heal(): void {
    const wasSilent = this.#state === "silent";
    this.#state = "open";
    if (wasSilent) this.cut();
  }

  async stop(): Promise<void> {
    const closed = once(this.#listener, "close");
    this.#listener.close();
    this.refuse();
    await closed;
  }

  #take(client: Socket, host: string, port: number): void {
    client.on("error", () => {});
    if (this.#state === "refusing") {
      client.resetAndDestroy();
      return;
    }
    if (this.#state === "silent") {
      this.#lost.add(client);
      client.once("close", () => this.#lost.delete(client));
      return;
    }
    const server = connect(port, host);
    const pair = { client, server };
    this.#pairs.add(pair);
    const end = () => {
      this.#pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    client.once("close", end);
    server.once("close", end).on("error", end);
    client.pipe(server).pipe(client);
  }
}
