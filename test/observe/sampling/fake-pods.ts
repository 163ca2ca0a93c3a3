import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { createServer as createHttpsServer, type ServerOptions } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { afterEach } from "vitest";
import type { Metrics } from "../../../src/api/metrics.ts";
import type { Pod } from "../../../src/decide/world.ts";
import { metricsFrom } from "../../builders/metrics.ts";
import { patienceMs, waitFor } from "../../tools/control-plane/wait-for.ts";

export interface FakePod {
  readonly pod: Pod;
  /** Connections accepted so far. */
  readonly accepted: () => number;
  /** Connections open now. */
  readonly open: () => number;
  close(): Promise<void>;
}

let made = 0;

/** A pod as the API server shows it. */
export function makePod(changes: Partial<Pod> = {}): Pod {
  const number = ++made;
  return {
    namespace: "default",
    name: `pod-${number}`,
    uid: `uid-${number}`,
    createdAt: 0,
    phase: "Running",
    labels: {},
    addresses: [],
    addressRefused: false,
    ready: true,
    terminating: false,
    hostNetwork: false,
    ports: [],
    ...changes,
  };
}

async function follow(server: Server | TcpServer, address: string, port = 0): Promise<FakePod> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  server.on("connection", (socket: Socket) => {
    accepted++;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(port, address, resolve));
  const declared = { name: "metrics", port: (server.address() as AddressInfo).port };
  return {
    pod: makePod({ addresses: [address], ports: [declared] }),
    accepted: () => accepted,
    open: () => sockets.size,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Where the addresses of this process begin: databases listen on one port in all, and two files may run at once. */
const own = { second: 200 + (process.pid % 50), third: 16 * (Math.floor(process.pid / 50) % 16) };

/** An address of loopback that no other fake pod has. */
export const nextAddress = (): string => {
  const number = made++;
  return `127.${own.second}.${own.third + (Math.floor(number / 254) % 16)}.${1 + (number % 254)}`;
};

export const serveHttp = (listener: RequestListener, address = nextAddress(), port = 0): Promise<FakePod> =>
  follow(createServer(listener), address, port);

export const serveHttps = (
  options: ServerOptions,
  listener: RequestListener,
  address = nextAddress(),
  port = 0,
): Promise<FakePod> => follow(createHttpsServer(options, listener), address, port);

/** A pod that speaks TLS, and by it what it likes. */
export const serveTls = (options: ServerOptions, onSocket: (socket: Socket) => void): Promise<FakePod> =>
  follow(createTlsServer(options, onSocket), nextAddress());

export const serveHttp2 = (listener: (request: Http2ServerRequest, response: Http2ServerResponse) => void) =>
  follow(createHttp2Server(listener), nextAddress());

export const serveTcp = (onSocket: (socket: Socket) => void, address = nextAddress()): Promise<FakePod> =>
  follow(createTcpServer(onSocket), address);

export const serveText = (text: string | (() => string)): Promise<FakePod> =>
  serveHttp((_, response) => response.end(typeof text === "string" ? text : text()));

export const httpMetrics = (interval: string, timeout: string, changes: object = {}): Metrics =>
  metricsFrom({
    interval,
    timeout,
    source: { http: { connections: { name: "connections" }, load: { name: "load", capacity: "1" }, ...changes } },
  });

/** With as much time for an answer as the machine may need, whatever the interval: no spec may say so. */
export const unhurried = (given: Metrics): Metrics => ({ ...given, timeout: patienceMs });

/** `waitFor`, for what comes true within milliseconds. */
export const until = async (holds: () => boolean, what = "the condition"): Promise<void> => {
  await waitFor(holds, what, { intervalMs: 5 });
};

export interface Cleanups {
  /** Has it run after the test. The last one runs first. */
  add(cleanup: () => unknown): void;
  /** The fake pod, closed after the test. */
  serving(pod: Promise<FakePod>): Promise<FakePod>;
}

/** Call at the top of a test file. */
export function useCleanups(): Cleanups {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
  return {
    add: (cleanup) => cleanups.push(cleanup),
    async serving(pod) {
      const served = await pod;
      cleanups.push(() => served.close());
      return served;
    },
  };
}
