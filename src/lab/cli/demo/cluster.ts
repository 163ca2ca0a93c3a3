import { randomBytes } from "node:crypto";
import { Registry } from "prom-client";
import manifest from "../../../../package.json" with { type: "json" };
import { crd } from "../../../api/crd.ts";
import { pool as poolSchema } from "../../../api/pool.ts";
import { uniqueIdentity, wholeEnvironment } from "../../../config.ts";
import { type Operator, startOperator } from "../../../control/operator.ts";
import { serverHooks } from "../../../control/server-hooks.ts";
import { tokenConnection } from "../../../kube/connection.ts";
import { createObjects } from "../../../kube/objects.ts";
import { Transport } from "../../../kube/transport.ts";
import type { Manifest, ResourceRef } from "../../../kube/types.ts";
import type { Consumer } from "../../../serve/consumer.ts";
import type { Feed } from "../../../serve/feed.ts";
import { page } from "../../../serve/page/start-page.ts";
import { createMetrics } from "../../../telemetry/metrics.ts";
import type { OperatorMetrics } from "../../../telemetry/operator-metrics.ts";
import type { PoolName } from "../../../telemetry/pool-metrics.ts";
import { runLocalCommands } from "../../embedded/local/local-commands.ts";
import { createLoopbackPods, type LoopbackPods } from "../../embedded/loopback-pods.ts";
import { startEmbedded } from "../../embedded/start-embedded.ts";
import type { DemoConfig } from "./flags.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { createDemoLog } from "./log.ts";
import { name, namespace, type PodPorts } from "./manifests.ts";
import { operatorHome, operatorNamespace, operatorService } from "./operator-service.ts";
import { choosePodPort, startOnPort } from "./preflight.ts";

export interface ClusterHooks {
  readonly warn: (message: string) => void;
  readonly fail: (message: string) => void;
  readonly podFailed: (message: string) => void;
  readonly scaleWritten?: () => void;
  /** Told of the kubeconfig as soon as the API server answers. */
  readonly announce: (kubeconfig: string) => void;
}

/** An embedded cluster and the operator on it, at work. */
export interface DemoCluster {
  /** A file by which kubectl finds the API server, and is let in. */
  readonly kubeconfig: string;
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
  create(ref: ResourceRef, object: Manifest): Promise<void>;
  /** Ends everything; resolves when nothing is left. */
  close(): Promise<void>;
}

const host = "127.0.0.1";
/** As long as pods that are rolled out wait for what they hold: the longest connection, and a little. */
const longestHoldMs = 13_000;

const problemsOf = (object: unknown): string[] =>
  poolSchema.safeParse(object).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];

/** Whose sample it was, where somebody has made a pool beside the demo's. */
const ofOther = (pool: PoolName): string =>
  pool.namespace === namespace && pool.name === name ? "" : ` of ${pool.namespace}/${pool.name}`;

/** The metrics of the operator, with an ear on what the demo counts. */
const overhear = (metrics: OperatorMetrics, { podFailed, scaleWritten }: ClusterHooks): OperatorMetrics => ({
  ...metrics,
  sampled(sampledPool, outcome, seconds) {
    if (outcome !== "ok") podFailed(`a sample${ofOther(sampledPool)} failed: ${outcome}`);
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
  const { firstAddress, firstLocal } =
    process.platform === "linux"
      ? {
          firstAddress: `127.${64 + (pid % 128)}.${Math.floor(pid / 128) % 224}.1`,
          firstLocal: `127.${192 + (pid % 62)}.${Math.floor(pid / 62) % 224}.1`,
        }
      : { firstAddress: "127.64.0.1", firstLocal: "127.64.0.17" };
  const ports = {
    http: await choosePodPort(firstAddress, 8080),
    metrics: await choosePodPort(firstAddress, 9090),
  };

  await using closing = new AsyncDisposableStack();
  const pods = createLoopbackPods({ firstAddress, lingerMs: longestHoldMs });
  /** By which commands find this cluster and its operator, and no other. */
  const given: NodeJS.ProcessEnv = {};
  // Who reaches the API server can have commands run, and so must know what only the kubeconfig says.
  const token = randomBytes(32).toString("base64url");
  const embedded = await startOnPort(config.port, 6443, "--port", (port) =>
    startEmbedded({
      host,
      port,
      token,
      crds: [crd()],
      validate: problemsOf,
      runtime: runLocalCommands({
        others: pods,
        firstAddress: firstLocal,
        folder: process.cwd(),
        environment: () => ({ ...wholeEnvironment(), ...given }),
      }),
      onError: (error) => hooks.fail(`the embedded cluster: ${error}`),
    }),
  );
  closing.defer(embedded.close);
  const access = { ca: embedded.ca!, token };
  const kubeconfig = await writeKubeconfig({ server: embedded.url, namespace, ...access });
  closing.defer(kubeconfig.remove);
  given.KUBECONFIG = kubeconfig.file;
  hooks.announce(kubeconfig.file);

  const registry = new Registry();
  const metrics = createMetrics(registry, { version: manifest.version });
  const transport = new Transport({
    connection: tokenConnection(embedded.url, access),
    onRequest: ({ verb, resource, code, seconds }) => metrics.apiAnswered({ verb, resource, code }, seconds),
  });
  closing.defer(() => transport.close());
  const objects = createObjects(transport);
  const create = async (ref: ResourceRef, object: Manifest): Promise<void> => {
    const outcome = await objects.create(ref, object);
    if (outcome.kind !== "ok") throw new Error(`the ${object.kind} could not be created: ${JSON.stringify(outcome)}`);
  };
  await create(operatorHome.ref, operatorHome.object);
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
        version: manifest.version,
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
        lease: { namespace: operatorNamespace, name: "evenkeel" },
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

  given.EVENKEEL_URL = operator.urls.http;
  const urls = { http: new URL(operator.urls.http), page: new URL(operator.urls.page!) };
  for (const { ref, object } of operatorService(urls)) await create(ref, object);
  const everything = closing.move();
  return {
    kubeconfig: kubeconfig.file,
    operatorUrl: operator.urls.http,
    pageUrl: operator.urls.page!,
    urls: operator.urls,
    transport,
    feed: operator.feed,
    pods,
    ports,
    running,
    create,
    close: () => everything.disposeAsync(),
  };
}
