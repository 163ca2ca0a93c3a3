import { once } from "node:events";
import type { Http2Server, ServerHttp2Session } from "node:http2";
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";

export interface GrpcPodOptions {
  readonly name: string;
  readonly host: string;
  /** 0 for any. */
  readonly port?: number;
}

/** Of gRPC's health service: serving. In a frame: not compressed, and two bytes long. */
const serving = Buffer.from([0, 0, 0, 0, 2, 8, 1]);

/** A pod that answers every gRPC call as the health service would, with its name in the header `pod`, and counts connections. */
export class GrpcPod {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly #server: Http2Server;
  readonly #sessions = new Set<ServerHttp2Session>();
  #accepted = 0;
  #calls = 0;

  private constructor({ name, host }: GrpcPodOptions, server: Http2Server) {
    this.name = name;
    this.host = host;
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
    server.on("session", (session) => {
      this.#accepted += 1;
      this.#sessions.add(session);
      session.once("close", () => this.#sessions.delete(session));
      session.on("error", () => {});
    });
    server.on("stream", (stream) => {
      this.#calls += 1;
      stream.on("error", () => {});
      stream.resume();
      stream.respond({ ":status": 200, "content-type": "application/grpc", pod: name }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(serving);
    });
  }

  static async start(options: GrpcPodOptions): Promise<GrpcPod> {
    const server = createServer();
    server.listen(options.port ?? 0, options.host);
    await once(server, "listening");
    return new GrpcPod(options, server);
  }

  /** Connections that it ever took. */
  get accepted(): number {
    return this.#accepted;
  }

  get open(): number {
    return this.#sessions.size;
  }

  get calls(): number {
    return this.#calls;
  }

  /** As a pod ends that got SIGTERM: what is under way is answered. */
  async stop(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const session of this.#sessions) session.close();
    await closed;
  }
}
