import { setTimeout as sleep } from "node:timers/promises";
import { Registry } from "prom-client";
import { crd } from "../../src/api/crd.ts";
import { startOperator } from "../../src/control/operator.ts";
import { plainConnection } from "../../src/kube/connection.ts";
import { createObjects } from "../../src/kube/objects.ts";
import { Transport } from "../../src/kube/transport.ts";
import { loadBalancerPools, type Manifest } from "../../src/kube/types.ts";
import { createLoopbackPods } from "../../src/lab/embedded/loopback-pods.ts";
import { startEmbedded } from "../../src/lab/embedded/start-embedded.ts";
import { Random } from "../../src/lab/sim/random.ts";
import { createLog } from "../../src/telemetry/log.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import type { Report } from "./balance/check.ts";
import { Clients } from "./scale-down/clients.ts";
import {
  deploymentManifest,
  deployments,
  namespace,
  poolManifest,
  replicas,
  type Victims,
} from "./scale-down/manifests.ts";

/** What a removal of pods has cost. */
export interface Removal {
  /** Connections that ended before their clients wanted. */
  readonly cut: number;
  readonly opened: number;
  /** Replicas in the end. */
  readonly replicas: number;
  readonly seconds: number;
}

const busyMs = 4_000;
const withinMs = 90_000;
const restMs = 1_500;

/** Runs a pool whose load falls, on the embedded cluster, until it has as few pods as it needs. */
async function removePods(victims: Victims, network: number, signal: AbortSignal): Promise<Removal> {
  await using closing = new AsyncDisposableStack();
  const loopbackPods = createLoopbackPods({ firstAddress: `127.${network}.${process.pid % 200}.1` });
  const problems: string[] = [];
  const embedded = await startEmbedded({
    port: 0,
    crds: [crd()],
    runtime: loopbackPods,
    onError: (error) => problems.push(String(error)),
  });
  closing.defer(embedded.close);
  const transport = new Transport({ connection: plainConnection(embedded.url) });
  closing.defer(() => transport.close());
  const registry = new Registry();
  const operator = await startOperator({
    transport,
    registry,
    metrics: createMetrics(registry, { version: "bench" }),
    log: createLog({ level: "error", pretty: false, destination: { write: (line) => problems.push(line) } }),
    namespaces: undefined,
    version: "0.0.0-bench",
    identity: "bench",
    allowLoopback: true,
    http: { host: "127.0.0.1", port: 0 },
    lease: undefined,
  });
  const stopping = new AbortController();
  const running = operator.run(stopping.signal);
  closing.defer(() => {
    stopping.abort();
    return running;
  });
  const objects = createObjects(transport);
  const create = async (ref: typeof deployments, object: Manifest): Promise<void> => {
    const outcome = await objects.create(ref, object);
    if (outcome.kind !== "ok") throw new Error(`${object.kind} could not be created: ${JSON.stringify(outcome)}`);
  };
  await create(deployments, deploymentManifest);
  await create(loadBalancerPools, poolManifest(victims));

  const startedAt = performance.now();
  const until = async (what: string, holds: () => boolean): Promise<void> => {
    while (!holds()) {
      signal.throwIfAborted();
      if (performance.now() - startedAt > withinMs)
        throw new Error(`scale-down: ${what} not within ${withinMs / 1_000} s`);
      await sleep(20);
    }
  };
  const entry = () => operator.feed.get(`${namespace}/web`);
  await until("all pods ready", () => entry()?.plan.endpoints.length === replicas.before);

  const clients = new Clients(operator.urls.http, new Random(7, 0));
  closing.defer(() => clients.close());
  clients.keepOpen(replicas.busyConnections);
  await sleep(busyMs, undefined, { signal });
  clients.keepOpen(replicas.quietConnections);
  await until("fewer pods", () => loopbackPods.pods().length <= replicas.after);
  await sleep(restMs, undefined, { signal });
  if (problems.length > 0) throw new Error(problems.join("; "));
  const { cut, opened } = clients;
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  return { cut, opened, replicas: loopbackPods.pods().length, seconds };
}

/** Connections that are cut when a pool gets smaller: by the operator's victims and drain, and by the ReplicaSet's own. */
export async function measureScaleDown(
  signal: AbortSignal,
): Promise<{ readonly ours: Removal; readonly default: Removal }> {
  const [ours, byDefault] = await Promise.all([removePods("LeastBusy", 70, signal), removePods("Default", 71, signal)]);
  return { ours, default: byDefault };
}

/** The measurement as a part of `bench:balance`. */
export async function reportScaleDown(signal: AbortSignal): Promise<Report & { readonly title: string }> {
  const { ours, default: byDefault } = await measureScaleDown(signal);
  const line = (name: string, { cut, opened, replicas: left, seconds }: Removal) =>
    `${name.padEnd(40)}${cut} of ${opened} connections cut, ${replicas.before} -> ${left} pods in ${seconds} s`;
  return {
    title: "Scale-down on the embedded cluster: connections cut",
    figures: { "scale.connections_cut": ours.cut, "scale.connections_cut_default": byDefault.cut },
    lines: [line("victims LeastBusy, drained", ours), line("victims Default, as the ReplicaSet chooses", byDefault)],
    problems: [
      ...(ours.cut > 0 ? [`scale.connections_cut: ${ours.cut}, should be 0`] : []),
      ...(byDefault.cut === 0 ? ["scale.connections_cut_default: 0, so that nothing is compared"] : []),
    ],
  };
}

if (import.meta.main)
  process.stdout.write(`${JSON.stringify(await measureScaleDown(new AbortController().signal), undefined, 2)}\n`);
