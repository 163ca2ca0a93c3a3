import { Registry } from "prom-client";
import { request } from "undici";
import { type Operator, type OperatorOptions, startOperator } from "../../src/control/operator.ts";
import { serverHooks } from "../../src/control/server-hooks.ts";
import { loadConnection, plainConnection } from "../../src/kube/connection.ts";
import { type RequestReport, Transport } from "../../src/kube/transport.ts";
import type { Consumer } from "../../src/serve/consumer.ts";
import type { PoolDocument } from "../../src/serve/documents.ts";
import { type PageServerOptions, page } from "../../src/serve/page/start-page.ts";
import { createLog } from "../../src/telemetry/log.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";

export interface OperatorSettings {
  /** The cluster: by kubeconfig, or the address of an embedded one, whose pods live on loopback. */
  readonly kubeconfigPath?: string;
  readonly embeddedUrl?: string;
  /** Whether pods may live on loopback; by default those of an embedded cluster. */
  readonly allowLoopback?: boolean;
  /** Undefined: all. */
  readonly namespaces: readonly string[] | undefined;
  /** Undefined: writes without a lease. */
  readonly lease: OperatorOptions["lease"];
  readonly identity?: string;
  /** Of its own server; 0 for any. */
  readonly port?: number;
  readonly health?: OperatorOptions["health"];
  readonly page?: Pick<PageServerOptions, "host" | "port" | "names">;
  readonly consumers?: readonly Consumer[];
  readonly peers?: OperatorOptions["peers"];
  readonly tokens?: OperatorOptions["tokens"];
  readonly credentialsPolicy?: string;
  /** Closed by who opened it. */
  readonly prometheus?: OperatorOptions["prometheus"];
}

/** A request to the API server that was answered, or failed with code 0. */
export interface Answered extends RequestReport {
  /** `performance.now()` of its end. */
  readonly at: number;
}

const writing: ReadonlySet<string> = new Set(["create", "update", "patch", "apply", "delete"]);

/** The real operator in this process, with the record of its requests and of its log. */
export class RunningOperator {
  readonly url: string;
  readonly urls: Operator["urls"];
  readonly healthUrl: string | undefined;
  readonly pageUrl: string | undefined;
  readonly requests: Answered[] = [];
  /** Lines of JSON. */
  readonly log: string[] = [];
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;
  readonly #transport: Transport;

  private constructor(
    operator: Operator,
    transport: Transport,
    record: { readonly requests: Answered[]; readonly log: string[] },
  ) {
    this.url = operator.urls.http;
    this.urls = operator.urls;
    this.healthUrl = operator.urls.health;
    this.pageUrl = operator.urls.page;
    this.requests = record.requests;
    this.log = record.log;
    this.#transport = transport;
    this.#ended = operator.run(this.#stopping.signal);
  }

  static async start(settings: OperatorSettings): Promise<RunningOperator> {
    const requests: Answered[] = [];
    const lines: string[] = [];
    const registry = new Registry();
    const metrics = createMetrics(registry, { version: "test" });
    const { embeddedUrl, kubeconfigPath } = settings;
    const transport = new Transport({
      connection:
        embeddedUrl === undefined ? await loadConnection({ kubeconfig: kubeconfigPath }) : plainConnection(embeddedUrl),
      onRequest: (report) => {
        requests.push({ ...report, at: performance.now() });
        metrics.apiAnswered(report, report.seconds);
      },
    });
    const log = createLog({ level: "debug", pretty: false, destination: { write: (line) => lines.push(line) } });
    const operator = await startOperator({
      transport,
      registry,
      metrics,
      log,
      namespaces: settings.namespaces,
      identity: settings.identity ?? `operator-${crypto.randomUUID().slice(0, 8)}`,
      version: "0.0.0-test",
      allowLoopback: settings.allowLoopback ?? embeddedUrl !== undefined,
      http: { host: "127.0.0.1", port: settings.port ?? 0 },
      health: settings.health,
      consumers: [
        ...(settings.page ? [page({ ...settings.page, now: Date.now, ...serverHooks(metrics, log) })] : []),
        ...(settings.consumers ?? []),
      ],
      lease: settings.lease,
      peers: settings.peers,
      tokens: settings.tokens,
      credentialsPolicy: settings.credentialsPolicy,
      prometheus: settings.prometheus,
    });
    return new RunningOperator(operator, transport, { requests, log: lines });
  }

  /** Writes since the given `performance.now()`, other than those of the lease. */
  writes(since = 0): Answered[] {
    return this.requests.filter(({ verb, resource, at }) => writing.has(verb) && resource !== "leases" && at >= since);
  }

  async get<T>(path: string): Promise<{ readonly status: number; readonly body: T }> {
    const { statusCode, body } = await request(`${this.url}${path}`);
    const text = await body.text();
    return { status: statusCode, body: (text.startsWith("{") ? JSON.parse(text) : text) as T };
  }

  /** What it serves of a pool; undefined when it knows none. */
  async pool(namespace: string, name: string): Promise<PoolDocument | undefined> {
    const { status, body } = await this.get<PoolDocument>(`/v1/pools/${namespace}/${name}`);
    return status === 200 ? body : undefined;
  }

  /** As on SIGTERM. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#ended;
    await this.#transport.close();
  }
}
