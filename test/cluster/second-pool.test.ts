import { afterAll, beforeAll, expect, test } from "vitest";
import { describeCluster, testWith } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { podPorts } from "../rigs/pods/pod-listener.ts";
import { Rig, type RigPod } from "../rigs/rig.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const cost = "controller.kubernetes.io/pod-deletion-cost";
const scaling = {
  minReplicas: 1,
  maxReplicas: 6,
  maxAverageLoad: 50,
  down: { window: "5s", drain: "4s", period: "1m" },
};
const strategy = { type: "LeastConnections", slowStart: "0s" };

describeCluster("a pool beside the one that scales", (cluster) => {
  let rig: Rig;
  let operator: RunningOperator;
  const listed = async (pool: string) => (await operator.pool(rig.namespace, pool))?.endpoints.map(({ pod }) => pod);
  const costsOf = async (app: string) =>
    (await rig.pods(app)).flatMap(({ name, object }) => {
      const given = object.metadata.annotations?.[cost];
      return given === undefined ? [] : [`${name} ${given}`];
    });
  /** Three pods, of which the first has the least to do. */
  async function deploy(app: string): Promise<RigPod[]> {
    const pods = await rig.deploy(app, 3);
    for (const [index, { fake }] of pods.entries()) Object.assign(fake, { load: 5, connections: index === 0 ? 1 : 5 });
    return pods;
  }
  const publishing = {
    ports: [{ name: "metrics", port: podPorts.metrics }],
    strategy: { type: "RoundRobin" },
    metrics: undefined,
  };

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    operator = await rig.startOperator();
  });
  afterAll(() => rig?.stop());

  test("spoils no scale-down: the drained pod goes, five times out of five, and gets nothing new meanwhile", async () => {
    const rounds = [1, 2, 3, 4, 5].map(async (round) => {
      const app = `web-${round}`;
      const [idle] = await deploy(app);
      const name = idle!.name;
      const beside =
        round % 2 ? { targetRef: { name: app } } : { targetRef: undefined, selector: { matchLabels: { app } } };
      await rig.applyPool(`admin-${round}`, { ...publishing, ...beside });
      await rig.applyPool(app, { scaling, strategy });
      await rig.waitForStatus(app, ({ drain }) => drain?.pods[0]?.name === name, `that of a drain of ${name}`);
      await waitFor(async () => (await listed(`admin-${round}`))?.length === 2, `${name} to leave the other list`);
      expect(await listed(`admin-${round}`)).not.toContain(name);
      await rig.waitForEndpoints(
        `admin-${round}`,
        (all) => all.some(({ targetRef, conditions }) => targetRef?.name === name && !conditions.ready),
        `those without ${name}`,
      );
      const left = await rig.waitForPods(app, 2);
      return left.every((pod) => pod.name !== name);
    });
    expect(await Promise.all(rounds)).toEqual([true, true, true, true, true]);
    // Each marked once, and no mark taken off.
    expect(operator.writes().filter(({ resource }) => resource === "pods")).toHaveLength(5);
  });

  /** A change freeze: nobody may change the replicas of the Deployments any more. */
  async function freeze(): Promise<void> {
    const name = `freeze-${rig.namespace}`;
    const api = "/apis/admissionregistration.k8s.io/v1";
    const rule = { apiGroups: ["apps"], apiVersions: ["v1"], operations: ["UPDATE"], resources: ["deployments/scale"] };
    const inNamespace = { matchLabels: { "kubernetes.io/metadata.name": rig.namespace } };
    await rig.client.call("POST", `${api}/validatingadmissionpolicies`, {
      body: {
        metadata: { name },
        spec: {
          matchConstraints: { resourceRules: [rule] },
          validations: [{ expression: "false", message: "a change freeze is on" }],
        },
      },
    });
    await rig.client.call("POST", `${api}/validatingadmissionpolicybindings`, {
      body: {
        metadata: { name },
        spec: { policyName: name, validationActions: ["Deny"], matchResources: { namespaceSelector: inNamespace } },
      },
    });
    const path = rig.path("apps/v1", "deployments", "probe", "scale");
    const change = { query: { dryRun: "All" }, body: { spec: { replicas: 1 } } };
    const isDenied = async () => (await rig.client.request("PATCH", path, change)).status >= 400;
    await waitFor(isDenied, "the freeze");
  }

  testWith("admission policies")(
    "bears no mark of it when that one goes, is moved or made anew while no operator runs",
    async () => {
      const apps = ["deleted", "moved", "anew"];
      await rig.createDeployment({ name: "probe", replicas: 0 });
      await Promise.all([...apps.map(deploy), rig.deploy("other", 1)]);
      await freeze();
      for (const app of apps)
        await rig.applyPool(app, { scaling: { ...scaling, down: { ...scaling.down, drain: "1s" } }, strategy });
      const marks = async () => (await Promise.all(apps.map(costsOf))).flat();
      await waitFor(async () => (await marks()).length === 3, "three marks");
      await rig.stopOperator(operator);
      await rig.client.call("DELETE", rig.poolPath("deleted"));
      await rig.client.call("DELETE", rig.poolPath("anew"));
      const isGone = async () => (await rig.client.request("GET", rig.poolPath("anew"))).status === 404;
      await waitFor(isGone, "the pool to go");
      await rig.applyPool("anew", { strategy });
      await rig.applyPool("moved", { targetRef: { name: "other" }, strategy });
      expect(await marks()).toHaveLength(3);
      operator = await rig.startOperator();
      await waitFor(async () => (await marks()).length === 0, "the marks to come off");
      for (const app of apps) expect(await rig.replicas(app)).toBe(3);
    },
  );
});
