import { execFile } from "node:child_process";
import type { Headers } from "undici";
import { Agent, fetch } from "undici";
import type { Cluster } from "../../rigs/cluster.ts";
import { readEvents } from "./read-events.ts";
import { waitFor } from "./wait-for.ts";

export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
    readonly [field: string]: unknown;
  };
  // biome-ignore lint/suspicious/noExplicitAny: tests look into objects of every kind
  readonly [field: string]: any;
}

export interface RequestOptions {
  readonly body?: unknown;
  /** JSON by default; for PATCH a merge patch. */
  readonly contentType?: string;
  readonly accept?: string;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly signal?: AbortSignal;
}

export interface Reply<T> {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed when it is JSON, else text. */
  readonly body: T;
}

export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: KubeObject;
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const mergePatch = "application/merge-patch+json";
export const strategicMergePatch = "application/strategic-merge-patch+json";
export const applyPatch = "application/apply-patch+yaml";

/** Reads and writes the cluster for the tests themselves, apart from the client under test. */
export class TestClient {
  readonly #cluster: Cluster;
  readonly #calls: Agent;
  readonly #watches: Agent;

  constructor(cluster: Cluster, { connections = 32 } = {}) {
    this.#cluster = cluster;
    const connect = { ca: cluster.ca, cert: cluster.cert, key: cluster.key };
    this.#calls = new Agent({ connect, connections, allowH2: false });
    // A quiet watch has no bytes for minutes.
    this.#watches = new Agent({ connect, allowH2: false, bodyTimeout: 0 });
  }

  /** Any status is an answer; only a broken connection throws. */
  async request<T = KubeObject>(method: string, path: string, options: RequestOptions = {}): Promise<Reply<T>> {
    const response = await this.#fetch(this.#calls, method, path, options);
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json") && text !== "";
    return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as T };
  }

  /** The body of a request that has to succeed. */
  async call<T = KubeObject>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const { status, body } = await this.request<T>(method, path, options);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  /** Events until the server ends the stream or `signal` aborts; both end the loop without an error. */
  async *watch(
    path: string,
    query: RequestOptions["query"] = {},
    signal?: AbortSignal,
  ): AsyncGenerator<WatchEvent, void, undefined> {
    try {
      const options = { query: { ...query, watch: true }, ...(signal && { signal }) };
      const response = await this.#fetch(this.#watches, "GET", path, options);
      if (!response.ok || !response.body)
        throw new Error(`watch of ${path}: ${response.status} ${await response.text()}`);
      yield* readEvents<WatchEvent>(response.body);
    } catch (error) {
      if (!signal?.aborted) throw error;
    }
  }

  /** Makes a namespace that no other test has, and answers its name. */
  async createNamespace(prefix = "test"): Promise<string> {
    const metadata = { name: `${prefix}-${crypto.randomUUID().slice(0, 8)}` };
    const created = await this.call("POST", "/api/v1/namespaces", { body: { metadata } });
    return created.metadata.name;
  }

  /** Deletes it and waits until the namespace controller has emptied it. Pods need their FakeKubelet still. */
  async deleteNamespace(name: string, { timeoutMs = 60_000 } = {}): Promise<void> {
    const path = `/api/v1/namespaces/${name}`;
    await this.call("DELETE", path);
    const isGone = async () => (await this.request("GET", path)).status === 404;
    await waitFor(isGone, `namespace ${name} to be gone`, { timeoutMs });
  }

  /** Runs kubectl as this user; `input` goes to its standard input. A failed command is a result too. */
  kubectl(args: readonly string[], { input = "" } = {}): Promise<CommandResult> {
    const words = ["--kubeconfig", this.#cluster.kubeconfigPath, ...args];
    return new Promise((resolve) => {
      const child = execFile(this.#cluster.kubectl, words, { maxBuffer: 64 * 2 ** 20 }, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr });
      });
      child.stdin?.end(input);
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.#calls.destroy(), this.#watches.destroy()]);
  }

  #fetch(dispatcher: Agent, method: string, path: string, options: RequestOptions) {
    const url = new URL(path, this.#cluster.server);
    for (const [name, value] of Object.entries(options.query ?? {})) url.searchParams.set(name, String(value));
    const { body, contentType = method === "PATCH" ? mergePatch : "application/json", accept, signal } = options;
    return fetch(url, {
      method,
      dispatcher,
      headers: { accept: accept ?? "application/json", ...(body !== undefined && { "content-type": contentType }) },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
      ...(signal && { signal }),
    });
  }
}
