import { afterAll, beforeAll, expect, test } from "vitest";
import { describeCluster } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { patchStatus } from "../rigs/pods/pod-status.ts";
import { Rig, type RigPod } from "../rigs/rig.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const scaling = {
  minReplicas: 1,
  maxReplicas: 9,
  maxAverageLoad: 50,
  down: { window: "2s", drain: "10s", period: "0s" },
};

describeCluster("a pod that somebody drains by hand", (cluster) => {
  let rig: Rig;
  let operator: RunningOperator;
  const deploy = async (name: string, count: number): Promise<RigPod[]> => {
    const pods = await rig.deploy(name, count);
    for (const { fake } of pods) Object.assign(fake, { load: 5, connections: 0 });
    return pods;
  };
  const annotate = ({ name }: RigPod, value: string | null) =>
    rig.client.call("PATCH", rig.path("v1", "pods", name), {
      body: { metadata: { annotations: { "evenkeel.io/drain": value } } },
    });
  /** The pods that are left, when the workload has come to so many. */
  const left = (name: string, count: number) =>
    waitFor(async () => {
      const pods = (await rig.replicas(name)) === count && (await rig.pods(name));
      return pods && pods.length === count && pods.map((pod) => pod.name);
    }, `${count} pods of ${name}`);

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    operator = await rig.startOperator();
  });
  afterAll(() => rig?.stop());

  test("outlives those that are removed, and goes like any other once it is let back", async () => {
    const [first] = (await deploy("web", 4)) as [RigPod, ...RigPod[]];
    await annotate(first, "true");
    await rig.applyPool("web", { scaling });
    expect(await left("web", 2)).toContain(first.name);
    await annotate(first, null);
    await left("web", 1);
  });

  test("keeps all, where a ReplicaSet would take it first, until its removal is asked for", async () => {
    const [first] = (await deploy("hurt", 3)) as [RigPod, ...RigPod[]];
    await annotate(first, "true");
    const conditions = [{ type: "Ready", status: "False", lastTransitionTime: new Date().toISOString() }];
    await patchStatus(rig.client, { namespace: rig.namespace, name: first.name }, { conditions });
    await rig.applyPool("hurt", { scaling });
    const held = await rig.waitForDecision(operator, "hurt", "DrainedByHand");
    expect(held.decision.message).toContain(
      `2 replicas are enough, but ${first.name} drained by hand would go first, as ReplicaSets take pods that are not ready`,
    );
    expect(await rig.replicas("hurt")).toBe(3);
    await annotate(first, "remove");
    expect(await left("hurt", 1)).not.toContain(first.name);
  });

  test("is the one that goes where its removal is asked for, however busy the others are not", async () => {
    const [first, ...others] = (await deploy("spare", 3)) as [RigPod, ...RigPod[]];
    first.fake.connections = 40;
    for (const { fake } of others) fake.load = 40;
    await annotate(first, "remove");
    await rig.applyPool("spare", { scaling });
    expect(await left("spare", 2)).not.toContain(first.name);
  });
});
