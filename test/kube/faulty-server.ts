import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { waitFor } from "../tools/control-plane/wait-for.ts";

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  readonly atMs: number;
}

export type Answer = (response: ServerResponse, request: Seen) => void | Promise<void>;

/** An HTTP server whose every answer, good or bad, is written by the test. It counts requests and sockets. */
export class FaultyServer implements AsyncDisposable {
  readonly requests: Seen[] = [];
  readonly sockets = new Set<Socket>();
  socketsOpened = 0;
  answer: Answer;
  readonly #server: Server;

  private constructor(answer: Answer) {
    this.answer = answer;
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.on("connection", (socket) => {
      this.socketsOpened++;
      this.sockets.add(socket);
      socket.on("close", () => this.sockets.delete(socket));
      socket.on("error", () => {});
    });
  }

  static async start(answer: Answer): Promise<FaultyServer> {
    const server = new FaultyServer(answer);
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get watches(): Seen[] {
    return this.requests.filter(({ query }) => query.get("watch") === "true");
  }

  get lists(): Seen[] {
    return this.requests.filter(({ method, query }) => method === "GET" && !query.has("watch"));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on("error", () => {});
    const url = new URL(request.url ?? "/", "http://any");
    let body = "";
    request.setEncoding("utf8");
    for await (const chunk of request) body += chunk;
    const { method = "", headers } = request;
    const seen = { method, path: url.pathname, query: url.searchParams, headers, body, atMs: performance.now() };
    this.requests.push(seen);
    await this.answer(response, seen);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}

export const json = (
  response: ServerResponse,
  body: unknown,
  code = 200,
  headers: Record<string, string> = {},
): void => {
  response.writeHead(code, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
};

export const statusBody = (code: number, reason: string, message = reason, details: object = {}): object => ({
  kind: "Status",
  apiVersion: "v1",
  status: "Failure",
  code,
  reason,
  message,
  details,
});

export const fail = (
  response: ServerResponse,
  code: number,
  reason: string,
  headers: Record<string, string> = {},
  details: object = {},
  message = `${reason} by the test`,
): void => json(response, statusBody(code, reason, message, details), code, headers);

/** `waitFor`, for claims that come true within milliseconds. */
export const until = async (claim: () => boolean, what: string): Promise<void> => {
  await waitFor(claim, what, { intervalMs: 5 });
};

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
