import { buildConnector, Pool } from "undici";
import { defined } from "../../api/defined.ts";
import type { Finding } from "../../decide/samples/findings.ts";
import type { SampleFailure } from "../../decide/world.ts";
import { ByteBudget } from "../../pods/byte-budget.ts";
import { Exchange, type Exchanged } from "../../pods/exchange.ts";
import { openPrometheusAccess, type PrometheusAccess, type PrometheusSettings } from "./access.ts";
import type { FileHooks } from "./fresh-file.ts";

/** What a query brought. Nothing that the server says is in a failure but a status. */
export type QueryAnswer =
  | { readonly kind: "answered"; readonly body: Buffer }
  | { readonly kind: "failed"; readonly failure: SampleFailure; readonly finding?: Finding };

/** The query API of a Prometheus, or of what speaks like one. */
export interface Prometheus {
  /** That every series must have that is asked for. */
  readonly labels: Readonly<Record<string, string>>;
  /**
   * Asks an instant query. Never rejects. What is done with the answer's body is done by `use`, at once: its room is given
   * back afterwards.
   */
  ask<T>(query: string, timeoutMs: number, stop: AbortSignal, use: (answer: QueryAnswer) => T): Promise<T>;
  close(): Promise<void>;
}

const limits = { maxBodyBytes: 8 * 1_048_576, maxChunks: 131_072 };
const maxHeaderBytes = 16_384;
/** What answers may hold, all together: a server that is slow to send large ones has them one after the other. */
const roomBytes = 64 * 1_048_576;
/** As many queries as Prometheus computes at once by default. */
const mostConnections = 20;
const connectMs = 5_000;
const keepAliveMs = 30_000;
const closed = new Error("nobody asks any more");

type Method = "POST" | "GET";

class PrometheusClient implements Prometheus {
  readonly labels: Prometheus["labels"];
  readonly #path: string;
  readonly #access: PrometheusAccess;
  readonly #pool: Pool;
  readonly #room = new ByteBudget(roomBytes);
  readonly #onError: (error: unknown) => void;
  #connector: { readonly ca: string | undefined; readonly connect: buildConnector.connector } | undefined;
  /** What the server takes: long queries fit into no URL, and few servers take them in that alone. */
  #method: Method = "POST";

  constructor(
    { address, labels = {} }: PrometheusSettings,
    access: PrometheusAccess,
    onError: (error: unknown) => void,
  ) {
    this.labels = labels;
    this.#path = `${address.pathname.replace(/\/+$/, "")}/api/v1/query`;
    this.#access = access;
    this.#onError = onError;
    this.#pool = new Pool(address.origin, {
      connections: mostConnections,
      // Where it may speak HTTP/2, a pool tries one connection at a time until it knows.
      allowH2: false,
      connect: (options, callback) => void this.#connect(options, callback),
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
    });
  }

  async ask<T>(query: string, timeoutMs: number, stop: AbortSignal, use: (answer: QueryAnswer) => T): Promise<T> {
    const held = { bytes: 0 };
    try {
      return use(await this.#ask(query, timeoutMs, stop, held));
    } finally {
      this.#room.give(held.bytes);
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy(closed);
  }

  async #ask(query: string, timeoutMs: number, stop: AbortSignal, held: { bytes: number }): Promise<QueryAnswer> {
    const endsAt = performance.now() + timeoutMs;
    // What waits for a connection stays in the pool after it was given up.
    if (this.#pool.stats.queued >= mostConnections) return { kind: "failed", failure: "ConnectFailed" };
    const headers = await this.#access.headers();
    const params = new URLSearchParams({ query, timeout: `${Math.ceil(timeoutMs)}ms` }).toString();
    const leftMs = (): number => endsAt - performance.now();
    const mayRepeat = (): boolean => leftMs() > 0 && !stop.aborted;
    const exchange = () => this.#exchange({ params, headers, timeoutMs: leftMs(), stop, held });
    let ended = await exchange();
    // The server may close an idle connection at the moment we write to it. To ask twice does no harm.
    if (isCut(ended.exchanged) && !ended.answered && mayRepeat()) ended = await exchange();
    if (this.#method === "POST" && isUnknownMethod(ended.exchanged) && mayRepeat()) {
      this.#method = "GET";
      ended = await exchange();
    }
    const { exchanged } = ended;
    if (exchanged.kind === "failed") return exchanged;
    // It was asked to send it as it is.
    return exchanged.gzip ? { kind: "failed", failure: "EncodingRefused" } : { kind: "answered", body: exchanged.body };
  }

  #exchange(asked: {
    readonly params: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly timeoutMs: number;
    readonly stop: AbortSignal;
    readonly held: { bytes: number };
  }): Promise<{ readonly exchanged: Exchanged; readonly answered: boolean }> {
    const { params, headers, timeoutMs, stop, held } = asked;
    return new Promise((resolve) => {
      const reserve = (bytes: number): boolean => {
        const more = bytes - held.bytes;
        if (more <= 0) return true;
        if (!this.#room.take(more)) return false;
        held.bytes += more;
        return true;
      };
      const done = (exchanged: Exchanged): void => {
        clearTimeout(timer);
        stop.removeEventListener("abort", cut);
        resolve({ exchanged, answered: exchange.answered });
      };
      const exchange = new Exchange(limits, reserve, done, (status) => status === 200);
      const cut = (): void => exchange.giveUp("ConnectionCut");
      const timer = setTimeout(() => exchange.giveUp("TimedOut"), Math.max(0, timeoutMs));
      stop.addEventListener("abort", cut, { once: true });
      if (stop.aborted) return cut();
      const common = {
        accept: "application/json",
        "accept-encoding": "identity",
        "user-agent": "evenkeel",
        ...headers,
      };
      const isPost = this.#method === "POST";
      this.#pool.dispatch(
        isPost
          ? {
              method: "POST",
              path: this.#path,
              body: params,
              headers: { ...common, "content-type": "application/x-www-form-urlencoded" },
            }
          : { method: "GET", path: `${this.#path}?${params}`, headers: common },
        exchange,
      );
    });
  }

  /** Authorities that were renewed count for whatever connects from then on. */
  async #connect(options: buildConnector.Options, callback: buildConnector.Callback): Promise<void> {
    const ca = await this.#access.ca();
    if (!this.#connector || this.#connector.ca !== ca)
      this.#connector = {
        ca,
        connect: buildConnector({ timeout: connectMs, allowH2: false, ...defined({ ca }) }),
      };
    this.#connector.connect(options, (error, socket) => {
      if (error) this.#onError(error);
      if (error) callback(error, null);
      else callback(null, socket);
    });
  }
}

const isCut = (exchanged: Exchanged): boolean => exchanged.kind === "failed" && exchanged.failure === "ConnectionCut";

const isUnknownMethod = (exchanged: Exchanged): boolean =>
  exchanged.kind === "failed" &&
  exchanged.finding?.kind === "status" &&
  (exchanged.finding.status === 405 || exchanged.finding.status === 501);

/** Rejects where a file of the settings is of no use. `onError` hears why nothing connects, too. */
export async function openPrometheus(settings: PrometheusSettings, hooks: FileHooks): Promise<Prometheus> {
  return new PrometheusClient(settings, await openPrometheusAccess(settings, hooks), hooks.onError);
}
