import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { customKind } from "../rigs/custom-kind.ts";
import { describeCluster, testWith } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { podSpec } from "../rigs/pods/manifests.ts";
import { conditionOf, Rig } from "../rigs/rig.ts";
import { sampledEvery } from "../rigs/rig-pool.ts";
import { grantOperatorRights } from "../rigs/rig-rbac.ts";
import type { KubeObject } from "../tools/control-plane/client.ts";
import { addUser } from "../tools/control-plane/users.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const group = "rollouts.example.com";
const apiVersion = `${group}/v1`;
const kind = "Rollout";
const definition = customKind(kind, { group, selectorPath: ".status.selector" });
/** How long the operator waits for an answer about the selector. */
const patienceMs = 300;
const selectorOf = (name: string, hash: string) => `app=${name},hash=${hash}`;

describeCluster("a kind whose selector stands in status", (cluster) => {
  let rig: Rig;
  let name = "";
  let count = 0;

  const path = (...rest: readonly string[]) => rig.path(apiVersion, "rollouts", ...rest);
  const pool = (scaling?: object) =>
    rig.applyPool(name, {
      targetRef: { apiVersion, kind, name },
      metrics: sampledEvery("500ms"),
      ...(scaling && { scaling }),
    });
  const create = (spec: object) =>
    rig.client.call<KubeObject>("POST", path(), { body: { apiVersion, kind, metadata: { name }, spec } });
  const setStatus = (status: object) => rig.client.call("PATCH", path(name, "status"), { body: { status } });
  const createReplicaSet = async (hash: string, replicas = 2) => {
    const { metadata } = await rig.client.call<KubeObject>("GET", path(name));
    const labels = { app: name, hash };
    await rig.client.call("POST", rig.path("apps/v1", "replicasets"), {
      body: {
        metadata: {
          name: `${name}-${hash}`,
          ownerReferences: [{ apiVersion, kind, name, uid: metadata.uid, controller: true }],
        },
        spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podSpec() } },
      },
    });
  };
  const areOf =
    (hash: string) => (endpoints: readonly { conditions: { ready: boolean }; targetRef?: { name: string } }[]) => {
      const ready = endpoints.filter(({ conditions }) => conditions.ready);
      return ready.length === 2 && ready.every(({ targetRef }) => targetRef?.name.startsWith(`${name}-${hash}-`));
    };

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    await rig.apply(`${definitions}/${definition.metadata.name}`, definition);
    await waitFor(async () => (await rig.client.request("GET", path())).status === 200, "the kind to be served");
  });
  const begin = () => {
    count += 1;
    name = `shop-${count}`;
  };
  beforeEach(begin);
  afterAll(() => rig?.stop());

  /** The ready endpoints of each list that was published while the selector moved, and the longest read of the scale. */
  async function move(operator: RunningOperator) {
    await create({ replicas: 2 });
    await createReplicaSet("aaa");
    await pool();
    await rig.waitForCondition(name, "Ready", "False/TargetWithoutSelector");
    await setStatus({ replicas: 2, selector: selectorOf(name, "aaa") });
    await rig.waitForEndpoints(name, areOf("aaa"), "the first pods");
    await rig.waitForCondition(name, "Ready", "True/EndpointsReady");

    const recording = await rig.record(rig.path("discovery.k8s.io/v1", "endpointslices"));
    const since = performance.now();
    await createReplicaSet("bbb");
    await rig.waitForPods(name, 4);
    await setStatus({ selector: selectorOf(name, "bbb") });
    await rig.client.call("DELETE", rig.path("apps/v1", "replicasets", `${name}-aaa`), {
      body: { kind: "DeleteOptions", apiVersion: "v1", propagationPolicy: "Background" },
    });
    await rig.waitForEndpoints(name, areOf("bbb"), "the next pods");
    const lists = (await recording.stop())
      .filter(({ object }) => object.metadata.labels?.["kubernetes.io/service-name"] === name)
      .map(({ object }) =>
        (object.endpoints ?? []).filter((e: { conditions: { ready: boolean } }) => e.conditions.ready),
      );
    const reads = operator.requests.filter(({ resource, at }) => resource === "rollouts/scale" && at >= since);
    return { seen: lists, slowestMs: Math.max(...reads.map(({ seconds }) => seconds * 1_000)) };
  }

  test("is followed from its first selector to the next, and the list is never empty", async () => {
    const operator = await rig.startOperator();
    let { seen, slowestMs } = await move(operator);
    // The old pods stay listed while the API server is asked for the selector, but not for longer than it may take.
    for (let left = 3; left > 0 && slowestMs > patienceMs; left -= 1) {
      begin();
      ({ seen, slowestMs } = await move(operator));
    }
    expect(seen.length).toBeGreaterThan(0);
    expect(Math.min(...seen.map((ready) => ready.length))).toBeGreaterThan(0);
  });

  test("is taken for one replica where it says none, and scaled by the pods that it owns through a ReplicaSet", async () => {
    await rig.startOperator();
    await create({});
    await createReplicaSet("aaa", 1);
    await setStatus({ replicas: 1, selector: selectorOf(name, "aaa") });
    await pool({ minReplicas: 2, maxReplicas: 4 });
    const replicas = async () => (await rig.client.call("GET", path(name))).spec.replicas === 2;
    await waitFor(replicas, "minReplicas to be written");
    const { lastScale } = await rig.waitForStatus(name, (status) => status.lastScale, "that of a scale");
    expect(lastScale).toMatchObject({ from: 1, to: 2, reason: "BelowMinimum" });
  });

  testWith("RBAC")("is told of as long as its scale may not be read", async () => {
    const user = `operator-${rig.namespace}-${count}`;
    await grantOperatorRights(rig.client, user, rig.namespace);
    const api = "/apis/rbac.authorization.k8s.io/v1";
    const role = `rollouts-${rig.namespace}`;
    const rules = [{ apiGroups: [group], resources: ["rollouts"], verbs: ["list", "watch"] }];
    await rig.client.call("POST", `${api}/clusterroles`, { body: { metadata: { name: role }, rules } });
    await rig.client.call("POST", `${api}/clusterrolebindings`, {
      body: {
        metadata: { name: role },
        subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }],
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
      },
    });
    const account = await addUser(cluster, { name: user });
    await create({ replicas: 2 });
    await createReplicaSet("aaa");
    await setStatus({ replicas: 2, selector: selectorOf(name, "aaa") });
    await rig.startOperator({
      kubeconfigPath: account.kubeconfigPath,
      lease: { namespace: rig.namespace, name: `evenkeel-${count}` },
    });
    await pool({ maxReplicas: 4 });
    const status = await rig.waitForCondition(name, "Ready", "False/TargetForbidden");
    const { message } = conditionOf(status, "Ready")!;
    expect(message).toContain(`cannot get resource "rollouts/scale" in API group "${group}"`);
    expect(message).toContain(`Give the operator the right get on rollouts.${group}/scale`);
    await rig.waitForCondition(name, "ScalingActive", "False/TargetForbidden");
    const right = { apiGroups: [group], resources: ["rollouts/scale"], verbs: ["get", "patch"] };
    await rig.client.call("PATCH", `${api}/clusterroles/${role}`, { body: { rules: [...rules, right] } });
    await rig.waitForEndpoints(name, areOf("aaa"), "its pods");
    await rig.waitForCondition(name, "Ready", "True/EndpointsReady");
  });
});
