import { setTimeout as sleep } from "node:timers/promises";
import { Agent, request } from "undici";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { haproxyConfig } from "../../src/lab/cli/demo/carried/haproxy-config.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import { EnvoyServer } from "../rigs/envoy/envoy-server.ts";
import type { CallResult, Calls } from "../rigs/grpc/grpc-client.ts";
import { bootstrapOf, grpcClients } from "../rigs/grpc/grpc-clients.ts";
import { grpcJava } from "../rigs/grpc/grpc-java.ts";
import { GrpcPod } from "../rigs/grpc/grpc-pod.ts";
import { HaproxyServer } from "../rigs/haproxy/haproxy-server.ts";
import { OperatorProcess } from "../rigs/operator-process.ts";
import { podPorts } from "../rigs/pods/pod-listener.ts";
import { Rig, type RigPod } from "../rigs/rig.ts";
import { findFreePorts } from "../tools/control-plane/ports.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { markedBlock } from "../tools/documents/pages.ts";
import { findOrFetchEnvoy } from "../tools/envoy.ts";
import { absenceMs } from "./absence-length.ts";
import { addFigure } from "./figures.ts";

/** Somebody who follows the operator and carries traffic to the pods of a pool. */
interface Carrier {
  readonly name: string;
  /** Sends one request after the other, for so long. */
  send(order: Calls): Promise<CallResult>;
  stop(): Promise<void> | void;
}

const pools = ["web", "calls"] as const;
const grpcPort = 50_051;
const pauseMs = 50;

/** Requests through a proxy, each answered with the name of a pod. */
async function sendThrough(url: string, { forMs = 0, pauseMs: rest = 0 }: Calls): Promise<CallResult> {
  const agent = new Agent();
  const [answers, errors] = [{} as Record<string, number>, {} as Record<string, number>];
  const end = performance.now() + forMs;
  while (performance.now() < end) {
    try {
      const { statusCode, body } = await request(url, { dispatcher: agent });
      const text = (await body.text()).trim();
      if (statusCode === 200) answers[text] = (answers[text] ?? 0) + 1;
      else errors[statusCode] = (errors[statusCode] ?? 0) + 1;
    } catch (error) {
      errors[String(error)] = (errors[String(error)] ?? 0) + 1;
    }
    await sleep(rest);
  }
  await agent.close();
  return { answers, errors };
}

