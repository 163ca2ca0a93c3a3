import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type CreatedPod, createPods, deletePods } from "../../rigs/pods/create-pods.ts";
import { waitFor } from "../../tools/control-plane/wait-for.ts";
import type { Rig } from "../rig/rig.ts";
import { startUsage, type Usage } from "../rig/usage.ts";
import { type LoopDelay, startLoopDelay } from "./loop-delay.ts";

export const intervalMs = 1_000;

/** What is put on the operator beside the pods that answer. */
export interface Burden {
  /** Clients that watch the pool. */
  readonly readers: number;
  /** Share of the pods that take a request and never answer. */
  readonly hanging: number;
}

export interface SizingOptions {
  readonly pods: number;
  readonly seconds: number;
  readonly burden: Burden | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

/** What a process used to read the pods for a while. */
export interface Reading extends Usage {
  readonly elapsedSeconds: number;
  /** Of pods that answer. */
  readonly samples: number;
}

interface Operating extends Reading {
  readonly loop: LoopDelay;
}

export interface Sizing {
  readonly ours: Operating;
  /** The same under the burden, and the documents that its readers had. */
  readonly burdened: (Operating & { readonly answering: number; readonly documents: number }) | undefined;
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

const script = (name: string): string => join(import.meta.dirname, name);

/** Each pod has other numbers from second to second, so that orders and weights have something to follow. */
export function startWaves(pods: readonly CreatedPod[]): Disposable {
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

const answeringOf = (pods: readonly CreatedPod[]): CreatedPod[] => pods.filter(({ fake }) => !fake.misbehaviour);

const countScrapes = (pods: readonly CreatedPod[]): number =>
  answeringOf(pods).reduce((sum, { fake }) => sum + fake.scrapes, 0);

async function measureReading(pid: number, pods: readonly CreatedPod[], options: SizingOptions): Promise<Reading> {
  const { seconds, signal } = options;
  const used = await startUsage(pid);
  const [scrapes, begunAt] = [countScrapes(pods), performance.now()];
  await sleep(seconds * 1_000, undefined, { signal });
  const [samples, elapsedSeconds] = [countScrapes(pods) - scrapes, (performance.now() - begunAt) / 1_000];
  return { ...(await used()), elapsedSeconds, samples };
}

async function measureOperating(rig: Rig, pods: readonly CreatedPod[], options: SizingOptions): Promise<Operating> {
  const delayed = await startLoopDelay(rig.url);
  const reading = await measureReading(rig.pids.ours, pods, options);
  return { ...reading, loop: await delayed() };
}

async function measureFetching(pods: readonly CreatedPod[], port: number, options: SizingOptions): Promise<Reading> {
  const child = spawn(process.execPath, [script("fetch-pods.ts"), String(intervalMs)], {
    stdio: ["pipe", "ignore", "inherit"],
  });
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

/** Readers of the pool, in a process of their own, for as long as the work goes on; brings their documents meanwhile. */
async function withReaders<T>(url: string, count: number, work: () => Promise<T>): Promise<[T, number]> {
  if (count === 0) return [await work(), 0];
  const child = fork(script("read-streams.ts"), [url, String(count)]);
  const exited = once(child, "exit");
  const documents = async (): Promise<number> => {
    child.send("documents");
    return (await once(child, "message"))[0] as number;
  };
  try {
    await waitFor(async () => (await documents()) >= count, "every reader to have a document", { timeoutMs: 60_000 });
    await sleep(2_000);
    const before = await documents();
    return [await work(), (await documents()) - before];
  } finally {
    child.kill("SIGKILL");
    await exited;
  }
}

/** What a pool of so many pods costs that are read each second, beside what fetching their pages alone costs. */
export async function measureSizing(rig: Rig, options: SizingOptions): Promise<Sizing> {
  const { client, farm, url } = rig;
  const { pods: count, seconds, burden, signal, onProgress } = options;
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
  const settle = async (ms: number) => {
    onProgress("settling");
    await sleep(ms, undefined, { signal });
    onProgress(`${seconds} s of samples`);
  };
  await waitFor(isMeasured, "every pod to be measured", { timeoutMs: 120_000, intervalMs: 500 });
  await settle(5_000);
  const ours = await measureOperating(rig, pods, options);
  const burdened = burden && (await measureBurdened());

  onProgress("removing pods");
  await client.call("DELETE", `${pools}/sizing`);
  await deletePods(client, farm, pods);
  return { ours, burdened, fetching };

  async function measureBurdened(): Promise<NonNullable<Sizing["burdened"]>> {
    const { readers, hanging } = burden!;
    onProgress(`${readers} readers, ${Math.round(hanging * count)} pods hang`);
    // Spread over the pool.
    for (const [index, { fake }] of pods.entries())
      if (Math.floor((index + 1) * hanging) > Math.floor(index * hanging)) fake.misbehaviour = { kind: "hang" };
    const watch = `${url}/v1/pools/${namespace}/sizing/watch`;
    const [operating, documents] = await withReaders(watch, readers, async () => {
      // Until whoever hangs was found out. An operator that cannot bear it may never see every other pod in time.
      await settle(15_000);
      return measureOperating(rig, pods, options);
    });
    return { ...operating, answering: answeringOf(pods).length, documents };
  }
}
