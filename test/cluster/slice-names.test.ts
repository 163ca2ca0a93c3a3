import { afterAll, beforeAll, expect, test } from "vitest";
import { describeCluster } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { conditionOf, Rig } from "../rigs/rig.ts";

describeCluster("a slice of somebody else's under the name that a pool would give its own", (cluster) => {
  let rig: Rig;
  let operator: RunningOperator;
  const sliceCreates = (since: number) =>
    operator.requests.filter(
      ({ verb, resource, at }) => verb === "create" && resource === "endpointslices" && at >= since,
    );
  const path = (...rest: readonly string[]) => rig.path("discovery.k8s.io/v1", "endpointslices", ...rest);

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    await Promise.all([rig.deploy("web", 2), rig.deploy("other", 2)]);
    await rig.client.call("POST", path(), {
      body: {
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        metadata: { name: "web-evenkeel-1" },
        addressType: "IPv4",
        endpoints: [],
        ports: [],
      },
    });
    operator = await rig.startOperator();
    await rig.applyPool("web");
    await rig.applyPool("other");
  });
  afterAll(() => rig?.stop());

  test("is told of by a condition that names it and what to do, and left alone", async () => {
    const status = await rig.waitForCondition("web", "Ready", "False/SliceNameTaken");
    expect(conditionOf(status, "Ready")?.message).toBe(
      "EndpointSlice web-evenkeel-1 exists and is not this pool's: delete it, or set spec.publish.service to another name.",
    );
    expect(status.endpoints).toHaveLength(2);
    expect((await rig.client.call("GET", path("web-evenkeel-1"))).metadata.labels).toBeUndefined();
  });

  test("keeps no other pool from its slices, and is asked about seldom", async () => {
    const since = performance.now();
    await rig.waitForEndpoints("other", (all) => all.length === 2, "2 pods");
    await rig.waitForCondition("other", "Ready", "True/EndpointsReady");
    await rig.planAfter(operator, "web", 3_000);
    expect(sliceCreates(since).length).toBeLessThanOrEqual(2);
  });

  test("makes room by going", async () => {
    await rig.client.call("DELETE", path("web-evenkeel-1"));
    await rig.waitForEndpoints("web", (all) => all.length === 2, "2 pods");
    await rig.waitForCondition("web", "Ready", "True/EndpointsReady");
  });
});
