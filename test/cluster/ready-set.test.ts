import { afterAll, beforeAll, expect, test } from "vitest";
import type { SliceEndpoint } from "../../src/act/slice.ts";
import { describeCluster, testWith } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { conditionOf, Rig, type RigPod } from "../rigs/rig.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const metrics = { interval: "500ms", timeout: "400ms", source: { http: { connections: { name: "app_connections" } } } };
/** Long enough for a busy machine to look in time: what is late teaches nothing. */
const publish = { readySet: { type: "LeastBusy", period: "2s" } };
const spec = { metrics, strategy: { slowStart: "0s" }, publish };
const patient = { timeoutMs: 60_000 };

const readyOf = (endpoints: readonly SliceEndpoint[]): string[] =>
  endpoints.flatMap(({ conditions, targetRef }) => (conditions.ready ? [targetRef.name] : [])).sort();

const namesOf = (pods: readonly RigPod[]): string[] => pods.map(({ name }) => name).sort();

describeCluster("a Service of the least busy pods", (cluster) => {
  let rig: Rig;
  let operator: RunningOperator;

  /** Pods of which the last has four times as many connections as each of the others. */
  async function deploy(
    name: string,
  ): Promise<{ readonly few: RigPod[]; readonly most: RigPod; readonly all: RigPod[] }> {
    const all = await rig.deploy(name, 6);
    all.forEach(({ fake }, place) => {
      fake.connections = place === 5 ? 40 : 10;
    });
    return { all, few: all.slice(0, 5), most: all[5]! };
  }
  const publishes = (service: string, pods: readonly RigPod[]) =>
    rig.waitForEndpoints(
      service,
      (endpoints) => endpoints.length === 6 && readyOf(endpoints).join() === namesOf(pods).join(),
      `ready but for ${6 - pods.length}`,
      patient,
    );

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    operator = await rig.startOperator({ identity: "first" });
  });
  afterAll(() => rig?.stop());

  test("leaves the fullest out, which is no fault of it, and takes it in again when it is as the others are", async () => {
    const { few, most, all } = await deploy("web");
    await rig.applyPool("web", spec);
    const endpoints = await publishes("web", few);
    const out = endpoints.find(({ targetRef }) => targetRef.name === most.name);
    expect(out?.conditions).toEqual({ ready: false, serving: false, terminating: false });

    const status = await rig.waitForStatus("web", ({ readySet }) => readySet === "5/6", "that of a set of 5", patient);
    expect(status.ready).toBe("6/6");
    expect(conditionOf(status, "Ready")?.status).toBe("True");
    expect(status.endpoints?.find(({ pod }) => pod === most.name)?.reason).toBe(
      "full for now: 40 connections, 15 would be even",
    );
    const served = await operator.pool(rig.namespace, "web");
    expect(served?.endpoints.flatMap(({ pod, full }) => (full ? [pod] : []))).toEqual([most.name]);
    expect(served?.excluded).toEqual([]);

    most.fake.connections = 10;
    await publishes("web", all);
    await rig.waitForStatus("web", ({ readySet }) => readySet === "6/6", "that of all", patient);
  });

  testWith("kubectl")("tells the set's size in a column of its own, on a wide screen", async () => {
    const { few } = await deploy("wide");
    await rig.applyPool("wide", spec);
    await publishes("wide", few);
    await rig.waitForStatus("wide", ({ readySet }) => readySet === "5/6", "that of a set of 5", patient);
    const { stdout } = await rig.client.kubectl(["get", "lbp", "wide", "-n", rig.namespace, "-o", "wide"]);
    const [head = "", row = ""] = stdout.trim().split("\n");
    expect(row.slice(head.indexOf("READY SET")).split(" ")[0]).toBe("5/6");
    expect(row).toContain(" 6/6 ");
    expect(head).toContain("READY SET");
  });

  test("works for pods of a selector, and lets all in as soon as it is turned off", async () => {
    const { few, all } = await deploy("picked");
    const pool = { ...spec, targetRef: undefined, selector: { matchLabels: { app: "picked" } } };
    await rig.applyPool("picked", pool);
    await publishes("picked", few);
    await rig.applyPool("picked", { ...pool, publish: { readySet: { type: "All" } } });
    await publishes("picked", all);
    const status = await rig.waitForStatus("picked", ({ readySet }) => readySet === undefined, "that of no set");
    expect(status.endpoints?.some(({ reason }) => reason.startsWith("full"))).toBe(false);
  });

  test("publishes all while no pod can be read, by one write", async () => {
    const { few, all } = await deploy("lost");
    await rig.applyPool("lost", spec);
    await publishes("lost", few);
    const recording = await rig.record(rig.path("discovery.k8s.io/v1", "endpointslices"));
    for (const { fake } of all) fake.misbehaviour = { kind: "status", status: 500 };
    await publishes("lost", all);
    const changes = (await recording.stop()).filter(
      ({ type, object }) => type === "MODIFIED" && object.metadata.name.startsWith("lost-"),
    );
    expect(changes).toHaveLength(1);
  });

  test("takes in at once a pod that comes, and none in its place", async () => {
    const { few, most } = await deploy("grown");
    await rig.applyPool("grown", spec);
    await publishes("grown", few);
    await rig.setReplicas("grown", 7);
    const all = await rig.waitForPods("grown", 7);
    const fresh = all.filter(({ name }) => ![...few, most].some((known) => known.name === name));
    fresh[0]!.fake.connections = 10;
    await rig.waitForEndpoints(
      "grown",
      (endpoints) => readyOf(endpoints).join() === namesOf([...few, ...fresh]).join(),
      "ready but for the fullest of 7",
      patient,
    );
  });

  test("keeps to its floor through a rollout, and publishes each new pod as soon as it is ready", async () => {
    const { few, all: before } = await deploy("rolled");
    await rig.applyPool("rolled", spec);
    await publishes("rolled", few);
    const recording = await rig.record(rig.path("discovery.k8s.io/v1", "endpointslices"));
    const template = { metadata: { annotations: { "kubectl.kubernetes.io/restartedAt": "now" } } };
    await rig.client.call("PATCH", rig.path("apps/v1", "deployments", "rolled"), { body: { spec: { template } } });
    const after = await waitFor(
      async () => {
        const pods = await rig.pods("rolled");
        return pods.length === 6 && !pods.some(({ uid }) => before.some((old) => old.uid === uid)) && pods;
      },
      "six other pods",
      patient,
    );
    await publishes("rolled", after);
    const written = (await recording.stop()).flatMap(({ type, object }) =>
      type === "MODIFIED" && object.metadata.name.startsWith("rolled-") ? [object.endpoints as SliceEndpoint[]] : [],
    );
    // Five of six stay available, of which two thirds are in.
    for (const endpoints of written) expect(readyOf(endpoints).length).toBeGreaterThanOrEqual(4);
    // All carry the same, so that whoever has come in stays in.
    for (const { name } of after) {
      const wasIn = written.map((endpoints) => readyOf(endpoints).includes(name));
      expect([name, wasIn]).toEqual([name, wasIn.toSorted()]);
    }
    const status = await rig.waitForStatus("rolled", ({ readySet }) => readySet === "6/6", "that of all", patient);
    expect(conditionOf(status, "Ready")?.status).toBe("True");
  });

  test("is kept by a replica that follows, which tells the same and writes nothing", async () => {
    const { few, most } = await deploy("both");
    await rig.applyPool("both", spec);
    await publishes("both", few);
    const second = await rig.startOperator({ identity: "second" });
    await rig.waitForServed(
      second,
      "both",
      ({ endpoints }) => endpoints.some(({ pod, full }) => full && pod === most.name),
      "with the fullest pod marked",
      patient,
    );
    expect(second.writes()).toEqual([]);
    await rig.stopOperator(second);
  });

  test("stands while the operator is away; after its start all are in, by one write, until it is learned anew", async () => {
    const { few, all } = await deploy("again");
    await rig.applyPool("again", spec);
    await publishes("again", few);
    const recording = await rig.record(rig.path("discovery.k8s.io/v1", "endpointslices"));
    await rig.stopOperator(operator);
    operator = await rig.startOperator({ identity: "third" });
    await publishes("again", all);
    await publishes("again", few);
    const sets = (await recording.stop()).flatMap(({ type, object }) =>
      type === "MODIFIED" && object.metadata.name.startsWith("again-") ? [readyOf(object.endpoints)] : [],
    );
    expect(sets).toEqual([namesOf(all), namesOf(few)]);
  });
});
