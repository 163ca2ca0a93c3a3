import { connect, isIPv6, type Socket } from "node:net";
import { connect as connectSecurely } from "node:tls";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { type buildConnector, Client } from "undici";
import type { Scheme } from "../../api/dial.ts";
import type { Dial } from "./dial.ts";
import { Exchange, type Exchanged, type ExchangeLimits } from "./exchange.ts";
import { type Failed, failed } from "./scanned.ts";

export interface FetchLimits extends ExchangeLimits {
  readonly maxHeaderBytes: number;
}

export const defaultFetchLimits: FetchLimits = { maxBodyBytes: 1_048_576, maxChunks: 4_096, maxHeaderBytes: 16_384 };

/** Idle time after which a connection is closed, unless the pod announces a shorter one. */
const keepAliveMs = 60_000;

export interface FetchRequest {
  readonly path: string;
  readonly accept: string;
  /** From the first attempt to connect to the last byte of the body. */
  readonly timeoutMs: number;
}

export interface Answer {
  readonly kind: "answered";
  readonly body: Buffer;
  /** Whether the pod says that the body is OpenMetrics. */
  readonly openMetrics: boolean;
}

const closed = new Error("the fetcher was closed");
const decompress = promisify(gunzip);

async function decode(exchanged: Exchanged, maxBodyBytes: number): Promise<Answer | Failed> {
  if (exchanged.kind === "failed") return exchanged;
  const { body, gzip, openMetrics } = exchanged;
  if (!gzip) return { kind: "answered", body, openMetrics };
  try {
    return { kind: "answered", body: await decompress(body, { maxOutputLength: maxBodyBytes }), openMetrics };
  } catch (error) {
    return failed((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE" ? "BodyTooLarge" : "Malformed");
  }
}

/**
 * Reads one pod over one connection that is kept between reads. Dials nothing but the address it is made for: no
 * names are resolved and no redirect is followed. Failures are words of ours; nothing that the pod says is in them.
 */
export class Fetcher {
  readonly #dial: Dial;
  readonly #limits: FetchLimits;
  readonly #client: Client;
  readonly #isSecure: boolean;
  #socket: Socket | undefined;
  /** Whether the socket is not yet ready for a request. */
  #connecting = false;
  /** Whether the connection has carried an answer, so that the pod may close it at any time. */
  #reused = false;

  constructor(dial: Dial, limits: FetchLimits = defaultFetchLimits, scheme: Scheme = "HTTP") {
    this.#dial = dial;
    this.#isSecure = scheme === "HTTPS";
    this.#limits = limits;
    const host = isIPv6(dial.address) ? `[${dial.address}]` : dial.address;
    this.#client = new Client(`${scheme.toLowerCase()}://${host}:${dial.port}`, {
      connect: (_, callback) => this.#connect(callback),
      maxHeaderSize: limits.maxHeaderBytes,
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
    });
  }

  /** Never rejects. At most one call at a time. */
  async fetch(request: FetchRequest): Promise<Answer | Failed> {
    const startedAt = performance.now();
    const mayRetry = this.#reused;
    let { exchanged, answered } = await this.#exchange(request, request.timeoutMs);
    // A pod may close an idle connection at the moment we write to it. On a new one that cannot be the reason.
    if (mayRetry && !answered && exchanged.kind === "failed" && exchanged.failure === "ConnectionCut") {
      const leftMs = request.timeoutMs - (performance.now() - startedAt);
      if (leftMs > 0 && !this.#client.destroyed) ({ exchanged } = await this.#exchange(request, leftMs));
    }
    this.#reused = exchanged.kind === "received";
    return decode(exchanged, this.#limits.maxBodyBytes);
  }

  /** Cuts the connection and what is under way on it. */
  async close(): Promise<void> {
    await this.#client.destroy(closed);
    this.#socket?.destroy(closed);
  }

  #exchange({ path, accept }: FetchRequest, timeoutMs: number): Promise<{ exchanged: Exchanged; answered: boolean }> {
    return new Promise((resolve) => {
      const exchange = new Exchange(this.#limits, (exchanged) => {
        clearTimeout(timer);
        resolve({ exchanged, answered: exchange.answered });
      });
      // An answer that lies in the socket's buffer while we were busy is read before the immediate.
      const timer = setTimeout(() => setImmediate(() => this.#expire(exchange)), timeoutMs);
      const headers = { accept, "accept-encoding": "identity", "user-agent": "evenkeel" };
      this.#client.dispatch({ method: "GET", path, headers }, exchange);
    });
  }

  #expire(exchange: Exchange): void {
    const connecting = this.#connecting;
    exchange.giveUp(connecting ? "ConnectFailed" : "TimedOut");
    if (connecting) this.#socket?.destroy(closed);
  }

  #connect(callback: buildConnector.Callback): void {
    const socket = this.#open();
    const fail = (error: Error): void => {
      this.#connecting = false;
      callback(error, null);
    };
    socket.once("error", fail);
    socket.once(this.#isSecure ? "secureConnect" : "connect", () => {
      socket.off("error", fail);
      this.#connecting = false;
      callback(null, socket);
    });
    this.#socket = socket;
    this.#connecting = true;
  }

  /** As with the kubelet, a certificate is as good as any other: what is read are figures of the pod's own. */
  #open(): Socket {
    const { address: host, port } = this.#dial;
    if (!this.#isSecure) return connect({ host, port, noDelay: true });
    return connectSecurely({ host, port, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] }).setNoDelay(true);
  }
}
