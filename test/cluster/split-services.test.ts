import { afterAll, beforeAll, expect, test } from "vitest";
import type { PoolStatus } from "../../src/api/status.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { serviceManifest } from "../rigs/pods/manifests.ts";
import { conditionOf, Rig, type RigPod } from "../rigs/rig.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const managedBy = "endpointslice.kubernetes.io/managed-by";

describeCluster("a pool whose pods take writes by their labels", (cluster) => {
  let rig: Rig;
  let operator: RunningOperator;
  let pods: RigPod[];
  const access = { writers: { matchLabels: { role: "primary" } } };
  const service = (name: string) => rig.client.call("GET", rig.path("v1", "services", name));
  const isThere = async (name: string): Promise<boolean> =>
    (await rig.client.request("GET", rig.path("v1", "services", name))).status === 200;
  const label = (pod: RigPod, role: string | null) =>
    rig.client.call("PATCH", rig.path("v1", "pods", pod.name), { body: { metadata: { labels: { role } } } });
  const ready = async (name: string): Promise<string[]> =>
    (await rig.endpoints(name)).flatMap(({ conditions, targetRef }) => (conditions.ready ? targetRef.name : [])).sort();
  const waitForReady = (name: string, wanted: readonly RigPod[]) =>
    waitFor(
      async () => (await ready(name)).join() === wanted.map((pod) => pod.name).join(),
      `${name} to lead to ${wanted.length}`,
    );

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    operator = await rig.startOperator();
    pods = await rig.deploy("db", 3);
    await label(pods[0]!, "primary");
    await rig.applyPool("db", { access });
  });
  afterAll(() => rig?.stop());

  test("has a Service for writes and one for reads beside its own", async () => {
    await rig.waitForCondition("db", "SplitPublished", "True/Published");
    await waitForReady("db-rw", [pods[0]!]);
    await waitForReady("db-ro", pods);
    await waitForReady("db", pods);
    for (const [name, side] of [
      ["db-rw", "write"],
      ["db-ro", "read"],
    ] as const) {
      const { metadata, spec } = await service(name);
      expect(metadata.labels).toMatchObject({ "app.kubernetes.io/managed-by": "evenkeel.io" });
      expect(metadata.annotations).toMatchObject({ "evenkeel.io/pool": "db" });
      expect(metadata.ownerReferences).toMatchObject([{ kind: "LoadBalancerPool", name: "db", controller: true }]);
      expect(spec.ports).toMatchObject([{ name: "http", port: 8080, targetPort: 8080 }]);
      expect(spec.selector).toBeUndefined();
      const [slice] = await rig.slices(name);
      expect(slice!.metadata.labels).toEqual({
        "kubernetes.io/service-name": name,
        [managedBy]: "evenkeel.io",
        "evenkeel.io/access": side,
      });
      expect(slice!.metadata.ownerReferences).toMatchObject([{ kind: "LoadBalancerPool", name: "db" }]);
    }
    // Who looks at no condition must not write to a standby.
    expect(await rig.endpoints("db-rw")).toHaveLength(1);
  });

  test("leads writes to who has the labels now", async () => {
    await label(pods[0]!, null);
    await rig.waitForCondition("db", "WritersReady", "False/NoWriter");
    await waitForReady("db-rw", []);
    await label(pods[2]!, "primary");
    await waitForReady("db-rw", [pods[2]!]);
    expect(await rig.endpoints("db-rw")).toHaveLength(1);
    await waitForReady("db-ro", pods);
  });

  test("leads writes on to where they went when the operator comes back and cannot tell", async () => {
    await label(pods[1]!, "primary");
    await rig.waitForCondition("db", "WritersReady", "False/SeveralWriters");
    await rig.stopOperator(operator);
    operator = await rig.startOperator();
    await rig.morePlans(operator, "db");
    expect(await ready("db-rw")).toEqual([pods[2]!.name]);
    const served = await operator.pool(rig.namespace, "db");
    expect(served!.writers!.map(({ pod }) => pod)).toEqual([pods[2]!.name]);
    await label(pods[1]!, null);
    await rig.waitForCondition("db", "WritersReady", "True/WritersFound");
  });

  test("leaves a Service alone that is somebody's, says so, and the others go on", async () => {
    await rig.client.call("POST", rig.path("v1", "services"), { body: serviceManifest("orders", { app: "db" }) });
    const before = await service("orders");
    await rig.applyPool("db", { access: { ...access, services: { write: "orders" } } });
    const status = await rig.waitForCondition("db", "SplitPublished", "False/ServiceHasSelector");
    expect(conditionOf(status, "SplitPublished")!.message).toContain("set another spec.access.services.write");
    expect(conditionOf(status, "Ready")!.status).toBe("True");
    await rig.morePlans(operator, "db");
    expect((await service("orders")).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    const ours = (await rig.slices("orders")).filter(({ metadata }) => metadata.labels?.[managedBy] === "evenkeel.io");
    expect(ours).toEqual([]);
    // Whoever still uses the former name is not cut off meanwhile.
    await waitForReady("db-rw", [pods[2]!]);
    await waitForReady("db-ro", pods);
  });

  test("has neither any more when it is to have none", async () => {
    await rig.applyPool("db", { access: { ...access, services: { type: "None" } } });
    await waitFor(async () => !(await isThere("db-rw")) && !(await isThere("db-ro")), "both Services to go");
    await waitFor(
      async () => (await rig.slices("db-rw")).length + (await rig.slices("db-ro")).length === 0,
      "their slices to go",
    );
    await waitForReady("db", pods);
    expect(await isThere("orders")).toBe(true);
    const isUntold = ({ conditions = [] }: PoolStatus) => conditions.every(({ type }) => type !== "SplitPublished");
    await rig.waitForStatus("db", isUntold, "without a word of them");
  });

  test("takes both with it when it goes", async () => {
    await rig.applyPool("db", { access });
    await waitForReady("db-rw", [pods[2]!]);
    await waitForReady("db-ro", pods);
    await rig.client.call("DELETE", rig.poolPath("db"));
    await waitFor(async () => !(await isThere("db-rw")) && !(await isThere("db-ro")), "both Services to go");
    await waitFor(async () => (await rig.slices("db-rw")).length === 0, "the slices to go");
    expect(await isThere("orders")).toBe(true);
  });
});

