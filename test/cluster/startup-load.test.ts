import { afterAll, beforeAll, expect, test } from "vitest";
import { describeCluster } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { Rig } from "../rigs/rig.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const replicas = 4;

describeCluster("a Deployment whose pods start hot", (cluster) => {
  let rig: Rig;
  let operator: RunningOperator;

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    rig.kubelet.loads = { starting: 400, ready: 45 };
    rig.kubelet.startMs = 3_000;
    await rig.deploy("java", replicas);
    operator = await rig.startOperator();
    await rig.applyPool("java", { scaling: { maxReplicas: 30, warmUp: "0s", down: { enabled: false } } });
    await rig.waitForDecision(operator, "java", "WithinLimit");
  });
  afterAll(() => rig?.stop());

  test("has as many after a rollout as before", async () => {
    const old = new Set((await rig.pods("java")).map(({ uid }) => uid));
    const annotations = { "kubectl.kubernetes.io/restartedAt": new Date().toISOString() };
    await rig.client.call("PATCH", rig.path("apps/v1", "deployments", "java"), {
      body: { spec: { template: { metadata: { annotations } } } },
    });
    const fresh = await waitFor(async () => {
      const pods = await rig.pods("java");
      return pods.length === replicas && pods.every(({ uid }) => !old.has(uid)) && pods;
    }, "other pods");
    const scrapes = new Map(fresh.map(({ fake }) => [fake, fake.scrapes]));
    await waitFor(() => [...scrapes].every(([fake, before]) => fake.scrapes >= before + 3), "samples of all of them");
    const { averageLoad, decision } = await rig.waitForDecision(operator, "java", "WithinLimit");
    expect(averageLoad).toBe(45);
    expect(decision.message).toBe("Average load 45.0% is within the limit of 50%.");
    expect(await rig.replicas("java")).toBe(replicas);
    expect(operator.writes().filter(({ resource }) => resource === "deployments/scale")).toEqual([]);
  });
});
