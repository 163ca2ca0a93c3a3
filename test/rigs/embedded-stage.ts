import { once } from "node:events";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { crd } from "../../src/api/crd.ts";
import { createLoopbackPods, type LoopbackPods } from "../../src/lab/embedded/loopback-pods.ts";
import { startEmbedded } from "../../src/lab/embedded/start-embedded.ts";
import { connectHttp } from "../suites/api-suite/connection.ts";
import { Session } from "../suites/api-suite/session.ts";
import { type OperatorSettings, RunningOperator } from "./operator.ts";

export interface Passing {
  readonly method: string;
  /** With its query. */
  readonly url: string;
  readonly body: string;
  readonly at: number;
}

/** May answer a request itself, as [status, body]; "hang" never answers; undefined lets it through. */
export type Intercept = (passing: Passing) => Promise<Verdict> | Verdict;
type Verdict = readonly [number, string] | "hang" | undefined;

/**
 * The embedded API server with pods on loopback, real operators on it, and a network in between that tests may break.
 * Ends with the test.
 */
export class EmbeddedStage {
  readonly pods: LoopbackPods;
  readonly session: Session;
  /** What operators asked the API server for. */
  readonly passed: Passing[] = [];
  intercept: Intercept | undefined;
  readonly #proxy: Server;
  readonly #target: URL;
  readonly #operators = new Set<RunningOperator>();

  private constructor(pods: LoopbackPods, target: string, proxy: Server) {
    this.pods = pods;
    this.session = new Session(connectHttp(target, "default"));
    this.#proxy = proxy;
    this.#target = new URL(target);
  }

  static async start(): Promise<EmbeddedStage> {
    const pods = createLoopbackPods({});
    const server = await startEmbedded({ crds: [crd()], runtime: pods });
    const proxy = createServer().listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const stage = new EmbeddedStage(pods, server.url, proxy);
    proxy.on("request", (message, response) => void stage.#pass(message, response));
    onTestFinished(async () => {
      for (const operator of [...stage.#operators]) await stage.stopOperator(operator);
      proxy.closeAllConnections();
      proxy.close();
      await server.close();
    });
    return stage;
  }

  /** Of the network that may break. */
  get url(): string {
    return `http://127.0.0.1:${(this.#proxy.address() as AddressInfo).port}`;
  }

  /** Writes without a lease, unless told otherwise. */
  async startOperator(settings: Partial<OperatorSettings> = {}): Promise<RunningOperator> {
    const usual = { embeddedUrl: this.url, namespaces: undefined, lease: undefined };
    const operator = await RunningOperator.start({ ...usual, ...settings });
    this.#operators.add(operator);
    return operator;
  }

  async stopOperator(operator: RunningOperator): Promise<void> {
    this.#operators.delete(operator);
    await operator.stop();
  }

  /** Cuts every connection to the API server, watches among them; what comes next is answered by `intercept`. */
  cut(intercept?: Intercept): void {
    this.intercept = intercept;
    this.#proxy.closeAllConnections();
  }

  async #pass(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url = "", headers } = message;
    response.on("error", () => {});
    try {
      let body = "";
      message.setEncoding("utf8");
      for await (const chunk of message) body += chunk;
      const passing = { method, url, body, at: performance.now() };
      this.passed.push(passing);
      const verdict = await this.intercept?.(passing);
      if (verdict === "hang") return;
      if (verdict) response.writeHead(verdict[0], { "content-type": "application/json" }).end(verdict[1]);
      else this.#forward({ method, path: url, headers }, body, response);
    } catch {
      response.destroy();
    }
  }

  #forward(head: object, body: string, response: ServerResponse): void {
    const { hostname: host, port } = this.#target;
    const onward = request({ host, port, ...head }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers).flushHeaders();
      answer.on("error", () => response.destroy()).pipe(response);
    });
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    onward.end(body);
  }
}

interface WorkloadOptions {
  readonly replicas?: number;
  readonly labels?: Readonly<Record<string, string>>;
  /** Environment of the pods, such as CAPACITY. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A Deployment of the embedded cluster's pods, which serve on 8080 and tell their figures on 9090. */
export const workload = (name: string, { replicas = 1, labels = { app: name }, env = {} }: WorkloadOptions = {}) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name: "web",
            image: "web",
            ports: [
              { name: "http", containerPort: 8080 },
              { name: "metrics", containerPort: 9090 },
            ],
            env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
          },
        ],
      },
    },
  },
});

export const poolsPath = "/apis/evenkeel.io/v1alpha1/namespaces/default/loadbalancerpools";

/** A pool over the Deployment of its name. */
export const poolOf = (name: string, spec: Readonly<Record<string, unknown>> = {}) => ({
  apiVersion: "evenkeel.io/v1alpha1",
  kind: "LoadBalancerPool",
  metadata: { name },
  spec: { targetRef: { name }, ports: [{ port: 8080 }], strategy: { type: "RoundRobin" }, ...spec },
});

/** A source that the embedded cluster's pods answer. */
export const loopbackMetrics = {
  interval: "500ms",
  timeout: "400ms",
  source: { http: { connections: { name: "demo_open_connections" }, load: { name: "demo_load_percent" } } },
};
