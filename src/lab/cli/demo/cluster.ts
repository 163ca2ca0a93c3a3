import { Registry } from "prom-client";
import manifest from "../../../../package.json" with { type: "json" };
import { crd } from "../../../api/crd.ts";
import { pool as poolSchema } from "../../../api/pool.ts";
import { uniqueIdentity } from "../../../config.ts";
import { type Operator, startOperator } from "../../../control/operator.ts";
import { serverHooks } from "../../../control/server-hooks.ts";
import { plainConnection } from "../../../kube/connection.ts";
import { createObjects } from "../../../kube/objects.ts";
import { Transport } from "../../../kube/transport.ts";
import type { ResourceRef } from "../../../kube/types.ts";
import type { Consumer } from "../../../serve/consumer.ts";
import type { Feed } from "../../../serve/feed.ts";
import { page } from "../../../serve/page/start-page.ts";
import { createMetrics, type OperatorMetrics } from "../../../telemetry/metrics.ts";
import { createLoopbackPods, type LoopbackPods } from "../../embedded/loopback-pods.ts";
import { startEmbedded } from "../../embedded/start-embedded.ts";
import type { DemoConfig } from "./flags.ts";
import { createDemoLog } from "./log.ts";
import { namespace, type PodPorts, type Specified } from "./manifests.ts";
import { choosePodPort, startOnPort } from "./preflight.ts";

export interface ClusterHooks {
  readonly warn: (message: string) => void;
  readonly fail: (message: string) => void;
  readonly scaleWritten?: () => void;
}

/** An embedded cluster and the operator on it, at work. */
export interface DemoCluster {
  readonly apiUrl: string;
  readonly operatorUrl: string;
  readonly pageUrl: string;
  /** Of the operator's consumers, by name. */
  readonly urls: Operator["urls"];
  readonly transport: Transport;
  readonly feed: Feed;
  readonly pods: LoopbackPods;
  /** Where every pod can listen. */
  readonly ports: PodPorts;
  /** Rejects when the operator breaks; resolves when it has ended. */
  readonly running: Promise<void>;
  create(ref: ResourceRef, object: Specified): Promise<void>;
  /** Ends everything; resolves when nothing is left. */
  close(): Promise<void>;
}

const host = "127.0.0.1";

const problemsOf = (object: unknown): string[] =>
  poolSchema.safeParse(object).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];

/** The metrics of the operator, with an ear on what the demo counts. */
const overhear = (metrics: OperatorMetrics, { fail, scaleWritten }: ClusterHooks): OperatorMetrics => ({
  ...metrics,
  sampled(sampledPool, outcome, seconds) {
    if (outcome !== "ok") fail(`a sample failed: ${outcome}`);
    metrics.sampled(sampledPool, outcome, seconds);
  },
  scaleWritten() {
    scaleWritten?.();
    metrics.scaleWritten();
  },
});

/** Starts an embedded cluster and the operator on it, with these consumers beside its own. */
export async function openCluster(
  config: DemoConfig,
  hooks: ClusterHooks,
  consumers: readonly Consumer[] = [],
): Promise<DemoCluster> {
  // Systems other than Linux need their addresses added first, so there they are always the same.
  const { pid } = process;
  const firstAddress =
    process.platform === "linux" ? `127.${64 + (pid % 128)}.${Math.floor(pid / 128) % 224}.1` : "127.64.0.1";
  const ports = {
    http: await choosePodPort(firstAddress, 8080),
    metrics: await choosePodPort(firstAddress, 9090),
  };

  await using closing = new AsyncDisposableStack();
  const pods = createLoopbackPods({ firstAddress });
  const embedded = await startOnPort(config.port, 8001, "--port", (port) =>
    startEmbedded({
      host,
      port,
      crds: [crd()],
      validate: problemsOf,
      runtime: pods,
      onError: (error) => hooks.fail(`the embedded cluster: ${error}`),
    }),
  );
  closing.defer(embedded.close);

  const registry = new Registry();
  const metrics = createMetrics(registry, { version: manifest.version });
  const transport = new Transport({
    connection: plainConnection(embedded.url),
    onRequest: ({ verb, resource, code, seconds }) => metrics.apiAnswered({ verb, resource, code }, seconds),
  });
  closing.defer(() => transport.close());
  const log = createDemoLog(hooks.warn, hooks.fail);
  const overheard = overhear(metrics, hooks);
  const operator = await startOnPort(config["http-port"], 0, "--http-port", (httpPort) =>
    startOnPort(config["page-port"], 8081, "--page-port", (pagePort) =>
      startOperator({
        transport,
        registry,
        metrics: overheard,
        log,
        namespaces: undefined,
        identity: uniqueIdentity("demo"),
        allowLoopback: true,
        http: { host, port: httpPort },
        consumers: [
          page({
            host,
            port: pagePort,
            names: config["page-hosts"],
            now: Date.now,
            ...serverHooks(overheard, log),
          }),
          ...consumers,
        ],
        lease: { namespace, name: "evenkeel" },
      }),
    ),
  );
  const stop = new AbortController();
  const running = operator.run(stop.signal);
  const settled = running.catch(() => {});
  closing.defer(() => {
    stop.abort();
    return settled;
  });

  const objects = createObjects(transport);
  const everything = closing.move();
  return {
    apiUrl: embedded.url,
    operatorUrl: operator.urls.http,
    pageUrl: operator.urls.page!,
    urls: operator.urls,
    transport,
    feed: operator.feed,
    pods,
    ports,
    running,
    async create(ref, object) {
      const outcome = await objects.create(ref, object);
      if (outcome.kind !== "ok") throw new Error(`the ${object.kind} could not be created: ${JSON.stringify(outcome)}`);
    },
    close: () => everything.disposeAsync(),
  };
}