describeCluster("two pools whose names are too long to tell them apart", (cluster) => {
  let rig: Rig;
  const stem = `db-${"x".repeat(57)}`;
  const names = [`${stem}-a`, `${stem}-b`];

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    await rig.startOperator();
    await rig.deploy("db", 2);
    for (const [index, name] of names.entries())
      await rig.applyPool(name, {
        targetRef: { name: "db" },
        publish: { service: `db-${index}` },
        access: { writers: { all: {} } },
      });
  });
  afterAll(() => rig?.stop());

  test("have Services of their own for both lists", async () => {
    const { items } = await (async () => {
      for (const name of names) await rig.waitForCondition(name, "SplitPublished", "True/Published");
      return rig.client.call("GET", rig.path("v1", "services"));
    })();
    const made = new Map<string, string[]>();
    for (const { metadata } of items as { metadata: { name: string; annotations?: Record<string, string> } }[]) {
      const pool = metadata.annotations?.["evenkeel.io/pool"];
      if (pool && /-r[wo]$/.test(metadata.name)) made.set(pool, [...(made.get(pool) ?? []), metadata.name]);
    }
    expect([...made.keys()].sort()).toEqual(names);
    const all = [...made.values()].flat();
    expect(new Set(all).size).toBe(4);
    for (const name of all) {
      expect(name.length).toBeLessThanOrEqual(63);
      await rig.waitForEndpoints(name, (endpoints) => endpoints.length === 2, "2");
    }
  });
});
