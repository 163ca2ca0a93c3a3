import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { StatusError } from "../object/status-error.ts";
import type { Registry } from "../registry.ts";
import { parseProxyAddress, proxyToPod } from "./pod-proxy.ts";
import { readRequest } from "./request.ts";
import { route } from "./router.ts";

export interface ApiServer {
  readonly url: string;
  /** Ends the watches, closes every connection, and resolves when all of it is done. */
  readonly close: () => Promise<void>;
}

/** Serves the API over plain HTTP, with no authentication: for loopback addresses alone. */
export async function serveApi(registry: Registry, host: string, port: number): Promise<ApiServer> {
  const stop = new AbortController();
  // As kube-apiserver keeps them: who sends while an idle connection ends cannot know whether it was taken.
  const options = { keepAliveTimeout: 0 };
  const server = createServer(options, (message, response) => void answer(registry, message, response, stop.signal));
  server.listen(port, host);
  await once(server, "listening");
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}`,
    close: async () => {
      stop.abort();
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, "close");
    },
  };
}

/** A page in a browser may reach loopback under a name of its own; only loopback names are answered. */
const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/.test(host);

async function answer(
  registry: Registry,
  message: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const warnings: string[] = [];
  try {
    if (!isLoopback(message.headers.host ?? "localhost"))
      throw new StatusError(403, "Forbidden", "not a loopback host name");
    const request = await readRequest(message, (text) => warnings.push(text));
    const proxied = parseProxyAddress(request.path);
    if (proxied) return await proxyToPod(registry, proxied, request, message, response);
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
