import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Cluster } from "../rigs/cluster.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { setReady } from "../rigs/pods/pod-status.ts";
import { conditionOf, Rig } from "../rigs/rig.ts";
import { eventsOf } from "../rigs/rig-events.ts";
import type { KubeObject } from "../tools/control-plane/client.ts";
import { applyPatch } from "../tools/control-plane/client.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

interface Policy {
  readonly group: string;
  readonly version?: string;
  readonly resource: string;
  readonly operation: "CREATE" | "UPDATE";
  readonly reason?: "Forbidden" | "Invalid" | "RequestEntityTooLarge";
}

const jsonPatch = "application/json-patch+json";
const words = "not now, ask the platform team";
const policies = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";
const bindings = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings";

/** Denies whatever the operator writes of a resource in the rig's namespace. */
async function deny(rig: Rig, { group, version = "v1", resource, operation, reason }: Policy): Promise<void> {
  const name = `${resource.replace("/", "-")}.${rig.namespace}`;
  const matchConstraints = {
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": rig.namespace } },
    resourceRules: [{ apiGroups: [group], apiVersions: [version], operations: [operation], resources: [resource] }],
  };
  const validations = [{ expression: "false", message: words, ...(reason && { reason }) }];
  await rig.client.call("POST", policies, {
    body: { metadata: { name }, spec: { failurePolicy: "Fail", matchConstraints, validations } },
  });
  await rig.client.call("POST", bindings, {
    body: { metadata: { name }, spec: { policyName: name, validationActions: ["Deny"] } },
  });
}

async function allow(rig: Rig): Promise<void> {
  for (const path of [bindings, policies]) {
    const { items } = await rig.client.call<{ items: KubeObject[] }>("GET", path);
    for (const { metadata } of items)
      if (metadata.name.endsWith(`.${rig.namespace}`)) await rig.client.call("DELETE", `${path}/${metadata.name}`);
  }
}

/** Waits until a write that would change nothing is denied. */
const waitForDenial = (rig: Rig, path: string, body: object, contentType = "application/merge-patch+json") =>
  waitFor(
    async () =>
      (await rig.client.request("PATCH", path, { contentType, body, query: { dryRun: "All" } })).status >= 400,
    "the policy to be in force",
  );

