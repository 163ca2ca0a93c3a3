import { beforeEach, expect, test } from "vitest";
import type { Fence } from "../../../src/act/fence.ts";
import { type MeshEntry, toEntry } from "../../../src/act/istio/entry.ts";
import { IstioPublisher } from "../../../src/act/istio/istio-publisher.ts";
import type { Pool } from "../../../src/decide/world.ts";
import type { Objects } from "../../../src/kube/objects.ts";
import { loadBalancerPools, serviceEntries, workloadEntries } from "../../../src/kube/types.ts";
import { pod } from "../../builders/builders.ts";
import { customKind } from "../../rigs/custom-kind.ts";
import { ended, grantOf, openFence } from "../open-fence.ts";
import { startPoolCluster } from "../start-pool-cluster.ts";

let now: number;
let objects: Objects;
let pool: Pool;
let fence: Fence;
let publisher: IstioPublisher;
let writes: string[];

const carrier = { type: "Istio", period: 10_000 } as const;
const group = "networking.istio.io";
/** Their plurals are not those that an s makes. */
const kinds = ["WorkloadEntry", "ServiceEntry"].map((kind) => {
  const definition = customKind(kind, { group });
  const plural = `${kind.toLowerCase().slice(0, -1)}ies`;
  const { spec } = definition;
  return {
    ...definition,
    metadata: { name: `${plural}.${group}` },
    spec: { ...spec, names: { ...spec.names, plural } },
  };
});

beforeEach(async () => {
  now = 1_000_000;
  writes = [];
  ({ objects, pool } = await startPoolCluster({ kinds }));
  fence = openFence({ now: () => now });
  publisher = new IstioPublisher(fence, objects, (...write) => writes.push(write.join(" ")));
});

const podsCalled = (names: readonly string[]) =>
  names.map((name, place) => ({ ...pod(name), namespace: "default", addresses: [`10.0.0.${place + 1}`] }));

function publish(names: readonly string[], weight = 100) {
  const pods = podsCalled(names);
  const endpoints = pods.map(({ name, uid, addresses }, place) => ({
    pod: name,
    uid,
    address: addresses[0]!,
    ports: pool.spec.ports,
    rank: place + 1,
    weight: 10 * weight,
    reason: "",
  }));
  const task = {
    pool,
    carrier,
    endpoints,
    members: pods.map((one) => ({ pod: one, isIn: true })),
    weights: new Map(pods.map(({ uid }) => [uid, weight])),
  };
  return ended(publisher.publish(task, grantOf(fence, pool.uid)));
}

async function found(ref = workloadEntries): Promise<readonly MeshEntry[]> {
  const outcome = await objects.list<MeshEntry>(ref, "default");
  return outcome.kind === "ok" ? outcome.object : [];
}
const names = async (ref = workloadEntries) => (await found(ref)).map(({ metadata }) => metadata.name).sort();

test("the name comes when every pod has its entry, and goes before them", async () => {
  await publish(["a", "b"]);
  expect(await names()).toEqual(["web.a", "web.b"]);
  expect(await names(serviceEntries)).toEqual([]);
  await publish(["a", "b"]);
  expect(await names(serviceEntries)).toEqual(["web-evenkeel"]);
  await ended(publisher.withdraw(pool, grantOf(fence, pool.uid)));
  expect(await names(serviceEntries)).toEqual([]);
  expect(await names()).toEqual(["web.a", "web.b"]);
  await ended(publisher.withdraw(pool, grantOf(fence, pool.uid)));
  expect(await names()).toEqual([]);
  expect(publisher.isLeft(pool)).toBe(false);
});

test("a weight is written, and the same one not again", async () => {
  await publish(["a"]);
  await publish(["a"], 70);
  const [entry] = await found();
  expect(entry?.spec.weight).toBe(70);
  await publish(["a"], 70);
  expect((await found())[0]?.metadata.resourceVersion).toBe(entry?.metadata.resourceVersion);
  expect([...publisher.weights(pool).values()]).toEqual([70]);
});

