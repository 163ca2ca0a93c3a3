import { afterAll, beforeAll, expect, test } from "vitest";
import type { PoolStatus } from "../../src/api/status.ts";
import { describeCluster, testWith } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { serviceManifest } from "../rigs/pods/manifests.ts";
import { conditionOf, Rig } from "../rigs/rig.ts";

const up = { polls: 1, period: "0s", maxStepPods: 1, maxStepPercent: 10 };

describeCluster("a Deployment that two pools would scale", (cluster) => {
  let rig: Rig;
  let operator: RunningOperator;
  /** Both pools know the load of now, and have done what was to follow. */
  const settled = async () => {
    await rig.moreSamples(await rig.pods("web"));
    for (const pool of ["older", "another"]) await rig.morePlans(operator, pool);
  };

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    operator = await rig.startOperator();
    await rig.deploy("web", 2);
    rig.setLoad(10);
    // The younger one comes first by its name.
    const older = await rig.applyPool("older", {
      targetRef: { name: "web" },
      scaling: { minReplicas: 2, maxReplicas: 3, maxAverageLoad: 50, up },
    });
    await rig.secondAfter(older);
    await rig.applyPool("another", { targetRef: { name: "web" }, scaling: { maxReplicas: 9, maxAverageLoad: 20, up } });
  });
  afterAll(() => rig?.stop());

  test("is scaled by the older one alone", async () => {
    await rig.waitForCondition("another", "ScalingActive", "False/ScaledByAnother");
    await rig.waitForCondition("older", "ScalingActive", "True/WithinLimit");
    rig.setLoad(40);
    await settled();
    expect(await rig.replicas("web")).toBe(2);
    rig.setLoad(100);
    await rig.waitForStatus("older", ({ lastScale }) => lastScale?.to === 3, "that of a scale to 3");
    await rig.waitForPods("web", 3);
    rig.setLoad(100);
    await settled();
    expect(await rig.replicas("web")).toBe(3);
    expect((await rig.status("another")).lastScale).toBeUndefined();
  });

  test("is published by both, each on its own Service", async () => {
    for (const pool of ["older", "another"]) {
      await rig.waitForEndpoints(pool, (endpoints) => endpoints.length === 3, "3");
      await rig.waitForCondition(pool, "Ready", "True/EndpointsReady");
    }
  });

  test("is the younger one's when the older one is gone", async () => {
    await rig.client.call("DELETE", rig.poolPath("older"));
    rig.setLoad(100);
    // What the older one wrote is taken for its own first.
    const isOwn = ({ lastScale }: PoolStatus) => lastScale !== undefined && lastScale.reason !== "ScaleRecovered";
    const status = await rig.waitForStatus("another", isOwn, "that of a scale");
    expect(status.lastScale!.to).toBeGreaterThan(3);
  });
});

describeCluster("a Deployment that has a HorizontalPodAutoscaler", (cluster) => {
  let rig: Rig;
  let operator: RunningOperator;

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    operator = await rig.startOperator();
    await rig.deploy("web", 2);
    rig.setLoad(40);
  });
  afterAll(() => rig?.stop());

  test("is not scaled by a pool, which says so", async () => {
    await rig.client.call("POST", rig.path("autoscaling/v2", "horizontalpodautoscalers"), {
      body: {
        metadata: { name: "cpu" },
        spec: {
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
          minReplicas: 1,
          maxReplicas: 9,
        },
      },
    });
    await rig.applyPool("web", { scaling: { maxReplicas: 9, maxAverageLoad: 50, up } });
    const status = await rig.waitForCondition("web", "ScalingActive", "False/ScaledByAnother");
    expect(conditionOf(status, "ScalingActive")?.message).toContain(
      "HorizontalPodAutoscaler cpu scales Deployment web",
    );
    rig.setLoad(100);
    await rig.moreSamples(await rig.pods("web"));
    await rig.morePlans(operator, "web");
    expect(operator.writes().filter(({ resource }) => resource.endsWith("/scale"))).toEqual([]);
    expect(await rig.replicas("web")).toBe(2);
    await rig.waitForEndpoints("web", (endpoints) => endpoints.length === 2, "2");
  });

  test("is scaled as soon as that is gone", async () => {
    await rig.client.call("DELETE", rig.path("autoscaling/v2", "horizontalpodautoscalers", "cpu"));
    await rig.waitForStatus("web", ({ lastScale }) => lastScale, "that of a scale");
  });
});

