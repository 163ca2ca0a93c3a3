import { setImmediate as nextTurn } from "node:timers/promises";
import { type Dispatcher, request } from "undici";
import manifest from "../../package.json" with { type: "json" };
import { ApiError, errorFromStatus } from "./api-error.ts";
import { Backoff, type BackoffRange, pause } from "./backoff.ts";
import { type HandedOn, readBounded, readHandedOn, readJson } from "./body.ts";
import type { Connection, Credentials, TlsMaterial } from "./connection.ts";
import { createDeadline, type Deadline } from "./deadline.ts";
import { type Lane, type Lanes, openLanes } from "./lanes.ts";
import { pathOf, type ResourceRef } from "./types.ts";

export type Verb = "get" | "list" | "watch" | "create" | "update" | "patch" | "apply" | "delete";

/** What is asked for: the path, and the resource's name for metrics. */
export interface RequestTarget {
  readonly path: string;
  readonly resource: string;
}

export interface Call {
  readonly verb: Verb;
  readonly target: RequestTarget;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly contentType?: string;
  /** Of the answer; JSON as it is stored unless told. */
  readonly accept?: string | undefined;
  readonly lane?: "lease" | "figures" | "reviews";
  /** For the whole call with all its repetitions; for a watch, until its headers are here. Default 10 s. */
  readonly deadlineMs?: number;
  /** False leaves repeating to the caller. */
  readonly retry?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** One HTTP exchange. The code is 0 when no complete answer came. */
export interface RequestReport {
  readonly verb: Verb;
  readonly resource: string;
  readonly code: number;
  readonly seconds: number;
}

export interface TransportOptions {
  readonly connection: Connection;
  readonly onRequest?: (report: RequestReport) => void;
  readonly random?: () => number;
  readonly backoff?: BackoffRange;
  /** Nobody waits for a server that refuses connections, or whose name nobody knows: such a call is not repeated. */
  readonly failsFast?: boolean;
  /** Largest answer accepted, in bytes. Default 64 MiB; of that, 16 MiB for what is no list. */
  readonly maxBodyBytes?: number;
}

export const target = (ref: ResourceRef, namespace?: string, name?: string, subresource?: string): RequestTarget => ({
  path: pathOf(ref, namespace, name, subresource),
  resource: subresource === undefined ? ref.plural : `${ref.plural}/${subresource}`,
});

const methods = {
  get: "GET",
  list: "GET",
  watch: "GET",
  create: "POST",
  update: "PUT",
  patch: "PATCH",
  apply: "PATCH",
  delete: "DELETE",
} as const satisfies Record<Verb, Dispatcher.HttpMethod>;

const defaultDeadlineMs = 10_000;
/** etcd takes objects of 1.5 MiB unless told otherwise. */
const maxObjectBytes = 16 * 1024 * 1024;
const maxErrorBytes = 256 * 1024;
const json = "application/json";
const userAgent = `evenkeel/${manifest.version}`;

/** Requests to the API server: bounded in time, size and connections, and repeated where that is safe. */
export class Transport {
  readonly #options: Required<TransportOptions>;
  readonly #prefix: string;
  readonly #retired: Lanes[] = [];
  #lanes: { readonly tls: TlsMaterial; readonly lanes: Lanes } | undefined;
  #closing: Promise<unknown> | undefined;
  #succeededAt = Number.NEGATIVE_INFINITY;

  constructor(options: TransportOptions) {
    this.#options = {
      onRequest: () => {},
      random: Math.random,
      backoff: { baseMs: 250, maxMs: 4_000 },
      failsFast: false,
      maxBodyBytes: 64 * 1024 * 1024,
      ...options,
    };
    this.#prefix = options.connection.server.pathname.replace(/\/$/, "");
  }

  /** Milliseconds since the API server last did what it was asked for; infinite before it ever did. */
  successAgeMs(): number {
    return performance.now() - this.#succeededAt;
  }

