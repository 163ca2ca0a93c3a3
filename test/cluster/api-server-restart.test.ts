import { afterAll, beforeAll, expect, test } from "vitest";
import { describeCluster } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { Rig, type RigPod } from "../rigs/rig.ts";
import type { ControlPlane } from "../tools/control-plane/start.ts";
import { startControlPlane } from "../tools/control-plane/start.ts";

describeCluster("an API server that is killed and comes back", { needs: ["a control plane to stop"] }, () => {
  let plane: ControlPlane;
  let rig: Rig;
  let operator: RunningOperator;
  let pods: RigPod[];
  let killedAt: number;
  let before: readonly (string | undefined)[];

  const versions = async () => (await rig.slices("web")).map(({ metadata }) => metadata.resourceVersion);

  beforeAll(async () => {
    plane = await startControlPlane({ controllerManager: ["deployment-controller", "replicaset-controller"] });
    rig = await Rig.start(plane.cluster);
    pods = await rig.deploy("web", 3);
    operator = await rig.startOperator();
    await rig.applyPool("web", { scaling: { maxReplicas: 10, maxAverageLoad: 50 } });
    await rig.waitForStatus("web", ({ ready, averageLoad }) => ready === "3/3" && averageLoad === 0, "complete");
    await rig.planAfter(operator, "web", 1_000);
    before = await versions();
    killedAt = performance.now();
    await plane.apiServer.kill();
  });
  afterAll(async () => {
    await rig?.stop();
    await plane?.stop();
  });

  test("leaves the answers in place meanwhile, with fresh samples", async () => {
    for (const [index, { fake }] of pods.entries()) fake.connections = 30 - 10 * index;
    const ordered = pods.map(({ name }) => name).reverse();
    const isOrdered = ({ endpoints }: { endpoints: readonly { pod: string }[] }) =>
      endpoints.map(({ pod }) => pod).join() === ordered.join();
    await rig.waitForServed(operator, "web", isOrdered, "in the new order");
    await rig.planAfter(operator, "web", 2_000);
    expect((await operator.pool(rig.namespace, "web"))?.endpoints).toHaveLength(3);
    for (const path of ["/livez", "/readyz"]) expect(await operator.get(path)).toMatchObject({ status: 200 });
  });

  test("finds the slices as they were", async () => {
    await plane.restartApiServer();
    expect(await versions()).toEqual(before);
  });

  test("is soon worked with again: pods come and load scales", async () => {
    for (const { fake } of pods) fake.load = 100;
    await rig.waitForPods("web", 6);
    await rig.waitForEndpoints("web", (endpoints) => endpoints.length === 6, "6");
    expect(await rig.replicas("web")).toBe(6);
  });

  test("is not stormed: each collection is listed anew at most once, and few requests come in any second", () => {
    const since = operator.requests.filter(({ at }) => at >= killedAt);
    const lists = new Map<string, number>();
    for (const { verb, resource, code } of since) {
      if (verb === "list" && code === 200) lists.set(resource, (lists.get(resource) ?? 0) + 1);
    }
    // The restarted server knows no version before its own first: 410, unless a watch had just reached that one.
    expect(lists.size).toBeGreaterThan(0);
    // Of slices there are two: the operator's own, whole, and the metadata of all.
    const collections = (resource: string) => (resource === "endpointslices" ? 2 : 1);
    const repeated = [...lists].filter(([resource, count]) => count > collections(resource));
    expect(repeated).toEqual([]);
    const perSecond = new Map<number, number>();
    for (const { at } of since) {
      const second = Math.floor((at - killedAt) / 1_000);
      perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
    }
    expect(Math.max(...perSecond.values())).toBeLessThanOrEqual(40);
  });
});