/** What Kubernetes leaves on a Service whose selector is taken away: what it mirrors comes back while its Endpoints are there. */
async function removeLeftovers(rig: Rig, service: string): Promise<void> {
  await rig.client.request("DELETE", rig.path("v1", "endpoints", service));
  const mine = "endpointslice.kubernetes.io/managed-by=endpointslice-controller.k8s.io";
  const query = { labelSelector: `kubernetes.io/service-name=${service},${mine}` };
  await rig.client.call("DELETE", rig.path("discovery.k8s.io/v1", "endpointslices"), { query });
}

describeCluster("a Service that is not the pool's to fill", (cluster) => {
  let rig: Rig;
  let operator: RunningOperator;
  const service = (name: string) => rig.client.call("GET", rig.path("v1", "services", name));
  const ours = async (name: string) =>
    (await rig.slices(name)).filter(
      ({ metadata }) => metadata.labels?.["endpointslice.kubernetes.io/managed-by"] === "evenkeel.io",
    );

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    operator = await rig.startOperator();
    await rig.deploy("web", 2);
  });
  afterAll(() => rig?.stop());

  test("for its selector stays untouched, and the pool says so", async () => {
    await rig.client.call("POST", rig.path("v1", "services"), { body: serviceManifest("selecting", { app: "web" }) });
    const before = await service("selecting");
    await rig.applyPool("web", { publish: { service: "selecting" } });
    const status = await rig.waitForCondition("web", "Ready", "False/ServiceHasSelector");
    expect(conditionOf(status, "Ready")?.message).toContain("remove the selector, or set another spec.publish.service");
    await rig.morePlans(operator, "web");
    expect((await service("selecting")).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    expect(await ours("selecting")).toEqual([]);
    const written = new Set(operator.writes().map(({ resource }) => resource));
    expect(written).toEqual(new Set(["loadbalancerpools/status", "events"]));
  });

  testWith("endpoint controllers")(
    "but without its selector, and saying that the pool may, is filled as it is, and stays its maker's",
    async () => {
      const body = { metadata: { annotations: { "evenkeel.io/pool": "web" } }, spec: { selector: null } };
      await rig.client.call("PATCH", rig.path("v1", "services", "selecting"), { body });
      const before = await service("selecting");
      await rig.waitForCondition("web", "Ready", "False/ForeignEndpointSlices");
      await removeLeftovers(rig, "selecting");
      await rig.waitForCondition("web", "Ready", "True/EndpointsReady");
      const [slice] = await ours("selecting");
      expect(slice!.endpoints).toHaveLength(2);
      expect((await service("selecting")).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    },
  );

  test("because an older pool has it is left to that one, and taken when it goes", async () => {
    await rig.secondAfter(await rig.client.call("GET", rig.poolPath("web")));
    const younger = await rig.applyPool("younger", { targetRef: { name: "web" }, publish: { service: "shared" } });
    await rig.waitForCondition("younger", "Ready", "True/EndpointsReady");
    await rig.secondAfter(younger);
    await rig.applyPool("late", { targetRef: { name: "web" }, publish: { service: "shared" } });
    await rig.waitForCondition("late", "Ready", "False/ServiceTaken");
    const slices = await rig.slices("shared");
    expect(slices.map(({ metadata }) => metadata.ownerReferences?.[0]?.name)).toEqual(["younger"]);

    await rig.client.call("DELETE", rig.poolPath("younger"));
    await rig.waitForCondition("late", "Ready", "True/EndpointsReady");
    const taken = async () =>
      (await rig.slices("shared")).map(({ metadata }) => metadata.ownerReferences?.[0]?.name).join();
    await expect.poll(taken).toBe("late");
    expect((await service("shared")).metadata.ownerReferences).toMatchObject([{ name: "late" }]);
  });
});
