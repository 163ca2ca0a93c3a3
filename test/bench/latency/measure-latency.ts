import { setTimeout as sleep } from "node:timers/promises";
import { type CreatedPod, createPods } from "../../rigs/pods/create-pods.ts";
import { serviceManifest } from "../../rigs/pods/manifests.ts";
import { waitFor } from "../../tools/control-plane/wait-for.ts";
import type { Rig } from "../rig/rig.ts";
import { startUsage, type Usage } from "../rig/usage.ts";
import { ReadinessWriter, type Written } from "./readiness-writer.ts";
import { type ByPublisher, type Sighting, SliceWatch } from "./slice-watch.ts";

/** One pod's change, with its moments. */
export type Sample = Written & Sighting;

/** What came of one kind of change. */
export interface Phase {
  readonly samples: readonly Sample[];
  readonly writes: ByPublisher<number>;
}

export interface SizeResult {
  readonly pods: number;
  readonly single: Phase;
  readonly burst: Phase;
  readonly usage: ByPublisher<Usage>;
}

export interface LatencyOptions {
  readonly pods: number;
  readonly changes: number;
  readonly bursts: number;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

const burstSize = 50;
/** For both controllers to read back what they wrote, and some more so that changes fall on no beat. */
const settleMs = 30;
const settleSpreadMs = 30;
/** After it, what a controller still writes for a phase has been counted. */
const quietMs = 1_500;
const labels = { app: "bench" };

const pool = {
  apiVersion: "evenkeel.io/v1alpha1",
  kind: "LoadBalancerPool",
  metadata: { name: "ours" },
  spec: { selector: { matchLabels: labels }, ports: [{ port: 8080 }], strategy: { type: "RoundRobin" } },
};

interface Bench {
  readonly pods: readonly CreatedPod[];
  readonly watch: SliceWatch;
  readonly writer: ReadinessWriter;
}

/** Writes the change and waits until both publishers have it. */
async function change({ watch, writer }: Bench, pod: CreatedPod, ready: boolean): Promise<Sample> {
  const sighting = watch.expect(pod.address, ready);
  const [written, seen] = await Promise.all([writer.write(pod, ready), sighting]);
  return { ...written, ...seen };
}

const pick = <T>(items: readonly T[], count: number): T[] =>
  items
    .map((item) => ({ item, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .slice(0, count)
    .map(({ item }) => item);

async function oneByOne(bench: Bench, { changes, signal }: LatencyOptions): Promise<Sample[]> {
  const samples: Sample[] = [];
  const order = pick(bench.pods, bench.pods.length);
  for (let turn = 0; samples.length < changes; turn += 1) {
    const pod = order[turn % order.length]!;
    for (const ready of [false, true]) {
      samples.push(await change(bench, pod, ready));
      await sleep(settleMs + settleSpreadMs * Math.random(), undefined, { signal });
    }
  }
  return samples;
}

async function manyAtOnce(bench: Bench, { bursts, signal }: LatencyOptions): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let turn = 0; turn < bursts; turn += 2) {
    const chosen = pick(bench.pods, burstSize);
    for (const ready of [false, true]) {
      samples.push(...(await Promise.all(chosen.map((pod) => change(bench, pod, ready)))));
      await sleep(quietMs, undefined, { signal });
    }
  }
  return samples;
}

async function measurePhase({ watch }: Bench, signal: AbortSignal, run: () => Promise<Sample[]>): Promise<Phase> {
  const before = watch.writes();
  const samples = await run();
  await sleep(quietMs, undefined, { signal });
  const after = watch.writes();
  return { samples, writes: { ours: after.ours - before.ours, theirs: after.theirs - before.theirs } };
}

/** Changes pods of a new namespace, which one Service of each publisher has in its slices. */
export async function measureLatency(rig: Rig, options: LatencyOptions): Promise<SizeResult> {
  const { client, farm, cluster, pids } = rig;
  const { pods: count, changes, bursts, signal, onProgress } = options;
  await using stack = new AsyncDisposableStack();
  const namespace = await client.createNamespace(`latency-${count}`);
  const watch = stack.use(await SliceWatch.start(cluster, namespace, signal));
  const writer = stack.use(new ReadinessWriter(cluster, burstSize));

  onProgress("creating pods");
  const pods = await createPods(client, farm, { namespace, count, labels });
  await client.call("POST", `/api/v1/namespaces/${namespace}/services`, { body: serviceManifest("theirs", labels) });
  await client.call("POST", `/apis/evenkeel.io/v1alpha1/namespaces/${namespace}/loadbalancerpools`, { body: pool });
  const isPublished = () => {
    signal.throwIfAborted();
    const { ours, theirs } = watch.readyAddresses();
    return ours === count && theirs === count;
  };
  await waitFor(isPublished, "both controllers to publish every pod", { timeoutMs: 60_000 });

  const bench = { pods, watch, writer };
  onProgress("warming up");
  await oneByOne(bench, { ...options, changes: 20 });
  await sleep(quietMs, undefined, { signal });

  const used = { ours: await startUsage(pids.ours), theirs: await startUsage(pids.theirs) };
  onProgress(`${changes} single changes`);
  const single = await measurePhase(bench, signal, () => oneByOne(bench, options));
  onProgress(`${bursts} bursts of ${burstSize}`);
  const burst = await measurePhase(bench, signal, () => manyAtOnce(bench, options));
  return { pods: count, single, burst, usage: { ours: await used.ours(), theirs: await used.theirs() } };
}