describeCluster("an admission policy", { needs: ["admission policies"] }, (cluster: Cluster) => {
  let rig: Rig;
  let operator: RunningOperator;
  const up = { polls: 2, period: "1s", maxStepPods: 2, maxStepPercent: 100 };
  const written = (resource: string, since = 0) => operator.writes(since).filter((one) => one.resource === resource);

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    operator = await rig.startOperator();
  });
  afterAll(() => rig?.stop());
  afterEach(() => allow(rig));

  describe("on the scale of a workload", () => {
    const scale = (name: string) => rig.path("apps/v1", "deployments", name, "scale");

    test.each([
      ["web-default", undefined],
      ["web-forbidden", "Forbidden" as const],
      ["web-invalid", "Invalid" as const],
      ["web-too-large", "RequestEntityTooLarge" as const],
    ])("is told with its words and by one Event, and the scale rests: %s", async (name, reason) => {
      await rig.deploy(name, 2);
      rig.setLoad(5);
      await deny(rig, {
        group: "apps",
        resource: "deployments/scale",
        operation: "UPDATE",
        ...(reason && { reason }),
      });
      await waitForDenial(rig, scale(name), { spec: { replicas: 2 } });
      await rig.applyPool(name, { scaling: { minReplicas: 2, maxReplicas: 6, maxAverageLoad: 50, up } });
      await rig.waitForCondition(name, "ScalingActive", "True/WithinLimit");
      rig.setLoad(90);
      const status = await rig.waitForCondition(name, "ScalingActive", "False/ScaleRefused");
      const { message } = conditionOf(status, "ScalingActive")!;
      expect(message).toMatch(
        /^The API server refuses the new scale: .* denied request: not now, ask the platform team\.$/,
      );
      const since = performance.now();
      const served = (await operator.pool(rig.namespace, name))!;
      await rig.waitForServed(
        operator,
        name,
        ({ plannedAt }) => Date.parse(plannedAt) - Date.parse(served.plannedAt) > 8_000,
        "eight seconds later",
      );
      expect(written("deployments/scale", since)).toEqual([]);
      expect(await eventsOf(rig, name, "ScaleRefused")).toMatchObject([{ note: message }]);
      expect(await rig.replicas(name)).toBe(2);
      await allow(rig);
      await rig.client.call("DELETE", rig.poolPath(name));
    });

    test("is no conflict, and a conflict is none", async () => {
      await rig.deploy("api", 2);
      rig.setLoad(5);
      const patch = async (from: number) =>
        rig.client.request("PATCH", scale("api"), {
          contentType: jsonPatch,
          body: [
            { op: "test", path: "/spec/replicas", value: from },
            { op: "replace", path: "/spec/replicas", value: 2 },
          ],
        });
      // What the operator tells a failed test by.
      expect((await patch(7)).body).toMatchObject({
        code: 422,
        message: "the server rejected our request due to an error in our request",
      });
      // The API server holds a policy that is gone for a moment more.
      await waitFor(async () => (await patch(2)).status === 200, "the last policy to be out of force");
    });
  });

  describe("on what a pool publishes", () => {
    beforeEach(async () => {
      rig.setLoad(5);
    });

    test("leaves its slices as they are for as long as it is in force, and says so", async () => {
      const pods = await rig.deploy("shop", 3);
      await rig.applyPool("shop");
      await rig.waitForCondition("shop", "Ready", "True/EndpointsReady");
      const [slice] = await rig.slices("shop");
      const path = rig.path("discovery.k8s.io/v1", "endpointslices", slice!.metadata.name);
      await deny(rig, { group: "discovery.k8s.io", resource: "endpointslices", operation: "UPDATE" });
      await waitForDenial(rig, path, { metadata: { annotations: { a: "b" } } });
      const since = performance.now();
      await setReady(rig.client, { namespace: rig.namespace, name: pods[0]!.name }, false);
      const status = await rig.waitForCondition("shop", "Ready", "False/PublishRefused");
      expect(conditionOf(status, "Ready")?.message).toContain(words);
      expect(written("endpointslices", since).length).toBeLessThanOrEqual(2);
      await allow(rig);
      await rig.waitForEndpoints(
        "shop",
        (all) => all.filter(({ conditions }) => conditions.ready).length === 2,
        "2 ready",
      );
      await rig.waitForCondition("shop", "Ready", "True/EndpointsReady");
    });

    test("leaves the ready set as it is, too, which changes as soon as it may", async () => {
      const pods = await rig.deploy("set", 6);
      const [first, last] = [pods[0]!, pods[5]!];
      rig.setLoad(5, 10);
      last.fake.connections = 40;
      const metrics = {
        interval: "500ms",
        timeout: "400ms",
        source: { http: { connections: { name: "app_connections" } } },
      };
      const publish = { readySet: { type: "LeastBusy", period: "2s" } };
      await rig.applyPool("set", { metrics, strategy: { slowStart: "0s" }, publish });
      const leavesOut = (out: string) =>
        rig.waitForEndpoints(
          "set",
          (all) =>
            all.length === 6 && all.every(({ conditions, targetRef }) => conditions.ready === (targetRef.name !== out)),
          `${out} alone to be out`,
          { timeoutMs: 120_000 },
        );
      const [full] = (await leavesOut(last.name)).filter(({ conditions }) => !conditions.ready);
      const [slice] = await rig.slices("set");
      const path = rig.path("discovery.k8s.io/v1", "endpointslices", slice!.metadata.name);
      await deny(rig, { group: "discovery.k8s.io", resource: "endpointslices", operation: "UPDATE" });
      await waitForDenial(rig, path, { metadata: { annotations: { a: "b" } } });
      [first.fake.connections, last.fake.connections] = [40, 10];
      const status = await rig.waitForCondition("set", "Ready", "False/PublishRefused");
      expect(conditionOf(status, "Ready")?.message).toContain(words);
      expect((await rig.endpoints("set")).filter(({ conditions }) => !conditions.ready)).toEqual([full]);
      await allow(rig);
      await leavesOut(first.name);
      await rig.waitForCondition("set", "Ready", "True/EndpointsReady");
    });

    test("on its Service alone keeps no pod in the slices that is gone", async () => {
      const pods = await rig.deploy("pay", 3);
      await rig.applyPool("pay");
      await rig.waitForCondition("pay", "Ready", "True/EndpointsReady");
      await deny(rig, { group: "", resource: "services", operation: "UPDATE" });
      await waitForDenial(rig, rig.path("v1", "services", "pay"), { metadata: { annotations: { a: "b" } } });
      await rig.applyPool("pay", {
        ports: [
          { name: "http", port: 8080 },
          { name: "metrics", port: 9100 },
        ],
      });
      await rig.waitForCondition("pay", "Ready", "False/PublishRefused");
      await rig.client.call("DELETE", rig.path("v1", "pods", pods[0]!.name));
      const gone = await rig.waitForEndpoints(
        "pay",
        (all) => all.length === 3 && all.every(({ targetRef }) => targetRef.uid !== pods[0]!.uid),
        "the other pods",
      );
      expect(gone).toHaveLength(3);
    });
  });

  test("on the status of pools is told by an Event, and keeps no slice waiting", async () => {
    const pods = await rig.deploy("news", 2);
    await rig.applyPool("news");
    await rig.waitForCondition("news", "Ready", "True/EndpointsReady");
    const group = "evenkeel.io";
    await deny(rig, { group, version: "v1alpha1", resource: "loadbalancerpools/status", operation: "UPDATE" });
    await waitForDenial(rig, `${rig.poolPath("news")}/status`, { status: { ready: "9/9" } });
    const since = performance.now();
    await setReady(rig.client, { namespace: rig.namespace, name: pods[0]!.name }, false);
    await rig.waitForEndpoints(
      "news",
      (all) => all.filter(({ conditions }) => conditions.ready).length === 1,
      "1 ready",
    );
    // The slice did not wait for the status to be tried again.
    const slice = await waitFor(() => written("endpointslices", since)[0], "the slice's write to be answered");
    const [, again] = written("loadbalancerpools/status", since);
    expect(slice.at).toBeLessThan(again?.at ?? Number.POSITIVE_INFINITY);
    const [event] = await waitFor(async () => {
      const found = await eventsOf(rig, "news", "StatusRefused");
      return found.length > 0 && found;
    }, "an Event");
    expect(event?.note).toContain(words);
    // However long the Event took.
    const tried = written("loadbalancerpools/status", since).filter(({ at }) => at < since + 5_000);
    expect(tried.length).toBeLessThanOrEqual(3);
  });

  test("on the deletion costs of pods is told, and the drain is given up", async () => {
    await rig.deploy("mark", 3);
    rig.setLoad(5, 0);
    await deny(rig, { group: "", resource: "pods", operation: "UPDATE" });
    const [first] = await rig.pods("mark");
    await waitForDenial(rig, rig.path("v1", "pods", first!.name), { metadata: { annotations: { a: "b" } } });
    const down = { window: "2s", drain: "1s", period: "0s" };
    await rig.applyPool("mark", { scaling: { minReplicas: 2, maxReplicas: 6, maxAverageLoad: 50, down } });
    const status = await rig.waitForCondition("mark", "ScalingActive", "False/DeletionCostRefused");
    expect(conditionOf(status, "ScalingActive")?.message).toContain(words);
    const since = performance.now();
    await rig.waitForStatus("mark", ({ drain }) => drain === undefined, "without a drain");
    expect(written("pods", since).length).toBeLessThanOrEqual(4);
    expect((await rig.endpoints("mark")).filter(({ conditions }) => conditions.ready)).toHaveLength(3);
    expect(await rig.replicas("mark")).toBe(3);
    await rig.client.call("DELETE", rig.poolPath("mark"));
  });
});

