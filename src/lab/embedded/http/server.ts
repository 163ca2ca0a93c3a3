import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { StatusError } from "../object/status-error.ts";
import type { PodRuntime } from "../pod-runtime.ts";
import type { Registry } from "../registry.ts";
import { createLoopbackCertificate } from "./certificate.ts";
import { createGate } from "./gate.ts";
import { serveLog } from "./log.ts";
import { parseProxyAddress, proxy } from "./proxy.ts";
import { readRequest } from "./request.ts";
import { route } from "./router.ts";

export interface ApiServer {
  readonly url: string;
  /** Whose certificate it has; undefined on plain HTTP. */
  readonly ca: string | undefined;
  /** Ends the watches, closes every connection, and resolves when all of it is done. */
  readonly close: () => Promise<void>;
}

interface ServeOptions {
  /** A loopback address. */
  readonly host: string;
  readonly port: number;
  readonly token: string | undefined;
  /** Whose pods' logs are served. */
  readonly runtime: PodRuntime | undefined;
}

/** Serves the API: with a token over TLS to those who have it, without one over plain HTTP to everybody. */
export async function serveApi(registry: Registry, { host, port, token, runtime }: ServeOptions): Promise<ApiServer> {
  const stop = new AbortController();
  const gate = createGate(token);
  const certificate = token === undefined ? undefined : createLoopbackCertificate(registry.now());
  // As kube-apiserver keeps them: who sends while an idle connection ends cannot know whether it was taken.
  const options = { keepAliveTimeout: 0 };
  const onRequest = (message: IncomingMessage, response: ServerResponse): void =>
    void answer({ registry, runtime, gate, signal: stop.signal }, message, response);
  const server = certificate
    ? createSecureServer({ ...options, ...certificate }, onRequest)
    : createServer(options, onRequest);
  server.listen(port, host);
  await once(server, "listening");
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `${certificate ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${bound}`,
    ca: certificate?.cert,
    close: async () => {
      stop.abort();
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, "close");
    },
  };
}

interface Answering {
  readonly registry: Registry;
  readonly runtime: PodRuntime | undefined;
  readonly gate: (message: IncomingMessage) => void;
  readonly signal: AbortSignal;
}

async function answer(
  { registry, runtime, gate, signal }: Answering,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const warnings: string[] = [];
  try {
    gate(message);
    const request = await readRequest(message, (text) => warnings.push(text));
    const proxied = parseProxyAddress(request.path);
    if (proxied) return await proxy(registry, proxied, request, message, response);
    if (serveLog(registry, runtime, request, response)) return;
    const answered = await route(registry, request, response, signal);
    if (!answered) return;
    const warning = warnings.map((text) => `299 - ${JSON.stringify(text)}`);
    if (warning.length > 0) response.setHeader("warning", warning);
    response.writeHead(answered.code, {
      "content-type": answered.contentType,
      "content-length": Buffer.byteLength(answered.body),
    });
    response.end(answered.body);
  } catch (error) {
    refuse(response, error);
  }
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const known =
    error instanceof StatusError ? error : new StatusError(500, "InternalError", `Internal error occurred: ${error}`);
  response.writeHead(known.code, { "content-type": "application/json" });
  response.end(JSON.stringify(known.status));
}
