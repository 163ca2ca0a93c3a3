import type { Balancer, Strategy } from "./balancer.ts";
import { createBalancer } from "./create-balancer.ts";
import { awaitFirst } from "./first.ts";
import { AnswerError, type Asking, getDocument, readEvents } from "./http.ts";
import { type PoolEndpoint, type PoolPod, type PublishedPool, readPool } from "./pool-document.ts";
import { reportUntil } from "./report.ts";
import { SilenceError, wait } from "./wait.ts";

type Headers = Readonly<Record<string, string>>;

export interface FollowOptions {
  /** The pool at the operator: `http://operator:8080/v1/pools/NAMESPACE/NAME`. */
  readonly url: string | URL;
  /** `Weighted` if absent: the operator's weights say all that its strategy knows, and no number of clients herds. */
  readonly strategy?: Strategy;
  /**
   * Tells the operator how many requests this client has in flight to each endpoint: for pools with source `push`.
   * They are those that `next` and `begin` counted and `release` did not end yet.
   */
  readonly report?: boolean;
  /** The name under which it reports, no two clients the same: drawn if absent. */
  readonly client?: string;
  /** Ends following when it aborts. */
  readonly signal?: AbortSignal;
  /** Told after each document that the balancer took over. */
  readonly onChange?: (pool: PublishedPool) => void;
  /** Told of each attempt that failed; following goes on. */
  readonly onError?: (error: Error) => void;
  /** Sent with each request, such as `authorization`; a function is asked each time, as for a token that is renewed. */
  readonly headers?: Headers | (() => Headers | Promise<Headers>);
  /** How long `ready` waits for the first list, milliseconds: 30,000 if absent; Infinity for without end. */
  readonly readyMs?: number;
  readonly fetch?: typeof fetch;
  readonly random?: () => number;
  readonly timing?: Partial<typeof defaultTiming>;
}

/**
 * `connecting`: no list yet. `streaming` and `polling`: in step with the operator. `lost`: out of touch, or the pool is
 * gone; the last list stands.
 */
export type FollowState = "connecting" | "streaming" | "polling" | "lost";

export interface FollowedPool {
  /** Always in step with the newest list; empty before the first. */
  readonly balancer: Omit<Balancer<PoolEndpoint>, "add" | "remove" | "set" | "all" | "updateConnections">;
  /**
   * Resolves with the first list. Rejects when it did not come within `readyMs`, or following ended before: the message
   * says what the last attempt met, which is the `cause`. Following goes on after a deadline.
   */
  readonly ready: Promise<PublishedPool>;
  /**
   * Where writes go by the newest list, for all clients in the same order: to each of these where the pool has
   * `writers.all`, to the one where it has `writers.matchLabels`. Empty while nobody takes writes; undefined before
   * the first list, and for a pool without `spec.access`, which has no write list.
   */
  writers(): readonly PoolPod[] | undefined;
  /** The newest document. */
  pool(): PublishedPool | undefined;
  state(): FollowState;
  /** Ends following and withdraws what was reported: resolves when nothing of it is left. The balancer goes on with the last list. */
  close(): Promise<void>;
  /** For `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

const defaultTiming = {
  /** The operator writes at least every 10 s. */
  silenceMs: 25_000,
  /** Between two polls while there is no stream to be had. */
  pollMs: 2_000,
  /** About as long as polling goes on before a stream is tried again; ten times that where streams fall silent. */
  retryStreamMs: 60_000,
  /** The longest wait before the second attempt; it doubles with each that fails. */
  backoffMs: 500,
  mostBackoffMs: 30_000,
  /** A contact that lasted this long makes the next failure a first one. */
  settledMs: 5_000,
  /** At least so long between two reports. */
  reportMs: 1_000,
  /** A report that is not answered for this long is given up. */
  reportSilenceMs: 5_000,
};

function shuffle<T>(values: readonly T[], random: () => number): T[] {
  const shuffled = [...values];
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!];
  }
  return shuffled;
}

const drawName = (random: () => number): string =>
  `client-${Array.from({ length: 4 }, () => Math.floor(random() * 36 ** 5).toString(36)).join("")}`;

/**
 * Follows a pool of the operator: by Server-Sent Events, by polling where there is no stream to be had. It begins at
 * once and never gives up; while the operator is out of reach, the last list stands.
 */