test("an entry that goes while no watch shows it is made again", async () => {
  await publish(["a"]);
  await objects.remove(workloadEntries, "default", "web.a");
  await publish(["a"], 70);
  expect(await names()).toEqual(["web.a"]);
  await objects.remove(workloadEntries, "default", "web.a");
  now += 30_001;
  await publish(["a"], 70);
  expect(await names()).toEqual(["web.a"]);
});

test("each write is counted once, by what it is for", async () => {
  await publish(["a"]);
  await publish(["a"]);
  const made = ["WorkloadEntry create membership", "ServiceEntry create membership"];
  expect(writes.splice(0)).toEqual(made);
  await publish(["a"], 70);
  expect(writes.splice(0)).toEqual(["WorkloadEntry update weights"]);
  await publish(["b"], 70);
  expect(writes.splice(0).sort()).toEqual(["WorkloadEntry create membership", "WorkloadEntry delete membership"]);
});

/** An entry that has lost its owner, and a publisher that has not seen it yet. */
async function orphan(): Promise<void> {
  await publish(["a"]);
  const [before] = await found();
  const { ownerReferences: _, ...orphaned } = before!.metadata;
  const typed = { apiVersion: "networking.istio.io/v1", kind: "WorkloadEntry" };
  const orphan = { ...typed, metadata: orphaned, spec: before!.spec };
  await objects.update(workloadEntries, orphan);
  publisher = new IstioPublisher(fence, objects, (...write) => writes.push(write.join(" ")));
}

test("what is left of a former pool of the name is the pool's again", async () => {
  await orphan();
  expect(await publish(["a"], 50)).toBeUndefined();
  const [after] = await found();
  expect(after?.metadata.ownerReferences?.[0]?.uid).toBe(pool.uid);
  expect(after?.spec.weight).toBe(50);
});

test("what has lost its owner stays so where the pool has gone, of which no watch has told yet", async () => {
  await orphan();
  await objects.remove(loadBalancerPools, "default", pool.name);
  writes = [];
  await publish(["a"], 50);
  const [after] = await found();
  expect(after?.metadata.ownerReferences).toBeUndefined();
  expect(after?.spec.weight).toBe(100);
  expect(writes).toEqual([]);
});

test("what a user adds to an entry goes with its next write, and is not fought over", async () => {
  await publish(["a"]);
  const [before] = await found();
  const labels = { ...before!.metadata.labels, mine: "x" };
  const changed = {
    apiVersion: "networking.istio.io/v1",
    kind: "WorkloadEntry",
    ...before!,
    metadata: { ...before!.metadata, labels },
  };
  const outcome = await objects.update(workloadEntries, changed);
  if (outcome.kind !== "ok") throw new Error(outcome.kind);
  publisher.workloads.onChange({ key: "default/web.a", current: toEntry(outcome.object) }, () => undefined);
  await publish(["a"]);
  const [after] = await found();
  expect(after?.metadata.labels).toEqual(before!.metadata.labels);
});

test("an entry that the watch shows before its write is answered is no news, but what others make of it is", async () => {
  const told: string[] = [];
  const show = ({ kind, object }: { readonly kind: string; readonly object?: unknown }) => {
    if (kind !== "ok") throw new Error(kind);
    const current = toEntry(object as MeshEntry);
    const key = `default/${current.metadata.name}`;
    publisher.workloads.onChange({ key, current }, () => told.push(`${key} ${current.metadata.labels?.by}`));
  };
  const create: Objects["create"] = async (ref, entry, options) => {
    const made = await objects.create(ref, entry, options);
    show(made);
    if (made.kind !== "ok" || made.object.metadata.name !== "web.b") return made;
    const labels = { ...made.object.metadata.labels, by: "somebody" };
    show(await objects.update(ref, { ...made.object, metadata: { ...made.object.metadata, labels } }));
    return made;
  };
  publisher = new IstioPublisher(fence, { ...objects, create }, () => undefined);
  await publish(["a", "b"]);
  expect(told).toEqual(["default/web.b somebody"]);
});