describeCluster("whoever applies replicas in a loop", (cluster) => {
  let rig: Rig;
  let operator: RunningOperator;
  beforeAll(async () => {
    rig = await Rig.start(cluster);
    operator = await rig.startOperator();
  });
  afterAll(() => rig?.stop());

  test("is named by the condition, as the API server knows it", async () => {
    // Whichever pods a reset leaves are as busy, and what they ask for is not above 4.
    rig.kubelet.loads = { starting: 90, ready: 90 };
    await rig.deploy("web", 2);
    const path = rig.path("apps/v1", "deployments", "web");
    let sets = 0;
    const leaving = new AbortController();
    const loop = (async () => {
      // One look after the other, so that each scale is set back once, however slow the API server is.
      for (; !leaving.signal.aborted; await sleep(200)) {
        if ((await rig.replicas("web")) === 2) continue;
        sets += 1;
        await rig.client.request("PATCH", path, {
          contentType: applyPatch,
          query: { fieldManager: "argocd-controller", force: true },
          body: { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" }, spec: { replicas: 2 } },
        });
      }
    })();
    try {
      const up = { polls: 1, period: "0s", maxStepPods: 2, maxStepPercent: 100 };
      await rig.applyPool("web", { scaling: { minReplicas: 2, maxReplicas: 4, maxAverageLoad: 50, up } });
      const status = await rig.waitForCondition("web", "ScalingActive", "False/ReplicasReset");
      expect(conditionOf(status, "ScalingActive")?.message).toMatch(
        /^The field manager argocd-controller sets back what this pool scales: from 4 to 2 replicas, 2 times in 1 min\./,
      );
      expect(sets).toBeLessThanOrEqual(3);
    } finally {
      leaving.abort();
      await loop;
      rig.kubelet.loads = undefined;
    }
  });

  test("and a scale of an operator that ended before it told of it is found by the same", async () => {
    await rig.deploy("lost", 2);
    rig.setLoad(5);
    await rig.applyPool("lost", {
      scaling: {
        minReplicas: 2,
        maxReplicas: 9,
        maxAverageLoad: 50,
        up: { period: "10m", maxStepPods: 2, maxStepPercent: 1 },
      },
    });
    await rig.waitForStatus("lost", ({ replicas }) => replicas === 2, "of 2 replicas");
    await rig.stopOperator(operator);
    await rig.client.call("PATCH", rig.path("apps/v1", "deployments", "lost", "scale"), {
      contentType: jsonPatch,
      query: { fieldManager: "evenkeel" },
      body: [{ op: "replace", path: "/spec/replicas", value: 4 }],
    });
    await rig.waitForPods("lost", 4);
    await rig.startOperator();
    const { lastScale } = await rig.waitForStatus("lost", (status) => status.lastScale, "with the scale");
    expect(lastScale).toMatchObject({ from: 2, to: 4, reason: "ScaleRecovered", step: { from: 2 } });
    rig.setLoad(400);
    await rig.waitForStatus(
      "lost",
      (status) => conditionOf(status, "ScalingActive")?.reason === "StepLimit",
      "at the step's end",
    );
    expect(await rig.replicas("lost")).toBe(4);
  });
});
