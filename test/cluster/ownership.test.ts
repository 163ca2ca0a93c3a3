import { afterAll, beforeAll, expect, test } from "vitest";
import { describeCluster } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { Rig } from "../rigs/rig.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

describeCluster("what a pool owns", (cluster) => {
  let rig: Rig;
  let operator: RunningOperator;

  const hasService = async (name: string) =>
    (await rig.client.request("GET", rig.path("v1", "services", name))).status === 200;
  const isGone = async (service: string) => !(await hasService(service)) && (await rig.slices(service)).length === 0;

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    operator = await rig.startOperator();
    await rig.deploy("web", 2);
    await rig.applyPool("web", { scaling: { maxReplicas: 5 } });
    await rig.waitForEndpoints("web", (endpoints) => endpoints.length === 2, "2");
  });
  afterAll(() => rig?.stop());

  test("moves to another Service when the pool names another", async () => {
    await rig.applyPool("web", { scaling: { maxReplicas: 5 }, publish: { service: "renamed" } });
    const endpoints = await rig.waitForEndpoints("renamed", (all) => all.length === 2, "2");
    expect(endpoints.every(({ conditions }) => conditions.ready)).toBe(true);
    // Who has just looked up the old name still finds everybody there.
    expect((await rig.endpoints("web")).filter(({ conditions }) => conditions.ready)).toHaveLength(2);
    await waitFor(() => isGone("web"), "the old Service and its slices to be gone", { timeoutMs: 90_000 });
    expect(await hasService("renamed")).toBe(true);
  });

  test("follows the ports of the pool", async () => {
    const spec = { scaling: { maxReplicas: 5 }, publish: { service: "renamed" } };
    await rig.applyPool("web", {
      ...spec,
      ports: [
        { name: "http", port: 8080 },
        { name: "numbers", port: 9100 },
      ],
    });
    const ports = async () => {
      const service = await rig.client.call("GET", rig.path("v1", "services", "renamed"));
      const slices = await rig.slices("renamed");
      return [service.spec.ports, ...slices.map((slice) => slice.ports)].map((list) =>
        (list as { name: string; port: number }[]).map(({ name, port }) => `${name} ${port}`).join(),
      );
    };
    await expect.poll(ports).toEqual(["http 8080,numbers 9100", "http 8080,numbers 9100"]);
    await rig.applyPool("web", spec);
    await expect.poll(ports).toEqual(["http 8080", "http 8080"]);
  });

  test("is made anew when somebody deletes or changes it", async () => {
    await rig.client.call("DELETE", rig.path("discovery.k8s.io/v1", "endpointslices", "renamed-evenkeel-1"));
    await rig.waitForEndpoints("renamed", (all) => all.length === 2, "2 again");
    await rig.client.call("DELETE", rig.path("v1", "services", "renamed"));
    await waitFor(() => hasService("renamed"), "the Service to be back");
    await rig.client.call("PATCH", rig.path("discovery.k8s.io/v1", "endpointslices", "renamed-evenkeel-1"), {
      body: { endpoints: [] },
    });
    await rig.waitForEndpoints("renamed", (all) => all.length === 2, "2 once more");
  });

  test("goes with the pool, and the workload stays as it is", async () => {
    await rig.client.call("DELETE", rig.poolPath("web"));
    // The garbage collector looks for new kinds every half minute; before, it knows no pools.
    await waitFor(() => isGone("renamed"), "the Service and its slices to be gone");
    await waitFor(async () => !(await operator.pool(rig.namespace, "web")), "the pool to be served no more");
    const scrapes = rig.farm.pods.map((pod) => pod.scrapes);
    const others = await rig.deploy("beside", 1);
    await rig.applyPool("beside");
    await rig.moreSamples(others, 3);
    expect(rig.farm.pods.slice(0, scrapes.length).map((pod) => pod.scrapes)).toEqual(scrapes);
    await rig.client.call("DELETE", rig.poolPath("beside"));
    expect(await isGone("renamed")).toBe(true);
    expect(await rig.replicas("web")).toBe(2);
    expect(await rig.pods("web")).toHaveLength(2);
    expect((await operator.get<string>("/metrics")).body).not.toContain('pool="web"');
  });

  test("loses the pods of a Deployment that is deleted, and gets those of one that is made anew", async () => {
    await rig.applyPool("web");
    await rig.waitForEndpoints("web", (all) => all.length === 2, "2");
    await rig.client.call("DELETE", rig.path("apps/v1", "deployments", "web"));
    await rig.waitForCondition("web", "Ready", "False/TargetNotFound");
    await rig.waitForPods("web", 0);
    await rig.waitForEndpoints("web", (all) => all.every(({ conditions }) => !conditions.ready), "without a ready one");
    await rig.deploy("web", 3);
    await rig.waitForEndpoints("web", (all) => all.filter((e) => e.conditions.ready).length === 3, "3 ready ones");
  });
});
