import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { request } from "undici";
import { crd } from "../../../src/api/crd.ts";
import type { Cluster } from "../../rigs/cluster.ts";
import { PodFarm } from "../../rigs/pods/pod-farm.ts";
import { TestClient } from "../../tools/control-plane/client.ts";
import { Daemon } from "../../tools/control-plane/daemon.ts";
import { findFreePorts } from "../../tools/control-plane/ports.ts";
import { startControlPlane } from "../../tools/control-plane/start.ts";
import { waitFor } from "../../tools/control-plane/wait-for.ts";
import { containerEnv } from "./container-env.ts";
import { containerFlags } from "./container-flags.ts";

/** No more than what publishes slices and rolls out Deployments. */
const controllers = ["endpointslice-controller", "deployment-controller", "replicaset-controller"];

/** One control plane with our operator beside it. */
export interface Rig {
  readonly cluster: Cluster;
  readonly client: TestClient;
  readonly farm: PodFarm;
  /** Of the operator's own port. */
  readonly url: string;
  /** Process ids of the two controllers. */
  readonly pids: { readonly ours: number; readonly theirs: number };
  /** Adds to an error what the operator last logged. */
  explain(error: unknown): Promise<Error>;
}

async function applyCrd(client: TestClient): Promise<void> {
  const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  const { metadata } = await client.call("POST", path, { body: crd() });
  const isEstablished = async () => {
    const { status } = await client.call("GET", `${path}/${metadata.name}`);
    return status?.conditions?.some((c: { type: string; status: string }) => {
      return c.type === "Established" && c.status === "True";
    });
  };
  await waitFor(isEstablished, "the CustomResourceDefinition to be established");
}

async function startOperator(
  main: string,
  cluster: Cluster,
  logPath: string,
  more: readonly string[],
): Promise<{ operator: Daemon; url: string }> {
  const [port] = await findFreePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const flags = [
    "--kubeconfig",
    cluster.kubeconfigPath,
    "--http-host",
    "127.0.0.1",
    "--http-port",
    String(port),
    ...more,
  ];
  const operator = new Daemon({
    path: process.execPath,
    args: [...containerFlags(), resolve(main), "run", ...flags],
    env: containerEnv(),
    logPath,
  });
  operator.start();
  const isReady = async () => {
    if (!operator.isRunning) return true;
    const { statusCode, body } = await request(`${url}/readyz`);
    await body.dump();
    return statusCode === 200;
  };
  await waitFor(isReady, "the operator to be ready");
  if (!operator.isRunning) throw new Error(`the operator ended:\n${await operator.tail()}`);
  return { operator, url };
}

/** Starts everything, the operator with the memory of its container, and with more flags where they are given; `stack` ends it in order. */
export async function startRig(stack: AsyncDisposableStack, main: string, flags: readonly string[] = []): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), "evenkeel-bench-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const plane = await startControlPlane({ controllerManager: controllers });
  stack.defer(() => plane.stop());
  const client = new TestClient(plane.cluster);
  stack.defer(() => client.close());
  const farm = await PodFarm.start();
  stack.defer(() => farm.stop());
  await applyCrd(client);
  const { operator, url } = await startOperator(main, plane.cluster, join(folder, "operator.log"), flags);
  stack.defer(() => operator.stop());
  return {
    cluster: plane.cluster,
    client,
    farm,
    url,
    pids: { ours: operator.pid!, theirs: plane.controllerManager!.pid! },
    explain: async (cause) => {
      const message = cause instanceof Error ? cause.message : String(cause);
      return new Error(`${message}\nThe operator's last lines:\n${await operator.tail()}`, { cause });
    },
  };
}
