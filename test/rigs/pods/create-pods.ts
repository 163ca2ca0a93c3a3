import type { TestClient } from "../../tools/control-plane/client.ts";
import type { FakePod } from "./fake-pod.ts";
import { podSpec } from "./manifests.ts";
import type { FakeNode } from "./nodes.ts";
import { createNodes } from "./nodes.ts";
import type { PodFarm } from "./pod-farm.ts";
import type { PodName } from "./pod-status.ts";
import { patchStatus, podPath, runningStatus } from "./pod-status.ts";

export interface CreatePodsOptions {
  readonly namespace: string;
  readonly count: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly prefix?: string;
  readonly ready?: boolean;
  /** Not one of a FakeKubelet's, which would take the pods over. */
  readonly node?: FakeNode;
  readonly concurrency?: number;
}

export interface CreatedPod extends PodName {
  readonly uid: string;
  readonly address: string;
  readonly fake: FakePod;
}

const inParallel = async <T>(count: number, concurrency: number, make: (index: number) => Promise<T>): Promise<T[]> => {
  const results = new Array<T>(count);
  let next = 0;
  const work = async () => {
    while (next < count) {
      const index = next++;
      results[index] = await make(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, work));
  return results;
};

/** Makes bare pods that run at once on `farm`, past scheduler and kubelet: two writes each. */
export async function createPods(client: TestClient, farm: PodFarm, options: CreatePodsOptions): Promise<CreatedPod[]> {
  const { namespace, count, labels, prefix = "pod", ready = true, concurrency = 16 } = options;
  const { node = { name: "node-bare", zone: "zone-a" } } = options;
  await createNodes(client, [node]);
  const spec = { ...podSpec(farm.ports), nodeName: node.name };
  return inParallel(count, concurrency, async (index) => {
    const name = `${prefix}-${index}`;
    const pod = { namespace, name };
    const created = await client.call("POST", `/api/v1/namespaces/${namespace}/pods`, {
      body: { metadata: { name, labels }, spec },
    });
    const fake = farm.add({ name });
    await patchStatus(client, pod, runningStatus({ address: fake.address, containers: ["app"], ready }));
    return { ...pod, uid: created.metadata.uid, address: fake.address, fake };
  });
}

/** Deletes pods at once, without a grace period. */
export async function deletePods(client: TestClient, farm: PodFarm, pods: readonly CreatedPod[]): Promise<void> {
  await inParallel(pods.length, 16, async (index) => {
    const pod = pods[index]!;
    farm.remove(pod.fake);
    await client.call("DELETE", podPath(pod), { query: { gracePeriodSeconds: 0 } });
  });
}