export function followPool(options: FollowOptions): FollowedPool {
  const { strategy = "Weighted", headers = {}, random = Math.random, onChange, onError, readyMs = 30_000 } = options;
  const timing = { ...defaultTiming, ...options.timing };
  const url = new URL(options.url);
  const below = (name: string): URL => {
    const target = new URL(url);
    target.pathname = `${url.pathname.replace(/\/$/, "")}/${name}`;
    return target;
  };
  const watchUrl = below("watch");
  const ending = new AbortController();
  const { signal } = ending;
  const ask = (target: URL, silenceMs = timing.silenceMs): Asking => ({
    url: target.href,
    fetch: options.fetch ?? globalThis.fetch,
    headers: async () => (typeof headers === "function" ? headers() : headers),
    signal,
    silenceMs,
  });

  const balancer = createBalancer<PoolEndpoint>({ strategy, random });
  let state: FollowState = "connecting";
  let pool: PublishedPool | undefined;
  /** Of the document in use: of a stream's, or of a poll's. */
  let lastEventId = "";
  let tag = "";
  const first = awaitFirst<PublishedPool>(readyMs, `no list of ${url.href} within ${readyMs} ms`);

  function take(text: string): void {
    const next = readPool(text);
    const addresses = new Map(pool?.endpoints.map(({ id, address }) => [id, address]));
    for (const { id, address } of next.endpoints) {
      // Another pod of the same name: what went to the old one is no load of the new one.
      if (addresses.has(id) && addresses.get(id) !== address) balancer.remove(id);
    }
    // In its own order, so that clients do not all begin with the same endpoint.
    balancer.set(shuffle(next.endpoints, random));
    const measured = new Set(balancer.list().flatMap(({ endpoint: { id }, responseMs }) => (responseMs ? id : [])));
    const slowestMs = Math.max(0, ...next.endpoints.map(({ responseMs = 0 }) => responseMs));
    for (const { id, connections, responseMs, ageMs } of next.endpoints) {
      balancer.updateConnections(id, connections, ageMs ?? 0);
      // One that answers nobody must not pass for a fast one as its figure wears off; one that is quiet is tried again.
      const isSilent = responseMs === undefined && ageMs === undefined && measured.has(id) && slowestMs > 0;
      const ms = isSilent ? slowestMs : responseMs;
      if (ms !== undefined) balancer.updateResponseTime(id, ms);
    }
    pool = next;
    first.announce(next);
    try {
      onChange?.(next);
    } catch (error) {
      tell(error);
    }
  }

  function tell(reason: unknown): void {
    const error = reason instanceof Error ? reason : new Error(String(reason));
    first.trouble(error);
    try {
      onError?.(error);
    } catch (thrown) {
      // Following must not end by what a listener does, nor hide it.
      queueMicrotask(() => {
        throw thrown;
      });
    }
  }

  /** Follows the stream to its end. When the operator answers but gives no stream: why. */
  async function stream(): Promise<AnswerError | SilenceError | undefined> {
    let opened = false;
    const onOpen = (): void => {
      opened = true;
      if (pool) state = "streaming";
    };
    try {
      await readEvents(ask(watchUrl), lastEventId, onOpen, ({ name, data, id }) => {
        if (name === "gone") throw new Error("the pool is gone");
        if (name !== "pool") return;
        take(data);
        lastEventId = id;
        tag = "";
        state = "streaming";
      });
      return undefined;
    } catch (error) {
      // A proxy that buffers makes a stream that says nothing.
      if (!opened && (error instanceof AnswerError || error instanceof SilenceError)) return error;
      throw error;
    }
  }

  async function poll(forMs: number): Promise<void> {
    const until = performance.now() + forMs * (0.75 + random() / 2);
    do {
      const fetched = await getDocument(ask(url), tag);
      if (fetched.kind === "text") {
        take(fetched.text);
        tag = fetched.tag;
        lastEventId = "";
      }
      state = "polling";
      await wait(timing.pollMs * (0.75 + random() / 2), signal);
    } while (!signal.aborted && performance.now() < until);
  }

  /** One contact with the operator; true when it ended as planned. */
  async function contact(): Promise<boolean> {
    try {
      const refusal = await stream();
      if (!refusal) return false;
      await poll(timing.retryStreamMs * (refusal instanceof SilenceError ? 10 : 1));
      return true;
    } catch (error) {
      if (!signal.aborted) tell(error);
      return false;
    }
  }

  async function run(): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      const startedAt = performance.now();
      const planned = await contact();
      if (performance.now() - startedAt >= timing.settledMs) failures = 0;
      if (planned) continue;
      if (pool) state = "lost";
      const most = Math.min(timing.mostBackoffMs, timing.backoffMs * 2 ** failures);
      failures += 1;
      await wait(most * (0.1 + 0.9 * random()), signal);
    }
  }

  /** By address, as a name may pass to another pod. Who left the list may still be at work. */
  function countInFlight(): ReadonlyMap<string, number> | undefined {
    if (!pool) return undefined;
    const counts = new Map<string, number>();
    for (const { endpoint, inFlight } of [...balancer.list(), ...balancer.leaving()])
      counts.set(endpoint.address, (counts.get(endpoint.address) ?? 0) + inFlight);
    return counts;
  }

  async function report(): Promise<void> {
    if (!options.report) return;
    const target = below("connections");
    target.searchParams.set("client", options.client ?? drawName(random));
    const { reportMs: gapMs, reportSilenceMs, backoffMs } = timing;
    await reportUntil(signal, {
      ask: (until) => ({ ...ask(target, reportSilenceMs), signal: until }),
      count: countInFlight,
      gapMs,
      backoffMs,
      random,
      onError: tell,
    });
  }

  const abort = (): void => ending.abort(options.signal?.reason);
  if (options.signal?.aborted) abort();
  options.signal?.addEventListener("abort", abort);
  async function work(): Promise<void> {
    await Promise.all([run(), report()]);
  }
  const done = work().finally(() => {
    options.signal?.removeEventListener("abort", abort);
    if (pool) state = "lost";
    first.renounce("following ended before the first list");
  });

  const close = (): Promise<void> => {
    ending.abort();
    return done;
  };
  return {
    balancer,
    ready: first.promise,
    writers: () => pool?.writers,
    pool: () => pool,
    state: () => state,
    close,
    [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]: close,
  };
}
