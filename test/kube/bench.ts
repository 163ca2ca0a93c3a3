import type { Connection } from "../../src/kube/connection.ts";
import { plainConnection } from "../../src/kube/connection.ts";
import { type RequestReport, Transport, type TransportOptions } from "../../src/kube/transport.ts";
import { type Answer, FaultyServer } from "./faulty-server.ts";

/** A server that answers as the test says, and a transport to it with short waits that reports what it did. */
export class Bench implements AsyncDisposable {
  readonly reports: RequestReport[] = [];
  readonly server: FaultyServer;
  readonly transport: Transport;

  private constructor(server: FaultyServer, options: Partial<TransportOptions>) {
    this.server = server;
    this.transport = new Transport({
      connection: plainConnection(server.url),
      backoff: { baseMs: 10, maxMs: 50 },
      onRequest: (report) => this.reports.push(report),
      ...options,
    });
  }

  static async start(
    answer: Answer,
    options: (url: string) => Partial<TransportOptions> & { connection?: Connection } = () => ({}),
  ): Promise<Bench> {
    const server = await FaultyServer.start(answer);
    return new Bench(server, options(server.url));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.transport.close();
    await this.server[Symbol.asyncDispose]();
  }
}
