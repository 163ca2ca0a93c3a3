import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { crd } from "../../src/api/crd.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { conditionOf, Rig } from "../rigs/rig.ts";
import { installCrd } from "../rigs/rig-crd.ts";
import { eventsOf } from "../rigs/rig-events.ts";
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

async function underOlderSchema({ client }: Rig, work: () => Promise<void>): Promise<void> {
  await installCrd(client, relaxed());
  try {
    await work();
  } finally {
    await installCrd(client);
  }
}

/** The API server takes a new schema a moment after it says so. */
async function store(rig: Rig, name: string, spec: object): Promise<void> {
  const body = { targetRef: { name: "web" }, metrics: sampledEvery("500ms"), ...spec };
  const stored = () =>
    rig.applyPool(name, body).then(
      () => true,
      () => false,
    );
  await waitFor(stored, `${name} to be stored`);
}

/** The schema that is in force again is, too, a moment later than the API server says so. */
const refusesStatus = (rig: Rig, name: string) =>
  waitFor(async () => {
    const body = { status: { ready: "0/0" } };
    return (await rig.client.request("PATCH", `${rig.poolPath(name)}/status`, { body })).status >= 400;
  }, "the status to be refused");

describeCluster("pools that an older schema let in and ours does not", (cluster) => {
  let rig: Rig;
  let operator: RunningOperator;

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    await rig.deploy("web", 2);
    operator = await rig.startOperator();
    await rig.applyPool("web");
    await rig.waitForCondition("web", "Ready", "True/EndpointsReady");
    await underOlderSchema(rig, async () => {
      for (const [name, { spec }] of Object.entries(invalid)) {
        await store(rig, name, spec);
        // Under a schema that a field's type breaks, the API server lets nobody write the status any more.
        await rig.waitForCondition(name, "Ready", "False/InvalidSpec");
      }
    });
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

const mute = "a pool whose status the API server lets nobody write, as its spec breaks the schema";
describeCluster(mute, { needs: ["checks of what is stored"] }, (cluster) => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    await rig.deploy("web", 2);
    await underOlderSchema(rig, () => store(rig, "mute", invalid["bad-shape"].spec));
    await refusesStatus(rig, "mute");
    await rig.startOperator();
  });
  afterAll(() => rig?.stop());

  test("says once, in an Event, what is wrong with it", async () => {
    const told = () => eventsOf(rig, "mute", "InvalidSpec");
    const [event] = await waitFor(async () => {
      const found = await told();
      return found.length > 0 && found;
    }, "an Event");
    expect(event).toMatchObject({ type: "Warning", regarding: { name: "mute" } });
    expect(event?.note).toContain(invalid["bad-shape"].field);
    const { status } = await rig.client.call("GET", rig.poolPath("mute"));
    expect(status?.conditions).toBeUndefined();
    // The status is tried again meanwhile.
    await sleep(5_000);
    expect(await told()).toHaveLength(1);
  });

  test("gets nothing published, and is at work as soon as it is put right", async () => {
    expect(await rig.slices("mute")).toEqual([]);
    // The API server cannot apply to it either.
    const spec = { ports: [{ name: "http", port: 8080 }], metrics: sampledEvery("500ms") };
    await rig.client.call("PATCH", rig.poolPath("mute"), { body: { spec } });
    await rig.waitForCondition("mute", "Ready", "True/EndpointsReady");
  });
});
