import { Agent, request } from "undici";
import type { Cluster } from "../../rigs/cluster.ts";
import { type SliceSighting, scanSlice } from "./slice-scan.ts";

/** The two publishers, by the names of their Services. */
export const publishers = ["ours", "theirs"] as const;
export type Publisher = (typeof publishers)[number];
export type ByPublisher<T> = Readonly<Record<Publisher, T>>;

/** When each publisher's slice with the change was here, in milliseconds of `performance.now()`. */
export type Sighting = ByPublisher<number>;

interface Expected {
  readonly address: string;
  readonly ready: boolean;
  readonly seenAt: Partial<Record<Publisher, number>>;
  readonly resolve: (sighting: Sighting) => void;
  readonly reject: (error: Error) => void;
}

/** How long a publisher may take before the benchmark gives up. */
const patienceMs = 60_000;

/** One watch over all slices of a namespace, for both publishers: what delays one sighting delays the other. */
export class SliceWatch implements AsyncDisposable {
  readonly #agent: Agent;
  readonly #stopping = new AbortController();
  readonly #versions = { ours: new Set<string>(), theirs: new Set<string>() };
  readonly #ready = { ours: new Map<string, boolean>(), theirs: new Map<string, boolean>() };
  readonly #expected = new Map<string, Expected>();
  #following: Promise<void> = Promise.resolve();
  #failure: Error | undefined;

  private constructor({ ca, cert, key }: Cluster) {
    this.#agent = new Agent({ connect: { ca, cert, key }, allowH2: false, bodyTimeout: 0, headersTimeout: 0 });
  }

  /** When `signal` aborts, everything that is expected rejects. */
  static async start(cluster: Cluster, namespace: string, signal: AbortSignal): Promise<SliceWatch> {
    const watch = new SliceWatch(cluster);
    const url = `${cluster.server}/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
    const list = await request(url, { dispatcher: watch.#agent });
    const { metadata } = (await list.body.json()) as { metadata: { resourceVersion: string } };
    const query = new URLSearchParams({ watch: "true", resourceVersion: metadata.resourceVersion });
    const { statusCode, body } = await request(`${url}?${query}`, {
      dispatcher: watch.#agent,
      signal: AbortSignal.any([watch.#stopping.signal, signal]),
    });
    if (statusCode !== 200) throw new Error(`watch of slices: ${statusCode} ${await body.text()}`);
    watch.#following = watch.#follow(body);
    return watch;
  }

  /** Slice versions that each publisher has written so far. */
  writes(): ByPublisher<number> {
    return { ours: this.#versions.ours.size, theirs: this.#versions.theirs.size };
  }

  /** Addresses that each publisher names as ready now. */
  readyAddresses(): ByPublisher<number> {
    const count = (publisher: Publisher) => [...this.#ready[publisher].values()].filter(Boolean).length;
    return { ours: count("ours"), theirs: count("theirs") };
  }

  /** Resolves when both publishers name the address with the readiness, which neither does yet. */
  expect(address: string, ready: boolean): Promise<Sighting> {
    if (this.#failure) return Promise.reject(this.#failure);
    const already = publishers.filter((publisher) => this.#ready[publisher].get(address) === ready);
    if (already.length > 0 || this.#expected.has(address))
      return Promise.reject(new Error(`${address} is expected or published already (${already})`));
    const { promise, resolve, reject } = Promise.withResolvers<Sighting>();
    const expected: Expected = { address, ready, seenAt: {}, resolve, reject };
    this.#expected.set(address, expected);
    const timer = setTimeout(() => {
      const missing = publishers.filter((publisher) => expected.seenAt[publisher] === undefined);
      const what = `${address} with ready=${ready} by the Service ${missing.join(" and ")}`;
      reject(new Error(`nobody published ${what} within ${patienceMs / 1_000} s`));
    }, patienceMs);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#expected.delete(address);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#following;
    await this.#agent.destroy();
  }

  async #follow(body: AsyncIterable<Buffer>): Promise<void> {
    let parts: Buffer[] = [];
    try {
      for await (const chunk of body) {
        const at = performance.now();
        let start = 0;
        for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
          const last = chunk.subarray(start, end);
          const line = parts.length === 0 ? last : Buffer.concat([...parts, last]);
          parts = [];
          start = end + 1;
          this.#take(line.toString("latin1"), at);
        }
        if (start < chunk.length) parts.push(chunk.subarray(start));
      }
      this.#fail(new Error("the API server ended the watch of slices"));
    } catch (cause) {
      this.#fail(new Error("the watch of slices broke", { cause }));
    }
  }

  #take(line: string, at: number): void {
    if (line.startsWith('{"type":"ERROR"')) throw new Error(line);
    const slice = scanSlice(line);
    const publisher = publishers.find((name) => name === slice.service);
    if (!publisher) return;
    this.#versions[publisher].add(slice.resourceVersion);
    this.#compare(publisher, slice, at);
  }

  #compare(publisher: Publisher, { ready }: SliceSighting, at: number): void {
    for (const [address, value] of ready) {
      if (this.#ready[publisher].get(address) === value) continue;
      this.#ready[publisher].set(address, value);
      const expected = this.#expected.get(address);
      if (expected?.ready !== value) continue;
      expected.seenAt[publisher] ??= at;
      const { ours, theirs } = expected.seenAt;
      if (ours !== undefined && theirs !== undefined) expected.resolve({ ours, theirs });
    }
  }

  #fail(error: Error): void {
    this.#failure = error;
    for (const { reject } of this.#expected.values()) reject(error);
  }
}
