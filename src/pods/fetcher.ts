import { isIPv6, type Socket } from "node:net";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { type buildConnector, Client } from "undici";
import type { CertificateFault } from "../decide/samples/findings.ts";
import type { SampleFailure } from "../decide/world.ts";
import { ByteBudget, type Bytes } from "./byte-budget.ts";
import { certificateFaultOf } from "./certificate.ts";
import type { Dial } from "./dial.ts";
import { Exchange, type Exchanged, type ExchangeLimits, refusedFor } from "./exchange.ts";
import { type Failed, failed, type Tell } from "./failed.ts";
import { type Credential, type Greeting, greetingHeaders, openSocket, plainly } from "./greeting.ts";
import { readLeniently } from "./lenient.ts";
import { onlyAddsSlash, withSlash } from "./slash.ts";

export interface FetchLimits extends ExchangeLimits {
  readonly maxHeaderBytes: number;
  /** For so long a pod is read leniently once it had to be. */
  readonly lenientForMs: number;
}

export const defaultFetchLimits: FetchLimits = {
  maxBodyBytes: 1_048_576,
  maxChunks: 131_072,
  maxHeaderBytes: 16_384,
  lenientForMs: 300_000,
};

/** Every read may hold so much, as sent and as decoded; what one holds beyond it is out of a room that all share. */
const ownBytes = 2 * defaultFetchLimits.maxBodyBytes;
/** What larger answers may hold beyond that, all together. */
const roomBytes = 33_554_432;

export const createByteBudget = (): ByteBudget => new ByteBudget(roomBytes);

/** Idle time after which a connection is closed, unless the pod announces a shorter one. */
const keepAliveMs = 60_000;

export interface FetchRequest {
  /** GET if absent. A POST is sent once: nobody knows what came of one that got no answer. */
  readonly method?: "GET" | "POST";
  readonly path: string;
  readonly accept: string;
  /** From the first attempt to connect to the last byte of the body. */
  readonly timeoutMs: number;
  /** Sent to a pod that was verified by it, or over plain HTTP if it is made for that. */
  readonly credential?: Credential | undefined;
}

export interface PodAnswer {
  readonly kind: "answered";
  readonly body: Buffer;
  /** Whether the pod says that the body is OpenMetrics. */
  readonly openMetrics: boolean;
}

/** By which status an answer is one. */
const accepting = {
  GET: (status: number) => status === 200,
  POST: (status: number) => status >= 200 && status < 300,
};

const closed = new Error("the fetcher was closed");
const decompress = promisify(gunzip);

/** Failures of a lenient read that say more than that the answer was odd. */
const telling: ReadonlySet<SampleFailure> = new Set([
  "NotHttp",
  "HeaderTooLarge",
  "BodyTooLarge",
  "TooManyChunks",
  "NoRoom",
  "StatusNotOk",
  "Redirected",
  "EncodingRefused",
]);

interface Ended {
  readonly exchanged: Exchanged;
  /** Whether the pod had begun to answer. */
  readonly answered: boolean;
}

/**
 * Reads one pod over one connection that is kept between reads. Dials nothing but the address it is made for: no
 * names are resolved, and no redirect is followed but one that only adds a slash, once. Failures are words of ours; nothing that the pod says is in them.
 */
export class Fetcher {
  readonly #dial: Dial;
  readonly #limits: FetchLimits;
  readonly #greeting: Greeting;
  #client: Client;
  /** What the connection was made with. */
  #credential: Credential | undefined;
  readonly #room: Bytes;
  #socket: Socket | undefined;
  /** Whether the socket is not yet ready for a request. */
  #connecting = false;
  /** Whether the connection has carried an answer, so that the pod may close it at any time. */
  #reused = false;
  readonly #origin: string;
  /** A path to which the pod wants a slash added. */
  #slashedPath: string | undefined;
  /** What the pod has said of our certificate on this connection before it cut it. */
  #refusal: CertificateFault | undefined;
  /** Until when the pod is read leniently. */
  #lenientUntil = Number.NEGATIVE_INFINITY;
  #underWay: Exchange | undefined;
  #isClosed = false;
  /** Taken out of the room. */
  #held = 0;