  /**
   * Brings the parsed answer. A refused request (401 once, 429) is repeated for every verb; one whose fate is unknown
   * (5xx, broken connection) only for reads and applies. Throws `ApiError`, or the reason of the caller's signal.
   */
  async request<T>(call: Call): Promise<T> {
    const { maxBodyBytes } = this.#options;
    const mostBytes = call.verb === "list" ? maxBodyBytes : Math.min(maxBodyBytes, maxObjectBytes);
    return (await this.#repeated(call, ({ body }) => readJson(body, mostBytes))) as T;
  }

  /** Brings what the API server hands on from somebody else, such as a page of a pod, as it came. Repeated as `request` is. */
  handOn(call: Call, mostBytes: number): Promise<HandedOn> {
    return this.#repeated(call, (response) => readHandedOn(response, mostBytes));
  }

  async #repeated<T>(call: Call, read: (response: Dispatcher.ResponseData) => Promise<T>): Promise<T> {
    const payload = call.body === undefined ? null : JSON.stringify(call.body);
    const backoff = new Backoff({ ...this.#options.backoff, random: this.#options.random });
    using deadline = createDeadline(call.deadlineMs ?? defaultDeadlineMs, call.signal);
    for (;;) {
      this.#assertOpen();
      try {
        return await this.#withCredentials(deadline, (credentials) =>
          this.#observed(call, async (report) => {
            const lane = call.lane ?? (methods[call.verb] === "GET" ? "read" : "write");
            const response = await this.#send(call, payload, lane, credentials, deadline);
            const answer = await read(response);
            report(response.statusCode);
            // The connection is free for the next call only in the next turn; before, a second one would be opened.
            await nextTurn();
            return answer;
          }),
        );
      } catch (error) {
        const failure = failureOf(error, call, deadline);
        if (call.retry === false || !isRepeatable(failure, call.verb, this.#options.failsFast)) throw failure;
        const jitter = 1 + this.#options.random() * 0.2;
        const delayMs = failure.retryAfterMs === undefined ? backoff.next() : failure.retryAfterMs * jitter;
        if (delayMs >= deadline.remainingMs()) throw failure;
        await pause(delayMs, deadline.signal);
      }
    }
  }

  /**
   * Opens a watch and brings its body, which lives until the caller's signal aborts or the server ends it.
   * Leaving the iteration closes the connection. Nothing is repeated except once after a 401.
   */
  async watch(call: Omit<Call, "verb" | "lane" | "body">): Promise<AsyncIterable<Buffer>> {
    this.#assertOpen();
    const deadline = createDeadline(call.deadlineMs ?? defaultDeadlineMs, call.signal);
    const watching: Call = { ...call, verb: "watch" };
    try {
      const body = await this.#withCredentials(deadline, (credentials) =>
        this.#observed(watching, async (report) => {
          const response = await this.#send(watching, null, "watch", credentials, deadline);
          report(response.statusCode);
          return response.body;
        }),
      );
      deadline.lift();
      body.once("close", () => deadline[Symbol.dispose]());
      return this.#heard(body);
    } catch (error) {
      deadline[Symbol.dispose]();
      throw failureOf(error, watching, deadline);
    }
  }

  /** What a watch brings shows that the API server is there, as well as an answer does. */
  async *#heard(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of body) {
      this.#succeededAt = performance.now();
      yield chunk;
    }
  }

  /** Ends every connection at once. Requests under way fail. */
  async close(): Promise<void> {
    const all = [...this.#retired, ...(this.#lanes ? [this.#lanes.lanes] : [])].flatMap(Object.values<Dispatcher>);
    this.#closing ??= Promise.all(all.map((dispatcher) => dispatcher.destroy()));
    await this.#closing;
  }

  async #withCredentials<T>(deadline: Deadline, attempt: (credentials: Credentials) => Promise<T>): Promise<T> {
    const { connection } = this.#options;
    const credentials = await deadline.race(connection.credentials());
    try {
      return await attempt(credentials);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      return await attempt(await deadline.race(connection.credentials(credentials)));
    }
  }

  async #send(
    call: Call,
    payload: string | null,
    lane: Lane,
    credentials: Credentials,
    deadline: Deadline,
  ): Promise<Dispatcher.ResponseData> {
    const { connection } = this.#options;
    const url = `${connection.server.origin}${this.#prefix}${call.target.path}${queryOf(call)}`;
    const answer = request(url, {
      dispatcher: this.#lanesFor(credentials.tls)[lane],
      method: methods[call.verb],
      signal: deadline.signal,
      headers: {
        accept: call.accept ?? json,
        "user-agent": userAgent,
        ...credentials.headers,
        ...(payload !== null && { "content-type": call.contentType ?? json }),
      },
      body: payload,
    });
    // Undici looks at the signal only once a connection is there, which a stalled handshake or a full lane delays.
    const response = await deadline.race(answer);
    if (response.statusCode < 300) return response;
    const retryAfter = response.headers["retry-after"];
    const bytes = await readBounded(response.body, maxErrorBytes);
    throw errorFromStatus(response.statusCode, parseOrNothing(bytes), [retryAfter].flat()[0]);
  }

  async #observed<T>(call: Call, run: (report: (code: number) => void) => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    let code = 0;
    try {
      const result = await run((answered) => {
        code = answered;
      });
      this.#succeededAt = performance.now();
      return result;
    } catch (error) {
      if (error instanceof ApiError) code = error.status;
      throw error;
    } finally {
      const seconds = (performance.now() - startedAt) / 1000;
      this.#options.onRequest({ verb: call.verb, resource: call.target.resource, code, seconds });
    }
  }

  #assertOpen(): void {
    if (this.#closing) throw new Error("the transport is closed");
  }

  #lanesFor(tls: TlsMaterial): Lanes {
    this.#assertOpen();
    if (this.#lanes?.tls === tls) return this.#lanes.lanes;
    if (this.#lanes) this.#retire(this.#lanes.lanes);
    this.#lanes = { tls, lanes: openLanes(this.#options.connection, tls) };
    return this.#lanes.lanes;
  }

  // Requests and watches under way end on the old connections; nothing new starts there.
  #retire(lanes: Lanes): void {
    this.#retired.push(lanes);
    const forget = (): void => {
      const at = this.#retired.indexOf(lanes);
      if (at >= 0) this.#retired.splice(at, 1);
    };
    Promise.all(Object.values(lanes).map((dispatcher) => dispatcher.close())).then(forget, forget);
  }
}

function queryOf({ query = {} }: Call): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  return parameters.size === 0 ? "" : `?${parameters}`;
}

function failureOf(error: unknown, call: Call, deadline: Deadline): ApiError {
  if (call.signal?.aborted) throw call.signal.reason;
  if (error instanceof ApiError && !deadline.expired) return error;
  const what = `${call.verb} ${call.target.resource}`;
  const message = error instanceof Error ? error.message : String(error);
  return deadline.expired
    ? new ApiError({ status: 0, reason: "DeadlineExceeded", message: `${what}: ${message}`, cause: error })
    : new ApiError({ status: 0, reason: "Unreachable", message: `${what}: ${message}`, cause: error });
}

function isRepeatable({ status, reason, isNobodyThere }: ApiError, verb: Verb, failsFast: boolean): boolean {
  if (status === 429) return true;
  if (verb !== "get" && verb !== "list" && verb !== "apply") return false;
  return status >= 500 || (reason === "Unreachable" && !(failsFast && isNobodyThere)) || reason === "Unreadable";
}

function parseOrNothing(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}
