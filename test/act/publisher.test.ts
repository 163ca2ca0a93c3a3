import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { Fence } from "../../src/act/fence.ts";
import { Publisher } from "../../src/act/publisher.ts";
import { type Slice, toSlice } from "../../src/act/slice.ts";
import { Slices } from "../../src/act/slices.ts";
import type { WriteCause } from "../../src/act/write-cause.ts";
import type { SetCause } from "../../src/decide/ready-set/planned-set.ts";
import type { Pool } from "../../src/decide/world.ts";
import { plainConnection } from "../../src/kube/connection.ts";
import { createObjects, type Objects } from "../../src/kube/objects.ts";
import { Transport } from "../../src/kube/transport.ts";
import {
  endpointSlices,
  loadBalancerPools,
  type Manifest,
  type OwnerReference,
  services,
} from "../../src/kube/types.ts";
import { toService } from "../../src/observe/cluster/project.ts";
import { pod } from "../builders/builders.ts";
import { EmbeddedStage } from "../rigs/embedded-stage.ts";
import { ended, grantOf, openFence } from "./open-fence.ts";
import { createPool, startPoolCluster } from "./start-pool-cluster.ts";

let now: number;
let objects: Objects;
let pool: Pool;
let fence: Fence;
let slices: Slices;
let publisher: Publisher;
let written: string[];
let causes: WriteCause[];
/** How often the pool was woken because there is more to write. */
let woken: number;

beforeEach(async () => {
  now = 1_000_000;
  ({ objects, pool } = await startPoolCluster());
  written = [];
  causes = [];
  woken = 0;
  fence = openFence({ now: () => now, wake: () => (woken += 1) });
  slices = new Slices(fence);
  publisher = new Publisher({
    objects,
    slices,
    onWrite(operation, cause) {
      written.push(operation);
      causes.push(cause);
    },
  });
});