  constructor(
    dial: Dial,
    limits: FetchLimits = defaultFetchLimits,
    greeting: Greeting = plainly,
    room: Bytes = createByteBudget(),
  ) {
    this.#dial = dial;
    this.#greeting = greeting;
    this.#limits = limits;
    this.#room = room;
    const address = isIPv6(dial.address) ? `[${dial.address}]` : dial.address;
    this.#origin = `${greeting.scheme.toLowerCase()}://${address}:${dial.port}`;
    this.#client = this.#createClient();
  }

  /** Never rejects. At most one call at a time. `tell` hears more of a failure, if there is more to say. */
  async fetch(request: FetchRequest, tell?: Tell): Promise<PodAnswer | Failed> {
    this.release();
    const endsAt = performance.now() + request.timeoutMs;
    if (request.credential !== this.#credential) await this.#renew(request.credential);
    const exchanged = await this.#readOrFollow(request, endsAt);
    this.#reused = exchanged.kind === "received";
    if (exchanged.kind === "received") return this.#decode(exchanged, tell);
    if (exchanged.finding) tell?.(exchanged.finding);
    return failed(exchanged.failure);
  }

  /** Gives back the room that the answer took: nobody looks at it any more. */
  release(): void {
    this.#room.give(this.#held);
    this.#held = 0;
  }

  /** Cuts the connection and what is under way on it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#underWay?.giveUp("ConnectionCut");
    await this.#client.destroy(closed);
    this.#socket?.destroy(closed);
    this.release();
  }

  #createClient(): Client {
    return new Client(this.#origin, {
      connect: (_, callback) => this.#connect(callback),
      maxHeaderSize: this.#limits.maxHeaderBytes,
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
    });
  }

  /** Whom a connection leads to was found out with the credential that it was made with: another has one of its own. */
  async #renew(credential: Credential | undefined): Promise<void> {
    const before = this.#client;
    this.#credential = credential;
    this.#reused = false;
    if (!this.#isClosed) this.#client = this.#createClient();
    await before.destroy(closed);
  }

  /** By which the pod is known: its address, and the host that it is told. */
  get #origins(): string[] {
    const { scheme, host } = this.#greeting;
    return [this.#origin, ...(host === undefined ? [] : [`${scheme.toLowerCase()}://${host}`])];
  }

  /** A slash that the pod wants is added from then on, as long as that is what it wants. */
  async #readOrFollow(request: FetchRequest, endsAt: number): Promise<Exchanged> {
    const { path } = request;
    const slashed = { ...request, path: withSlash(path) };
    if (path === this.#slashedPath) {
      const exchanged = await this.#read(slashed, endsAt);
      if (exchanged.kind === "failed") this.#slashedPath = undefined;
      return exchanged;
    }
    const exchanged = await this.#read(request, endsAt);
    if (request.method === "POST" || exchanged.kind !== "failed" || exchanged.location === undefined) return exchanged;
    const mayFollow = !this.#isClosed && performance.now() < endsAt;
    if (!mayFollow || !onlyAddsSlash(exchanged.location, path, this.#origins)) return exchanged;
    const followed = await this.#read(slashed, endsAt);
    if (followed.kind === "received") this.#slashedPath = path;
    return followed;
  }

  async #read(request: FetchRequest, endsAt: number): Promise<Exchanged> {
    const leftMs = () => endsAt - performance.now();
    if (request.method === "POST") return (await this.#exchange(request, leftMs())).exchanged;
    const mayRepeat = () => leftMs() > 0 && !this.#isClosed;
    if (performance.now() < this.#lenientUntil) return (await this.#exchange(request, leftMs(), true)).exchanged;
    const mayRetry = this.#reused;
    let { exchanged, answered } = await this.#exchange(request, leftMs());
    const isCut = exchanged.kind === "failed" && exchanged.failure === "ConnectionCut" && !exchanged.isOdd;
    // A pod may close an idle connection at the moment we write to it. On a new one that cannot be the reason.
    if (mayRetry && !answered && isCut && mayRepeat()) ({ exchanged } = await this.#exchange(request, leftMs()));
    if (exchanged.kind === "received" || !exchanged.isOdd || !mayRepeat()) return exchanged;
    const { exchanged: again } = await this.#exchange(request, leftMs(), true);
    // What it was by the letter says more than that it was not to be read at all.
    if (again.kind === "failed" && !telling.has(again.failure)) return exchanged;
    this.#lenientUntil = performance.now() + this.#limits.lenientForMs;
    return again;
  }

  async #decode(
    exchanged: Exchanged & { readonly kind: "received" },
    tell: Tell | undefined,
  ): Promise<PodAnswer | Failed> {
    const { body, gzip, openMetrics } = exchanged;
    if (!gzip) return { kind: "answered", body, openMetrics };
    const { maxBodyBytes } = this.#limits;
    if (!this.#reserve(body.length + maxBodyBytes)) return failed("NoRoom");
    try {
      return { kind: "answered", body: await decompress(body, { maxOutputLength: maxBodyBytes }), openMetrics };
    } catch (error) {
      const isTooLarge = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
      tell?.(isTooLarge ? { kind: "limit", most: maxBodyBytes } : { kind: "broken", what: "gzip" });
      return failed(isTooLarge ? "BodyTooLarge" : "Malformed");
    }
  }

  #reserve(bytes: number): boolean {
    const more = bytes - ownBytes - this.#held;
    if (more <= 0) return true;
    if (!this.#room.take(more)) return false;
    this.#held += more;
    return true;
  }

  #exchange(request: FetchRequest, timeoutMs: number, leniently = false): Promise<Ended> {
    const { method = "GET", path, accept, credential } = request;
    const own = { accept, "accept-encoding": "identity", "user-agent": "evenkeel" };
    const headers = { ...own, ...greetingHeaders(this.#greeting, credential) };
    return new Promise((resolve) => {
      const exchange = new Exchange(
        this.#limits,
        (bytes) => this.#reserve(bytes),
        (exchanged) => {
          clearTimeout(timer);
          this.#underWay = undefined;
          const isCut = exchanged.kind === "failed" && exchanged.failure === "ConnectionCut";
          const told = isCut && this.#refusal ? refusedFor(this.#refusal) : exchanged;
          resolve({ exchanged: told, answered: exchange.answered });
        },
        accepting[method],
      );
      // An answer that lies in the socket's buffer while we were busy is read before the immediate.
      const timer = setTimeout(() => setImmediate(() => this.#expire(exchange)), timeoutMs);
      this.#underWay = exchange;
      if (!leniently) return void this.#client.dispatch({ method, path, headers }, exchange);
      this.#connecting = true;
      const onConnect = (): void => {
        this.#connecting = false;
      };
      const { maxHeaderBytes } = this.#limits;
      const lenient = { greeting: this.#greeting, credential, path, headers, maxHeaderBytes, onConnect };
      readLeniently(this.#dial, lenient, exchange);
    });
  }

  #expire(exchange: Exchange): void {
    const connecting = this.#connecting;
    exchange.giveUp(connecting ? "ConnectFailed" : "TimedOut");
    if (connecting) this.#socket?.destroy(closed);
  }

  #connect(callback: buildConnector.Callback): void {
    const socket = openSocket(this.#dial, this.#greeting, this.#credential);
    const fail = (error: Error): void => {
      this.#connecting = false;
      callback(error, null);
    };
    socket.once("error", fail);
    socket.once(this.#greeting.scheme === "HTTPS" ? "secureConnect" : "connect", () => {
      socket.off("error", fail);
      this.#connecting = false;
      this.#refusal = undefined;
      // In TLS 1.3 a server says so when the handshake is over, and the client hears of the cut alone.
      socket.once("error", (error) => {
        this.#refusal = certificateFaultOf(error);
      });
      callback(null, socket);
    });
    this.#socket = socket;
    this.#connecting = true;
  }
}
