import { afterAll, beforeAll, expect, test } from "vitest";
import { crd } from "../../src/api/crd.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { conditionOf, Rig } from "../rigs/rig.ts";
import { installCrd } from "../rigs/rig-crd.ts";
import { sampledEvery } from "../rigs/rig-pool.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

/** What an earlier version of the CRD could have let in: any spec. */
const relaxed = () => {
  const definition = crd();
  const [version] = definition.spec.versions;
  const { openAPIV3Schema } = version!.schema;
  const { "x-kubernetes-validations": _, ...schema } = openAPIV3Schema as Record<string, unknown>;
  const spec = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  const properties = { ...(schema.properties as object), spec };
  const versions = [{ ...version, schema: { openAPIV3Schema: { ...schema, properties } } }];
  return { ...definition, spec: { ...definition.spec, versions } };
};

/** Each with the field that its condition has to name. */
const invalid = {
  "bad-limits": {
    spec: { scaling: { minReplicas: 9, maxReplicas: 3 } },
    field: "spec.scaling: minReplicas must not exceed maxReplicas",
  },
  "bad-port": { spec: { ports: [{ name: "http", port: 70_000 }] }, field: "spec.ports.0.port" },
  "bad-strategy": { spec: { strategy: { type: "BestOfAll" } }, field: "spec.strategy.type" },
  "bad-shape": { spec: { ports: "8080", metrics: null }, field: "spec.ports" },
};

describeCluster("pools that an older schema let in and ours does not", (cluster) => {
  let rig: Rig;
  let operator: RunningOperator;

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    await rig.deploy("web", 2);
    operator = await rig.startOperator();
    await rig.applyPool("web");
    await rig.waitForCondition("web", "Ready", "True/EndpointsReady");
    await installCrd(rig.client, relaxed());
    try {
      for (const [name, { spec }] of Object.entries(invalid)) {
        const body = { targetRef: { name: "web" }, metrics: sampledEvery("500ms"), ...spec };
        // The API server takes the new schema a moment after it says so.
        const stored = () =>
          rig.applyPool(name, body).then(
            () => true,
            () => false,
          );
        await waitFor(stored, `${name} to be stored`);
        // Under a schema that a field's type breaks, the API server lets nobody write the status any more.
        await rig.waitForCondition(name, "Ready", "False/InvalidSpec");
      }
    } finally {
      await installCrd(rig.client);
    }
  });
  afterAll(() => rig?.stop());

  test.each(Object.entries(invalid))("say in their conditions what is wrong: %s", async (name, { field }) => {
    const status = await rig.waitForCondition(name, "Ready", "False/InvalidSpec");
    expect(conditionOf(status, "Ready")?.message).toContain(field);
    expect(conditionOf(status, "ScalingActive")).toMatchObject({ status: "False", reason: "InvalidSpec" });
  });

  test("get nothing published or scaled", async () => {
    for (const name of Object.keys(invalid)) {
      expect(await rig.slices(name)).toEqual([]);
      expect((await rig.client.request("GET", rig.path("v1", "services", name))).status).toBe(404);
      expect(await operator.pool(rig.namespace, name)).toBeUndefined();
    }
    expect(await rig.replicas("web")).toBe(2);
  });

  test("leave the others alone", async () => {
    await rig.setReplicas("web", 3);
    await rig.waitForEndpoints("web", (endpoints) => endpoints.length === 3, "3");
    await rig.waitForServed(operator, "web", ({ coverage }) => coverage.fresh === 3, "with 3 samples");
    await rig.applyPool("beside", { targetRef: { name: "web" } });
    await rig.waitForCondition("beside", "Ready", "True/EndpointsReady");
  });

  test("work as soon as they are put right", async () => {
    await rig.applyPool("bad-port", { targetRef: { name: "web" } });
    await rig.waitForCondition("bad-port", "Ready", "True/EndpointsReady");
    await rig.waitForEndpoints("bad-port", (endpoints) => endpoints.length === 3, "3");
  });
});