/** The UID of an owner that is there, without which the garbage collector would delete what names it. */
async function createOwner(name: string): Promise<string> {
  const owner = { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default" } };
  const made = await objects.create<Manifest>({ ...services, plural: "configmaps" }, owner);
  if (made.kind !== "ok") throw new Error(made.kind);
  return made.object.metadata.uid!;
}

const grant = () => grantOf(fence, pool.uid);
const membersOf = (...names: readonly string[]) =>
  names.map((name) => ({
    pod: { ...pod(name), namespace: "default" },
    isIn: true,
  }));
const publish = (...names: readonly string[]) =>
  ended(publisher.publish(pool, { name: "web" }, membersOf(...names), grant()));
const remove = () => objects.remove(endpointSlices, "default", "web-evenkeel-1");
async function found(): Promise<string[][]> {
  const outcome = await objects.list<Slice>(endpointSlices, "default");
  const all = outcome.kind === "ok" ? outcome.object : [];
  return all.map(({ endpoints }) => endpoints.map(({ targetRef }) => targetRef.name));
}

describe("a slice that goes while no watch shows it", () => {
  test("is made again as soon as there is something to write to it", async () => {
    await publish("web-1");
    await remove();
    await publish("web-1", "web-2");
    expect(await found()).toEqual([["web-1", "web-2"]]);
    expect(written).toEqual(["create", "create"]);
  });

  test("is made again after a while, even if there is nothing to write", async () => {
    await publish("web-1");
    await remove();
    now += 30_000;
    await publish("web-1");
    expect(await found()).toEqual([]);
    now += 1;
    await publish("web-1");
    expect(await found()).toEqual([["web-1"]]);
  });

  test("is not made again for a pool that only loses pods", async () => {
    await publish("web-1", "web-2");
    await remove();
    expect(await ended(publisher.retract(pool, "web", membersOf("web-1"), grant()))).toBeUndefined();
    expect(await found()).toEqual([]);
    expect(slices.of(pool)).toEqual([]);
  });
});

test("a slice that is only late to be shown is the one that is written to", async () => {
  await publish("web-1");
  now += 30_001;
  await publish("web-1");
  expect(written).toEqual(["create", "update"]);
  await publish("web-1", "web-2");
  expect(await found()).toEqual([["web-1", "web-2"]]);
  expect(written).toEqual(["create", "update", "update"]);
});

test("pods that get slices of their own leave the one that they shared in another pass, which follows", async () => {
  const weights = new Map([["uid-web-1", 100]]);
  const publishWeighed = () =>
    ended(publisher.publish(pool, { name: "web" }, membersOf("web-1", "web-2"), grant(), { weights }));
  await publish("web-1", "web-2");
  expect(woken).toBe(0);
  await publishWeighed();
  expect(woken).toBeGreaterThan(0);
  expect(await found()).toEqual([["web-1", "web-2"], ["web-1"], ["web-2"]]);
  woken = 0;
  await publishWeighed();
  expect(await found()).toEqual([["web-1"], ["web-2"]]);
  expect(woken).toBe(0);
});

describe.each(["NotReady", "Serving", "Omitted"] as const)("the cause of a write, with those out as %s,", (out) => {
  beforeEach(() => {
    pool = { ...pool, spec: { ...pool.spec, publish: { ...pool.spec.publish, out } } };
  });

  /** Publishes web-1 and web-2, or others, of whom these are full; `turned` is why and whom the ready set changes. */
  const publishSet = (full: readonly string[], turned?: [SetCause, ...string[]], names = ["web-1", "web-2"]) => {
    const members = membersOf(...names).map((member) =>
      full.includes(member.pod.name) ? { ...member, isIn: false, full: true as const } : member,
    );
    const unwritten = turned && { cause: turned[0], uids: new Set(turned.slice(1).map((name) => `uid-${name}`)) };
    return ended(publisher.publish(pool, { name: "web" }, members, grant(), { unwritten }));
  };

  test("is the ready set's where nothing else changes", async () => {
    await publishSet([]);
    await publishSet(["web-2"], ["balance", "web-2"]);
    await publishSet([], ["brake", "web-2"]);
    expect(causes).toEqual(["membership", "balance", "brake"]);
  });

  test("is membership where a pod comes, goes or turns besides", async () => {
    await publishSet([]);
    await publishSet(["web-2"], ["balance", "web-2"], ["web-1", "web-2", "web-3"]);
    await publishSet([], ["balance", "web-2"], ["web-1", "web-2"]);
    // Of web-1 the ready set says nothing: it is not ready.
    await publishSet(["web-1", "web-2"], ["balance", "web-2"]);
    expect(causes).toEqual(["membership", "membership", "membership", "membership"]);
  });
});

describe("a slice that the watch shows before its write is answered", () => {
  let seen: string[];
  let told: string[];
  const show = (object: Manifest) => {
    const slice = toSlice(object);
    const names = slice.endpoints.map(({ targetRef }) => targetRef.name).join();
    seen.push(names);
    slices.onChange({ key: "default/web-evenkeel-1", current: slice }, () => told.push(names));
  };

  /** Has what becomes of the next writes shown before they are answered here. */
  function hurryWatch(shown: (written: Manifest) => Promise<readonly Manifest[]>): void {
    seen = [];
    told = [];
    const hurried =
      (write: Objects["create"]): Objects["create"] =>
      async (...args) => {
        const outcome = await write(...args);
        if (outcome.kind === "ok") for (const object of await shown(outcome.object as Manifest)) show(object);
        return outcome;
      };
    const { create, update } = objects;
    publisher = new Publisher({
      objects: { ...objects, create: hurried(create), update: hurried(update) },
      slices,
      onWrite: () => undefined,
    });
  }

  test("is no news when it is what was written", async () => {
    hurryWatch(async (object) => [object]);
    await publish("web-1");
    await publish("web-1", "web-2");
    expect({ seen, told }).toEqual({ seen: ["web-1", "web-1,web-2"], told: [] });
  });

  test("is news when somebody wrote after us", async () => {
    hurryWatch(async (object) => {
      const outcome = await objects.update<Manifest>(endpointSlices, { ...object, endpoints: [] } as Manifest);
      return outcome.kind === "ok" ? [object, outcome.object] : [];
    });
    await publish("web-1");
    expect({ seen, told }).toEqual({ seen: ["web-1", ""], told: [""] });
  });
});

describe("a slice under the pool's name", () => {
  /** As the watch shows it after a start. */
  async function createSlice(
    ownerReferences: readonly OwnerReference[],
    labels: Readonly<Record<string, string>>,
    addressType = "IPv4",
  ) {
    const name = addressType === "IPv6" ? "web-evenkeel-ipv6-1" : "web-evenkeel-1";
    const metadata = { name, namespace: "default", labels, ownerReferences };
    const slice = { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", metadata, addressType, ...empty };
    const made = await objects.create<Manifest>(endpointSlices, slice as Manifest);
    if (made.kind !== "ok") throw new Error(made.kind);
    const isShown = labels["endpointslice.kubernetes.io/managed-by"] === "evenkeel.io";
    if (isShown) slices.onChange({ key: `default/${name}`, current: toSlice(made.object) }, () => undefined);
    return made.object.metadata.uid;
  }
  const empty = { endpoints: [], ports: [] };
  const ours = { "kubernetes.io/service-name": "web", "endpointslice.kubernetes.io/managed-by": "evenkeel.io" };
  const ownedBy = async (name: string): Promise<OwnerReference[]> => {
    const uid = await createOwner(`${name}-before`);
    return [{ apiVersion: "evenkeel.io/v1alpha1", kind: "LoadBalancerPool", name, uid, controller: true }];
  };
  async function ownerNow() {
    const outcome = await objects.list<Slice>(endpointSlices, "default");
    const [slice] = outcome.kind === "ok" ? outcome.object : [];
    return { slice: slice?.metadata.uid, owner: slice?.metadata.ownerReferences?.[0]?.uid };
  }

  test.each([
    ["left of a former pool of its name", "web", ours],
    ["left of a former pool, and hidden by its labels", "web", {}],
  ])("%s is the pool's", async (_, name, labels) => {
    const slice = await createSlice(await ownedBy(name), labels);
    expect(await publish("web-1")).toBeUndefined();
    expect(await ownerNow()).toEqual({ slice, owner: pool.uid });
    expect(await found()).toEqual([["web-1"]]);
    expect(written).toEqual(["update"]);
  });

  test("that has lost its owner is the pool's", async () => {
    const slice = await createSlice([], ours);
    expect(await publish("web-1")).toBeUndefined();
    expect(await ownerNow()).toEqual({ slice, owner: pool.uid });
  });

  test("that has lost its owner stays so where the pool has gone, of which no watch has told yet", async () => {
    const slice = await createSlice([], ours);
    await objects.remove(loadBalancerPools, "default", pool.name);
    await publish("web-1");
    expect(await ownerNow()).toEqual({ slice, owner: undefined });
    expect(written).toEqual([]);
  });

  test("that has lost its owner stays so where another pool has the name by now", async () => {
    const slice = await createSlice([], ours);
    await objects.remove(loadBalancerPools, "default", pool.name);
    await createPool(objects);
    await publish("web-1");
    expect(await ownerNow()).toEqual({ slice, owner: undefined });
    expect(written).toEqual([]);
  });

  test("that has lost its owner goes where it is of no use any more, unless the pool has gone", async () => {
    const spec = { ipFamilies: ["IPv4"] };
    const service = toService({ metadata: { name: "web", namespace: "default" }, ...{ spec } });
    const publishIPv4 = () => ended(publisher.publish(pool, { name: "web", service }, membersOf("web-1"), grant()));
    await createSlice([], ours, "IPv6");
    await publishIPv4();
    expect(written.splice(0)).toEqual(["create", "delete"]);
    await createSlice([], ours, "IPv6");
    await objects.remove(loadBalancerPools, "default", pool.name);
    await publishIPv4();
    expect(written).toEqual([]);
  });

  test.each([
    ["of another pool", "api", ours],
    ["of nobody", undefined, {}],
  ])("%s is left alone, and told of", async (_, name, labels) => {
    const owners = name ? await ownedBy(name) : [];
    const slice = await createSlice(owners, labels);
    expect(await publish("web-1")).toMatchObject({ reason: "SliceNameTaken" });
    expect(await ownerNow()).toEqual({ slice, owner: owners[0]?.uid });
    expect(await found()).toEqual([[]]);
  });

  test("that may not be looked at is told of, in the API server's words", async () => {
    const stage = await EmbeddedStage.start();
    const transport = new Transport({ connection: plainConnection(stage.url) });
    onTestFinished(() => transport.close());
    objects = createObjects(transport);
    pool = await createPool(objects);
    publisher = new Publisher({ objects, slices, onWrite: (operation) => written.push(operation) });
    const slice = await createSlice([], {});
    const message = 'endpointslices "web-evenkeel-1" is forbidden';
    const refusal = JSON.stringify({ kind: "Status", status: "Failure", reason: "Forbidden", message, code: 403 });
    stage.intercept = ({ method, url }) =>
      method === "GET" && url.includes("endpointslices") ? [403, refusal] : undefined;
    expect((await publish("web-1"))?.message).toContain(message);
    stage.intercept = undefined;
    expect(await ownerNow()).toEqual({ slice, owner: undefined });
    expect(written).toEqual([]);
  });

  test("is nobody's to take while the pool only loses pods", async () => {
    await createSlice([], ours);
    await ended(publisher.retract(pool, "web", membersOf("web-1"), grant()));
    expect((await ownerNow()).owner).toBeUndefined();
  });
});
