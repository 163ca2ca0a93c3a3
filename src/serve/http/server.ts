import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { defined } from "../../api/defined.ts";
import type { Authorizer } from "../access/access.ts";
import type { Running } from "../consumer.ts";
import type { ServerIdentity, Tls } from "../tls/tls-files.ts";
import { type Answer, answerProblem, type StreamAnswer } from "./answer.ts";
import { type Crowding, createConnections } from "./connections.ts";
import { findAnswer, type Route, type Routed } from "./routes.ts";

export interface ServedRequest {
  readonly method: string;
  /** The route's pattern, not the path. */
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
}

export interface ServerOptions {
  /** Absent: every address, of IPv6 and of IPv4; of IPv4 alone where the system has no IPv6. */
  readonly host?: string | undefined;
  /** 0 for any free port. */
  readonly port: number;
  /** Absent: plain HTTP. */
  readonly tls?: Tls | undefined;
  /** Absent: open to everybody. Heeded by the routes that tell something. */
  readonly access?: Authorizer | undefined;
  readonly now: () => number;
  /** Told of every answer, after it went out or its client went away; of a stream when it begins. */
  readonly onRequest?: (request: ServedRequest) => void;
  /** Told of what broke inside while the client got a bare 500. */
  readonly onError?: (error: unknown, request: { readonly method: string; readonly path: string }) => void;
  /** Told when connections are as many as may be and one of somebody's is closed for the next. */
  readonly onCrowded?: (crowding: Crowding) => void;
  readonly limits?: Partial<ServerLimits>;
  /** Answers in the place of every route what is not to be answered by them. */
  readonly refuse?: (message: IncomingMessage) => Answer | undefined;
  /** Sent with every answer that does not say otherwise. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a server answers with. */
export interface RouteSet {
  readonly routes: readonly Route[];
  /** Ends answers that would go on; called when the server stops. */
  end?(): void;
}

export interface HttpServer extends Running {
  readonly url: string;
  readonly port: number;
  /** Accepts nothing new, ends streams and idle connections and waits for requests in flight, at most `limits.closeMs`. */
  stop(): Promise<void>;
}

export const serverLimits = {
  headerBytes: 8_192,
  headersMs: 5_000,
  requestMs: 10_000,
  keepAliveMs: 30_000,
  /** Without a byte either way, as when a client does not read its answer. */
  stallMs: 30_000,
  /** For a large answer to be taken. */
  answerMs: 60_000,
  connections: 2_048,
  closeMs: 5_000,
  /** Of a report. */
  bodyBytes: 65_536,
};

export type ServerLimits = typeof serverLimits;

/** Reported for a request whose client went away before its answer; nginx coined it. */
const clientLeft = 499;

const usualHeaders = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

/** What Node calls the parts. */
const contextOf = ({ cert, key, clientCa }: ServerIdentity) => ({
  cert,
  key,
  minVersion: "TLSv1.2" as const,
  ...defined({ ca: clientCa }),
});

/** Starts a server; rejects if the port cannot be had. */
export async function serve({ routes, end }: RouteSet, options: ServerOptions): Promise<HttpServer> {
  const { host, port, tls, now, onRequest, onError, onCrowded } = options;
  const fixedHeaders = { ...usualHeaders, ...options.headers };
  const limits = { ...serverLimits, ...options.limits };
  const bounds = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: Math.min(limits.headersMs, 1_000),
  };
  // Whether a client's certificate is good enough is for the routes to say: to some of them nobody needs one.
  const asking = { requestCert: tls?.current().clientCa !== undefined, rejectUnauthorized: false };
  const secure =
    tls && createTlsServer({ ...bounds, ...contextOf(tls.current()), ...asking, handshakeTimeout: limits.headersMs });
  const server = secure ?? createServer(bounds);
  const unsubscribe = tls?.subscribe((identity) => secure!.setSecureContext(contextOf(identity)));
  server.timeout = limits.stallMs;
  const connections = createConnections(server, { most: limits.connections, isTls: tls !== undefined, onCrowded });

  async function answerSafely(routed: Routed, method: string): Promise<Answer | StreamAnswer> {
    try {
      return await routed.answer();
    } catch (error) {
      onError?.(error, { method, path: routed.path });
      return answerProblem(500, "Internal", "The server failed; its log says why.", routed.path);
    }
  }

  /** What an answer holds is given back in the end, be it taken or not. */
  function follow(response: ServerResponse, { onClosed }: Answer): void {
    if (!onClosed) return;
    if (response.destroyed) {
      onClosed();
      return;
    }
    const late = setTimeout(() => response.destroy(), limits.answerMs);
    response.once("close", () => {
      clearTimeout(late);
      onClosed();
    });
  }

  async function answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedAt = now();
    const method = message.method ?? "";
    const routed = findAnswer(routes, message, limits.bodyBytes);
    const report = (): void => {
      const status = response.headersSent ? response.statusCode : clientLeft;
      onRequest?.({ method, route: routed.route, status, durationMs: Math.max(0, now() - startedAt) });
    };
    response.once("close", report);
    const given = options.refuse?.(message) ?? (await answerSafely(routed, method));
    if (!("open" in given)) follow(response, given);
    if (response.destroyed) return;
    if ("open" in given) {
      response.writeHead(200, { ...fixedHeaders, ...given.headers });
      if (method === "HEAD") return void response.end();
      // The time that a stream lasts says nothing of how fast the server answers.
      response.off("close", report);
      report();
      // Silence is watched by the stream itself.
      message.socket.setTimeout(0);
      connections.stream(message.socket);
      return given.open(response);
    }
    const { status, headers, body } = given;
    const pieces = typeof body === "string" || body instanceof Uint8Array ? [body] : body;
    const bytes = pieces.reduce((sum, piece) => sum + Buffer.byteLength(piece), 0);
    const length = status === 304 || status === 204 ? {} : { "content-length": bytes };
    response.writeHead(status, { ...fixedHeaders, ...headers, ...length, ...connections.headers() });
    // Ended only when flushed: Node's `close` cuts connections whose answer is ended but still on its way.
    for (const piece of pieces.slice(0, -1)) response.write(piece);
    response.write(pieces.at(-1) ?? "", () => response.end());
  }

  server.on("request", (message, response) => {
    answer(message, response).catch((error: unknown) => {
      response.destroy();
      onError?.(error, { method: message.method ?? "", path: "" });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  server.on("error", (error) => onError?.(error, { method: "", path: "" }));
  const address = server.address() as AddressInfo;
  const shownHost = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return {
    url: `${tls ? "https" : "http"}://${shownHost}:${address.port}`,
    port: address.port,
    stop() {
      unsubscribe?.();
      const ended = connections.end(limits.closeMs);
      end?.();
      return ended;
    },
  };
}
