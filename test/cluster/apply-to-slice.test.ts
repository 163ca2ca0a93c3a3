import { afterAll, beforeAll, expect, test } from "vitest";
import type { PoolDocument } from "../../src/serve/documents.ts";
import { describeCluster, testWith } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { conditionOf, Rig, type RigPod } from "../rigs/rig.ts";

describeCluster("a pool that is applied", (cluster) => {
  let rig: Rig;
  let operator: RunningOperator;
  let pods: RigPod[];

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    pods = await rig.deploy("web", 3);
    for (const [index, { fake }] of pods.entries()) {
      fake.connections = [30, 10, 20][index];
      fake.load = [60, 20, 40][index]!;
    }
    // Zones are read from the nodes, for which the operator has to look at the whole cluster.
    operator = await rig.startOperator({ namespaces: undefined });
    await rig.applyPool("web", {
      metrics: {
        interval: "500ms",
        timeout: "400ms",
        source: { http: { connections: { name: "app_connections" }, load: { name: "app_load", capacity: "200" } } },
      },
    });
    await rig.waitForStatus("web", ({ endpoints }) => endpoints?.length === 3, "that of 3 endpoints");
  });
  afterAll(() => rig?.stop());

  test("gets a Service without selector, which it owns", async () => {
    const pool = await rig.client.call("GET", rig.poolPath("web"));
    const service = await rig.client.call("GET", rig.path("v1", "services", "web"));
    expect(service.spec.selector).toBeUndefined();
    expect(service.spec.ports).toMatchObject([{ name: "http", port: 8080, targetPort: 8080, protocol: "TCP" }]);
    expect(service.metadata.ownerReferences).toMatchObject([
      { kind: "LoadBalancerPool", name: "web", uid: pool.metadata.uid, controller: true },
    ]);
  });

  test("gets an EndpointSlice that names pods, nodes, zones and conditions", async () => {
    const pool = await rig.client.call("GET", rig.poolPath("web"));
    const [slice, ...others] = await rig.slices("web");
    expect(others).toEqual([]);
    expect(slice).toMatchObject({
      addressType: "IPv4",
      metadata: {
        labels: {
          "endpointslice.kubernetes.io/managed-by": "evenkeel.io",
          "kubernetes.io/service-name": "web",
        },
        ownerReferences: [{ uid: pool.metadata.uid, controller: true }],
      },
      ports: [{ name: "http", port: 8080, protocol: "TCP" }],
    });
    const byUid = new Map(pods.map((pod) => [pod.uid, pod]));
    expect(slice!.endpoints).toHaveLength(3);
    for (const endpoint of slice!.endpoints) {
      const { object, name, address } = byUid.get(endpoint.targetRef.uid)!;
      const node: string = object.spec.nodeName;
      expect(endpoint).toEqual({
        addresses: [address],
        conditions: { ready: true, serving: true, terminating: false },
        targetRef: { kind: "Pod", namespace: rig.namespace, name, uid: object.metadata.uid },
        nodeName: node,
        zone: node === "node-a" ? "zone-a" : "zone-b",
      });
    }
  });

  test("is written under one field manager", async () => {
    for (const path of [
      rig.path("v1", "services", "web"),
      rig.path("discovery.k8s.io/v1", "endpointslices", "web-evenkeel-1"),
    ]) {
      const { metadata } = await rig.client.call("GET", path);
      expect((metadata.managedFields as { manager: string }[]).map(({ manager }) => manager)).toEqual(["evenkeel"]);
    }
  });

  test("says in its status who stands where, and why", async () => {
    const status = await rig.status("web");
    expect(status.endpoints?.map(({ pod }) => pod)).toEqual([1, 2, 0].map((index) => pods[index]!.name));
    expect(status.endpoints?.map(({ connections, load }) => [connections, load])).toEqual([
      [10, 10],
      [20, 20],
      [30, 30],
    ]);
    for (const { weight, reason } of status.endpoints!) {
      expect(weight).toBeGreaterThan(0);
      expect(reason).toMatch(/^\d+ connections, mean 20\.0(; slow start)?$/);
    }
    expect(status).toMatchObject({ observedGeneration: 1, ready: "3/3", replicas: 3, averageLoad: 20, load: "20%" });
    expect(conditionOf(status, "Ready")).toMatchObject({ status: "True", reason: "EndpointsReady" });
    expect(conditionOf(status, "MetricsHealthy")).toMatchObject({ status: "True", reason: "AllFresh" });
    expect(conditionOf(status, "ScalingActive")).toMatchObject({ status: "False", reason: "NotScaled" });
  });

  testWith("kubectl")("is shown by kubectl in columns", async () => {
    const narrow = await rig.client.kubectl(["get", "lbp", "--namespace", rig.namespace]);
    expect(withoutAge(narrow.stdout)).toEqual([
      ["NAME", "STRATEGY", "READY", "REPLICAS", "LOAD", "AGE"],
      ["web", "LeastConnections", "3/3", "3", "20%", "AGE"],
    ]);
    const wide = await rig.client.kubectl(["get", "lbp", "--namespace", rig.namespace, "--output", "wide"]);
    expect(withoutAge(wide.stdout)).toEqual([
      [
        "NAME",
        "STRATEGY",
        "READY",
        "REPLICAS",
        "LOAD",
        "RECOMMENDED",
        "DECISION",
        "READY SET",
        "SOURCE",
        "OLDEST SAMPLE",
        "REASON",
        "AGE",
      ],
      ["web", "LeastConnections", "3/3", "3", "20%", "NotScaled", "Http", "<1.9s", "EndpointsReady", "AGE"],
    ]);
  });

  testWith("kubectl")("can be waited for with kubectl", async () => {
    const words = ["wait", "lbp/web", "--for=condition=Ready", "--timeout=5s", "--namespace", rig.namespace];
    expect(await rig.client.kubectl(words)).toMatchObject({ code: 0 });
  });

  test("is served over HTTP with every endpoint, its rank and age", async () => {
    const { status, body } = await operator.get<PoolDocument>(`/v1/pools/${rig.namespace}/web`);
    expect(status).toBe(200);
    const areFresh = ({ endpoints }: PoolDocument) => endpoints.every(({ ageMs }) => ageMs! < 1_900);
    await rig.waitForServed(operator, "web", areFresh, "with samples that are fresh");
    expect(body.endpoints.map(({ rank, connections }) => [rank, connections])).toEqual([
      [1, 10],
      [2, 20],
      [3, 30],
    ]);
    expect(await operator.get("/readyz")).toMatchObject({ status: 200 });
    expect(await operator.get("/livez")).toMatchObject({ status: 200 });
  });
});

const withoutAge = (table: string): string[][] =>
  table
    .trimEnd()
    .split("\n")
    .map((line) =>
      line
        .trim()
        .split(/\s{2,}/)
        .map((cell) => (/^\d+[smh](\d+s)?$/.test(cell) ? "AGE" : cell)),
    );
