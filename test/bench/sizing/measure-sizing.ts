import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { waitFor } from "../../support/control-plane/wait-for.ts";
import { type CreatedPod, createPods, deletePods } from "../../support/pods/create-pods.ts";
import type { Rig } from "../rig/rig.ts";
import { startUsage, type Usage } from "../rig/usage.ts";

export const intervalMs = 1_000;

export interface SizingOptions {
  readonly pods: number;
  readonly seconds: number;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

/** What a process used to read the pods for a while. */
export interface Reading extends Usage {
  readonly elapsedSeconds: number;
  readonly samples: number;
}

export interface Sizing {
  readonly ours: Reading;
  /** Of a process that only fetches the same pages as often. */
  readonly fetching: Reading;
}

const labels = { app: "sizing" };

const pool = {
  apiVersion: "evenkeel.io/v1alpha1",
  kind: "LoadBalancerPool",
  metadata: { name: "sizing" },
  spec: {
    selector: { matchLabels: labels },
    ports: [{ port: 8080 }],
    metrics: {
      interval: `${intervalMs}ms`,
      source: { http: { connections: { name: "app_connections" }, load: { name: "app_load" } } },
    },
  },
};

const fetcher = join(import.meta.dirname, "fetch-pods.ts");

/** Each pod has other numbers from second to second, so that orders and weights have something to follow. */
function startWaves(pods: readonly CreatedPod[]): Disposable {
  const stir = (): void => {
    for (const { fake } of pods) {
      fake.connections = Math.floor(20 + 60 * Math.random());
      fake.load = fake.connections;
    }
  };
  stir();
  const timer = setInterval(stir, intervalMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

const countScrapes = (pods: readonly CreatedPod[]): number => pods.reduce((sum, { fake }) => sum + fake.scrapes, 0);

async function measureReading(pid: number, pods: readonly CreatedPod[], options: SizingOptions): Promise<Reading> {
  const { seconds, signal } = options;
  const used = await startUsage(pid);
  const [scrapes, begunAt] = [countScrapes(pods), performance.now()];
  await sleep(seconds * 1_000, undefined, { signal });
  const [samples, elapsedSeconds] = [countScrapes(pods) - scrapes, (performance.now() - begunAt) / 1_000];
  return { ...(await used()), elapsedSeconds, samples };
}

async function measureFetching(pods: readonly CreatedPod[], port: number, options: SizingOptions): Promise<Reading> {
  const child = spawn(process.execPath, [fetcher, String(intervalMs)], { stdio: ["pipe", "ignore", "inherit"] });
  const exited = once(child, "exit");
  try {
    child.stdin.end(pods.map(({ address }) => `http://${address}:${port}/metrics`).join("\n"));
    const before = countScrapes(pods);
    const isWarm = () => countScrapes(pods) - before > 3 * pods.length;
    await waitFor(isWarm, "every pod to be fetched", { timeoutMs: 60_000 });
    return await measureReading(child.pid!, pods, options);
  } finally {
    child.kill("SIGKILL");
    await exited;
  }
}

/** What a pool of so many pods costs that are read each second, beside what fetching their pages alone costs. */
export async function measureSizing(rig: Rig, options: SizingOptions): Promise<Sizing> {
  const { client, farm, pids } = rig;
  const { pods: count, seconds, signal, onProgress } = options;
  const namespace = await client.createNamespace(`sizing-${count}`);
  const pools = `/apis/evenkeel.io/v1alpha1/namespaces/${namespace}/loadbalancerpools`;

  onProgress("creating pods");
  const pods = await createPods(client, farm, { namespace, count, labels });
  using _waves = startWaves(pods);
  onProgress("fetching alone");
  const fetching = await measureFetching(pods, farm.ports.metrics, options);

  await client.call("POST", pools, { body: pool });
  const isMeasured = async () => {
    signal.throwIfAborted();
    const { status } = await client.call("GET", `${pools}/sizing`);
    return status?.conditions?.some((c: { type: string; reason: string }) => {
      return c.type === "MetricsHealthy" && c.reason === "AllFresh";
    });
  };
  await waitFor(isMeasured, "every pod to be measured", { timeoutMs: 120_000, intervalMs: 500 });
  onProgress("settling");
  await sleep(5_000, undefined, { signal });
  onProgress(`${seconds} s of samples`);
  const ours = await measureReading(pids.ours, pods, options);

  onProgress("removing pods");
  await client.call("DELETE", `${pools}/sizing`);
  await deletePods(client, farm, pods);
  return { ours, fetching };
}