describeCluster("who carries traffic by what the operator says", (cluster) => {
  let rig: Rig;
  let operator: OperatorProcess;
  let ports: { readonly xds: number; readonly haproxy: number };
  let servers: readonly GrpcPod[];
  const pods = new Map<string, readonly RigPod[]>();
  const carriers: Carrier[] = [];

  const startOperator = () =>
    OperatorProcess.start({
      kubeconfig: cluster.kubeconfigPath,
      namespaces: rig.namespace,
      "lease-namespace": rig.namespace,
      "xds-bind": `127.0.0.1:${ports.xds}`,
      "haproxy-bind": `127.0.0.1:${ports.haproxy}`,
    });

  async function startEnvoy(): Promise<Carrier> {
    const found = await findOrFetchEnvoy();
    if (found.kind === "missing") throw new Error(found.reason);
    const bootstrap = parse(markedBlock("docs/consumers/envoy.md", "envoy", "bootstrap").text);
    const { listeners, clusters } = bootstrap.static_resources;
    const addressOf = (port: number) => ({ address: "127.0.0.1", port_value: port });
    listeners[0].address.socket_address = addressOf(0);
    for (const { name, eds_cluster_config: eds, load_assignment: fixed } of clusters)
      if (name === "evenkeel")
        fixed.endpoints[0].lb_endpoints[0].endpoint.address.socket_address = addressOf(ports.xds);
      else eds.service_name = `${rig.namespace}/web`;
    const envoy = await EnvoyServer.start(found.path, { bootstrap });
    const url = await envoy.url("front");
    return { name: "envoy", send: (order) => sendThrough(url, order), stop: () => envoy.stop() };
  }

  async function startHaproxy(): Promise<Carrier> {
    const [front] = await findFreePorts(1);
    const config = haproxyConfig({
      bind: `127.0.0.1:${front}`,
      backend: "web",
      pool: `${rig.namespace}/web`,
      servers: pods.get("web")!.map(({ name, address }) => ({ name, address, port: podPorts.traffic })),
      agent: { host: "127.0.0.1", port: ports.haproxy, inter: "1s" },
      options: [],
    });
    const haproxy = await HaproxyServer.start(config);
    const send = (order: Calls) => sendThrough(`http://127.0.0.1:${front}/`, order);
    return { name: "haproxy", send, stop: () => haproxy.stop() };
  }

  const drain = (pod: RigPod, value: "true" | null) =>
    rig.client.call("PATCH", rig.path("v1", "pods", pod.name), {
      body: { metadata: { annotations: { "evenkeel.io/drain": value } } },
    });

  /** Waits until each carrier sends to so many pods. */
  // Who was without a server for long asks for it again up to two minutes and a fifth later (gRPC's connection backoff).
  const untilReached = (count: number) =>
    Promise.all(
      carriers.map(({ name, send }) =>
        waitFor(
          async () => Object.keys((await send({ forMs: 1_000, pauseMs: 5 })).answers).length === count,
          `${name} to reach ${count} pods`,
          { timeoutMs: 150_000 },
        ),
      ),
    );

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    const [xds = 0, haproxy = 0] = await findFreePorts(2);
    ports = { xds, haproxy };
    await rig.createDeployment({ name: "web", replicas: 3 });
    await rig.createDeployment({ name: "calls", replicas: 3, ports: { ...podPorts, traffic: grpcPort } });
    for (const name of pools) pods.set(name, await rig.waitForPods(name, 3));
    const starting = pods
      .get("calls")!
      .map(({ name, address }) => GrpcPod.start({ name, host: address, port: grpcPort }));
    servers = await Promise.all(starting);
    await rig.applyPool("web");
    await rig.applyPool("calls", { ports: [{ name: "http", port: grpcPort }] });
    operator = await startOperator();
    carriers.push(await startEnvoy(), await startHaproxy());
    for (const kind of [...grpcClients, grpcJava]) {
      const client = kind.start(`xds:///calls.${rig.namespace}`, bootstrapOf(ports.xds));
      carriers.push({ name: kind.name, send: (order) => client.send(order), stop: () => client.stop() });
    }
    await untilReached(3);
  });
  afterAll(async () => {
    await Promise.all(carriers.map(({ stop }) => stop()));
    await operator?.end("SIGTERM");
    await Promise.all((servers ?? []).map((server) => server.stop()));
    await rig?.stop();
  });

  test(
    "loses no request while it is away, and follows it again afterwards",
    async () => {
      const afterMs = 30_000;
      const sending = carriers.map(({ send }) => send({ forMs: absenceMs() + afterMs, pauseMs }));
      await sleep(2_000);
      await operator.end("SIGTERM");
      await sleep(absenceMs());
      operator = await startOperator();
      for (const [index, { answers, errors }] of (await Promise.all(sending)).entries()) {
        const name = carriers[index]!.name.replace("-", "_");
        const sum = (counts: Readonly<Record<string, number>>) =>
          Object.values(counts).reduce((all, one) => all + one, 0);
        await addFigure(`consumers.absence_requests.${name}`, sum(answers));
        await addFigure(`consumers.absence_failed.${name}`, sum(errors));
        expect(errors, name).toEqual({});
        expect(Object.keys(answers).length, name).toBe(3);
      }
      await addFigure("consumers.absence_minutes", absenceMs() / 60_000);
      for (const name of pools) await drain(pods.get(name)![0]!, "true");
      await untilReached(2);
      for (const name of pools) await drain(pods.get(name)![0]!, null);
      await untilReached(3);
    },
    absenceMs() + 600_000,
  );
});
