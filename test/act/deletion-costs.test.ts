import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DeletionCosts } from "../../src/act/deletion-costs.ts";
import type { Grant } from "../../src/act/fence.ts";
import type { Pod } from "../../src/decide/world.ts";
import { plainConnection } from "../../src/kube/connection.ts";
import { createObjects, type Objects } from "../../src/kube/objects.ts";
import { type RequestReport, Transport, target } from "../../src/kube/transport.ts";
import { deletionCostAnnotation, type KubeObject, pods } from "../../src/kube/types.ts";
import { type Embedded, startEmbedded } from "../../src/lab/embedded/start-embedded.ts";
import { toPod } from "../../src/observe/cluster/project.ts";
import { ended, grantOf, openFence } from "./open-fence.ts";

const cost = -2_147_483_647;
let cluster: Embedded;
let transport: Transport;
let objects: Objects;
let requests: RequestReport[];
let now: number;
let costs: DeletionCosts;
let grant: Grant;
let mayWrite: boolean;
let made = 0;

beforeAll(async () => {
  cluster = await startEmbedded({ port: 0, crds: [] });
  transport = new Transport({
    connection: plainConnection(cluster.url),
    onRequest: (report) => requests.push(report),
  });
  objects = createObjects(transport);
});
afterAll(async () => {
  await transport.close();
  await cluster.close();
});
beforeEach(() => {
  requests = [];
  now = 1_000_000;
  mayWrite = true;
  const fence = openFence({ now: () => now, mayWrite: () => mayWrite });
  costs = new DeletionCosts(fence, objects);
  grant = grantOf(fence);
});

const read = async ({ name }: Pod): Promise<KubeObject> => {
  const outcome = await objects.get<KubeObject>(pods, "default", name);
  if (outcome.kind !== "ok") throw new Error(`${name} is ${outcome.kind}`);
  return outcome.object;
};
const look = async (pod: Pod): Promise<Pod> => toPod(await read(pod), true);

async function createPod(annotations: Readonly<Record<string, string>> = {}): Promise<Pod> {
  made += 1;
  const created = await transport.request<KubeObject>({
    verb: "create",
    target: target(pods, "default"),
    query: { fieldManager: "kubectl" },
    body: {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: `web-${made}`, annotations: { team: "shop", ...annotations } },
      spec: { containers: [{ name: "app", image: "example.invalid/app:1" }] },
    },
  });
  requests.length = 0;
  return toPod(created, true);
}

const write = (...changes: Parameters<DeletionCosts["write"]>[0]) => ended(costs.write(changes, grant));

describe("a deletion cost", () => {
  test("is put on a pod, known as ours, and taken off again; all else stays", async () => {
    const pod = await createPod();
    expect(await write({ pod, cost })).toBeUndefined();
    expect((await look(pod)).deletionCost).toEqual({ value: cost, ours: true });
    await write({ pod });
    expect((await read(pod)).metadata.annotations).toEqual({ team: "shop" });
    expect((await look(pod)).deletionCost).toBeUndefined();
  });

  test("that somebody else wrote is not ours, and can be put back", async () => {
    const pod = await createPod({ [deletionCostAnnotation]: "7" });
    expect(pod.deletionCost).toEqual({ value: 7, ours: false });
    await write({ pod, cost });
    await write({ pod, cost: 7 });
    expect((await look(pod)).deletionCost?.value).toBe(7);
  });

  test("is each pool's own: the mark of one stays when that of another is taken off", async () => {
    const pod = await createPod();
    await write({ pod, cost, pool: "uid-a" });
    expect((await look(pod)).deletionCost).toEqual({ value: cost, ours: true, pools: ["uid-a"] });
    await write({ pod, pool: "uid-b" });
    expect((await look(pod)).deletionCost?.value).toBe(cost);
    await write({ pod, cost, pool: "uid-b" });
    await write({ pod, pool: "uid-a" });
    expect((await look(pod)).deletionCost).toEqual({ value: cost, ours: true, pools: ["uid-b"] });
    await write({ pod, pool: "uid-b" });
    expect((await read(pod)).metadata.annotations).toEqual({ team: "shop" });
    expect((await read(pod)).metadata.managedFields?.map(({ manager }) => manager)).toEqual(["kubectl"]);
  });

  test("keeps on the pod what somebody else had said, until it is put back", async () => {
    const pod = await createPod({ [deletionCostAnnotation]: "7" });
    await write({ pod, cost, given: 7, pool: "uid-a" });
    expect((await look(pod)).deletionCost).toEqual({ value: cost, ours: true, pools: ["uid-a"], given: 7 });
    await write({ pod, cost: 7, pool: "uid-a" });
    expect((await read(pod)).metadata.annotations).toEqual({ team: "shop", [deletionCostAnnotation]: "7" });
  });

  test("is not written again before the watch can have brought it, and then it is", async () => {
    const pod = await createPod();
    await write({ pod, cost });
    await write({ pod, cost });
    expect(requests).toHaveLength(1);
    now += 5_000;
    await write({ pod, cost });
    expect(requests).toHaveLength(2);
  });

  test("is not written without the lease", async () => {
    const pod = await createPod();
    mayWrite = false;
    await write({ pod, cost });
    expect(requests).toEqual([]);
  });

  test("never makes a pod, nor marks another of its name", async () => {
    const pod = await createPod();
    expect(await write({ pod: { ...pod, uid: "another" }, cost })).toBeUndefined();
    expect((await look(pod)).deletionCost).toBeUndefined();
    expect(await write({ pod: { ...pod, name: "gone" }, cost })).toBeUndefined();
    expect((await objects.get(pods, "default", "gone")).kind).toBe("missing");
  });
});
