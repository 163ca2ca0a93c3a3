import { setTimeout as sleep } from "node:timers/promises";
import { FakeKubelet } from "../../rigs/pods/fake-kubelet.ts";
import type { FakePod } from "../../rigs/pods/fake-pod.ts";
import { deploymentManifest } from "../../rigs/pods/manifests.ts";
import type { PodFarm } from "../../rigs/pods/pod-farm.ts";
import type { KubeObject } from "../../tools/control-plane/client.ts";
import { waitFor } from "../../tools/control-plane/wait-for.ts";
import type { Rig } from "../rig/rig.ts";

export const intervalMs = 1_000;
export const polls = 2;
/** What a decision, its write and the way of the news may take. */
const marginMs = 250;
/** The first sample of every pod at the latest, the one that confirms it after a quarter of the interval, and the write. */
export const boundMs = 1.25 * intervalMs + marginMs;

export interface ReactionOptions {
  readonly steps: number;
  /** Seconds before and after the steps in which scrapes are counted while nothing passes the limit; 0: none. */
  readonly quietSeconds: number;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

const name = "reaction";
const firstReplicas = 2;
const maxAverageLoad = 50;
const calmLoad = 10;
const patienceMs = 30_000;

/** A new one says that it has no load at all. */
const podsOf = ({ pods }: PodFarm): FakePod[] => pods.filter((pod) => pod.name.startsWith(`${name}-`));

const pool = (steps: number) => ({
  apiVersion: "evenkeel.io/v1alpha1",
  kind: "LoadBalancerPool",
  metadata: { name },
  spec: {
    targetRef: { name },
    ports: [{ port: 8080 }],
    strategy: { type: "LeastLoad" },
    metrics: { interval: `${intervalMs}ms`, timeout: "800ms", source: { http: { load: { name: "app_load" } } } },
    scaling: {
      maxReplicas: firstReplicas + steps,
      maxAverageLoad,
      warmUp: "0s",
      up: { polls, maxStepPods: 1_000 },
      down: { enabled: false },
    },
  },
});

/** Keeps the moment at which a watch first showed the Deployment with so many replicas. */
class ReplicasWatch implements AsyncDisposable {
  readonly #stopping = new AbortController();
  readonly #arrivals = new Map<number, number>();
  readonly #following: Promise<void>;

  constructor({ client }: Rig, path: string) {
    this.#following = this.#follow(client.watch(path, {}, this.#stopping.signal));
  }

  arrivedAt(replicas: number): number | undefined {
    return this.#arrivals.get(replicas);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#following;
  }

  async #follow(events: AsyncIterable<{ readonly object: KubeObject }>): Promise<void> {
    for await (const { object } of events) {
      const at = performance.now();
      const replicas: number = object.spec.replicas;
      if (!this.#arrivals.has(replicas)) this.#arrivals.set(replicas, at);
    }
  }
}

export interface Reaction {
  /** From the load to the written scale, milliseconds, for each step. */
  readonly times: readonly number[];
  readonly quietSeconds: number;
  /** How often a pod was read in these seconds, on the mean; absent: nobody counted. */
  readonly quietScrapes?: { readonly before: number; readonly after: number };
}

/**
 * Lets the load pass the limit again and again, by half of what one more pod takes off. Before and after, nothing passes
 * it, and scrapes are counted.
 */
export async function measureReaction(rig: Rig, options: ReactionOptions): Promise<Reaction> {
  const { steps, quietSeconds, signal, onProgress } = options;
  const { client, farm } = rig;
  await using stack = new AsyncDisposableStack();
  const namespace = await client.createNamespace("reaction");
  const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`;
  const pools = `/apis/evenkeel.io/v1alpha1/namespaces/${namespace}/loadbalancerpools`;
  const nodes = [{ name: "node-reaction", zone: "zone-a" }];
  const kubelet = await FakeKubelet.start({ client, farm, namespace, nodes });
  stack.defer(() => kubelet.stop());

  const setLoad = (load: number) => {
    for (const pod of podsOf(farm)) pod.load = load;
  };
  await client.call("POST", deployments, { body: deploymentManifest({ name, replicas: firstReplicas }) });
  await client.call("POST", pools, { body: pool(steps) });
  const watch = stack.use(new ReplicasWatch(rig, deployments));

  /** Until every pod was read often enough that all polls that count are calm. */
  const calmDown = async (replicas: number) => {
    setLoad(calmLoad);
    const readBefore = new Map(podsOf(farm).map((pod) => [pod, pod.scrapes]));
    const isCalm = () => {
      signal.throwIfAborted();
      const pods = podsOf(farm);
      return pods.length === replicas && pods.every((pod) => pod.scrapes - (readBefore.get(pod) ?? 0) > polls);
    };
    await waitFor(isCalm, `${replicas} pods to be ready and measured`, { timeoutMs: patienceMs });
  };

  /** How often a pod is read while nothing passes the limit. */
  const countScrapes = async (replicas: number) => {
    await calmDown(replicas);
    const pods = podsOf(farm);
    const sum = () => pods.reduce((scrapes, pod) => scrapes + pod.scrapes, 0);
    const before = sum();
    await sleep(1_000 * quietSeconds, undefined, { signal });
    return (sum() - before) / pods.length;
  };

  onProgress("quiet");
  const before = await countScrapes(firstReplicas);
  const times: number[] = [];
  for (let replicas = firstReplicas; times.length < steps; replicas += 1) {
    onProgress(`step ${times.length + 1} of ${steps}`);
    await calmDown(replicas);
    // Any phase of the sampling is as likely as any other.
    await sleep(Math.random() * intervalMs, undefined, { signal });
    const begunAt = performance.now();
    setLoad((maxAverageLoad * (replicas + 0.5)) / replicas);
    const hasArrived = () => watch.arrivedAt(replicas + 1);
    const at = await waitFor(hasArrived, `a scale of ${replicas + 1}`, { timeoutMs: patienceMs, intervalMs: 20 });
    times.push(at - begunAt);
  }
  onProgress("quiet again");
  const after = await countScrapes(firstReplicas + steps);
  return { times, quietSeconds, ...(quietSeconds > 0 && { quietScrapes: { before, after } }) };
}
