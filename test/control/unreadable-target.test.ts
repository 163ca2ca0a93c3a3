import { request } from "undici";
import { describe, expect, test } from "vitest";
import { customKind } from "../rigs/custom-kind.ts";
import { EmbeddedStage, loopbackMetrics, type Passing, poolOf, poolsPath, workload } from "../rigs/embedded-stage.ts";
import { mergePatch } from "../suites/api-suite/session.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { eventsOf, failure, readyOn, waitForCondition, waitForReady } from "./published.ts";

const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const rollouts = "/apis/example.com/v1/namespaces/default/rollouts";
const scaled = { metrics: loopbackMetrics, scaling: { maxReplicas: 9 } };

const forbidden = (what: string) => failure(403, "Forbidden", `${what} is forbidden: nobody may read it`);
const isScaleRead = ({ method, url }: Passing) => method === "GET" && url.endsWith("/scale");

/** Waits until a condition is `status/reason`, and brings its message. */
const messageOf = async (...[stage, pool, type, text]: Parameters<typeof waitForCondition>): Promise<string> =>
  (await waitForCondition(stage, pool, type, text)).message;

const replicasOf = async ({ session }: EmbeddedStage, name: string): Promise<number> =>
  (await session.get(`${session.deployments}/${name}`)).spec.replicas;

/** As many connections as a pod may have at a load of 100 %, on each. */
function load(stage: EmbeddedStage, connections: number): void {
  for (const { podIP } of stage.pods.pods())
    for (let count = 0; count < connections; count += 1)
      request(`http://${podIP}:8080/hold`).then(
        ({ body }) => body.on("error", () => {}).resume(),
        () => {},
      );
}

describe("a target whose scale may not be read", () => {
  test("is told of, with the right that is missing, is asked for less and less often, and works once it may", async () => {
    const stage = await EmbeddedStage.start();
    const { session } = stage;
    stage.intercept = (passing) => (isScaleRead(passing) ? forbidden('deployments.apps "web"') : undefined);
    await session.create(session.deployments, workload("web", { replicas: 2 }));
    await session.create(poolsPath, poolOf("web", scaled));
    await stage.startOperator();
    const ready = await messageOf(stage, "web", "Ready", "False/TargetForbidden");
    expect(ready).toContain('deployments.apps "web" is forbidden: nobody may read it.');
    expect(ready).toContain("Give the operator the right get on deployments.apps/scale.");
    expect(await messageOf(stage, "web", "ScalingActive", "False/TargetForbidden")).toBe(ready);
    const told = async () => (await eventsOf(stage, "web", "TargetForbidden")).length > 0;
    await waitFor(told, "an Event that says so");
    const reads = () => stage.passed.filter(isScaleRead);
    await waitFor(() => reads().length >= 6, "more attempts");
    expect(reads()[5]!.at - reads()[0]!.at).toBeGreaterThan(2_000);
    stage.intercept = undefined;
    await waitForReady(stage, "web", 2);
    await messageOf(stage, "web", "Ready", "True/EndpointsReady");
  });

  test("goes on as it was known: endpoints come and go, and replicas stay", async () => {
    const stage = await EmbeddedStage.start();
    const { session } = stage;
    await session.create(session.deployments, workload("web", { replicas: 2, env: { CAPACITY: "1" } }));
    await session.create(poolsPath, poolOf("web", scaled));
    await stage.startOperator();
    await waitForReady(stage, "web", 2);
    await messageOf(stage, "web", "ScalingActive", "True/WaitingForWindow");
    stage.intercept = (passing) =>
      isScaleRead(passing) ? failure(500, "InternalError", "etcdserver: request timed out") : undefined;
    load(stage, 5);
    await session.patch(`${session.deployments}/web/scale`, { spec: { replicas: 3 } }, mergePatch);
    const published = await waitForReady(stage, "web", 3);
    const held = await messageOf(stage, "web", "ScalingActive", "False/ScaleUnreadable");
    expect(held).toBe("The scale of Deployment web cannot be read: etcdserver: request timed out.");
    expect(await messageOf(stage, "web", "Ready", "True/ScaleUnreadable")).toContain("3 endpoints take traffic");
    await session.expect(200, "DELETE", `${session.core}/pods/${published[0]}`, { body: { gracePeriodSeconds: 0 } });
    const replaced = async () => {
      const names = await readyOn(stage, "web");
      return names.length === 3 && !names.includes(published[0]!);
    };
    await waitFor(replaced, "the pod to be replaced");
    expect(await replicasOf(stage, "web")).toBe(3);
    stage.intercept = undefined;
    await messageOf(stage, "web", "Ready", "True/EndpointsReady");
    load(stage, 5);
    await waitFor(async () => (await replicasOf(stage, "web")) > 3, "it to be scaled");
  });

  test("because its kind may not be listed, or no answer comes, says so", async () => {
    const stage = await EmbeddedStage.start();
    const { session } = stage;
    await session.create(definitions, customKind("Rollout", { selectorPath: ".status.selector" }));
    stage.intercept = ({ url }) => {
      if (url.includes("/rollouts?")) return forbidden("rollouts.example.com");
      return url.startsWith("/apis/apps/v1/deployments?") ? "hang" : undefined;
    };
    await session.create(
      poolsPath,
      poolOf("shop", { targetRef: { apiVersion: "example.com/v1", kind: "Rollout", name: "shop" } }),
    );
    await session.create(poolsPath, poolOf("web"));
    await stage.startOperator();
    expect(await messageOf(stage, "shop", "Ready", "False/TargetForbidden")).toContain(
      "Give the operator the rights list and watch on rollouts.example.com (the chart's rbac.extraScaleTargets).",
    );
    expect(await messageOf(stage, "web", "Ready", "False/ScaleUnreadable")).toBe(
      "Deployments cannot be read: no answer yet.",
    );
  });
});

describe("a workload that does not say how many replicas it should have", () => {
  const targetRef = { apiVersion: "example.com/v1", kind: "Rollout", name: "bare" };

  /** One of a kind whose pods a ReplicaSet runs, of two, as its controller would have it. */
  async function startBare(status: object, replicas = 1) {
    const stage = await EmbeddedStage.start();
    const { session } = stage;
    await session.create(definitions, customKind("Rollout", { selectorPath: ".status.selector" }));
    const { metadata } = await session.create(rollouts, {
      apiVersion: "example.com/v1",
      kind: "Rollout",
      metadata: { name: "bare" },
      spec: {},
    });
    const owner = { apiVersion: "example.com/v1", kind: "Rollout", name: "bare", uid: metadata.uid, controller: true };
    await session.create(session.inNamespace("apps/v1", "replicasets"), {
      ...workload("bare", { replicas }),
      kind: "ReplicaSet",
      metadata: { name: "bare-1", ownerReferences: [owner] },
    });
    await session.patch(`${rollouts}/bare/status`, { status }, mergePatch);
    await session.create(
      poolsPath,
      poolOf("bare", { targetRef, ...scaled, scaling: { minReplicas: 2, maxReplicas: 9 } }),
    );
    await stage.startOperator();
    return { stage, session };
  }

  test("is taken for one of 1, and scaled from there", async () => {
    const { stage, session } = await startBare({ replicas: 1, selector: "app=bare" });
    await waitForReady(stage, "bare", 1);
    const scaledTo = async () => (await session.get(`${rollouts}/bare`)).spec.replicas === 2;
    await waitFor(scaledTo, "minReplicas to be written");
    await messageOf(stage, "bare", "Ready", "True/EndpointsReady");
  });

  test("is left alone where more than one runs, and told to say it", async () => {
    const { stage, session } = await startBare({ replicas: 3, selector: "app=bare" }, 3);
    await waitForReady(stage, "bare", 3);
    expect(await messageOf(stage, "bare", "ScalingActive", "False/ReplicasUnset")).toBe(
      "Rollout bare runs 3 pods and does not say how many it should have: set its replicas.",
    );
    await messageOf(stage, "bare", "Ready", "True/EndpointsReady");
    expect((await session.get(`${rollouts}/bare`)).spec).toEqual({});
    await session.patch(`${rollouts}/bare`, { spec: { replicas: 3 } }, mergePatch);
    await messageOf(stage, "bare", "ScalingActive", "True/WaitingForWindow");
  });
});

describe("autoscalers", () => {
  const list = "/apis/autoscaling/v2/horizontalpodautoscalers?";
  const keda = "/apis/keda.sh/v1alpha1";

  test.each([
    [
      "may not be listed",
      list,
      forbidden("horizontalpodautoscalers.autoscaling"),
      "HorizontalPodAutoscalers may not be read: horizontalpodautoscalers.autoscaling is forbidden: nobody may read it. Give the operator the rights list and watch on horizontalpodautoscalers.autoscaling.",
    ],
    [
      "cannot be listed",
      list,
      failure(500, "InternalError", "the storage is down"),
      "HorizontalPodAutoscalers cannot be read: the storage is down.",
    ],
    [
      "may be of a kind that is hidden",
      keda,
      failure(503, "ServiceUnavailable", "try again"),
      "The API server does not say whether it has ScaledObjects: try again.",
    ],
  ])("that %s hold replicas, and nothing else", async (_, path, answer, why) => {
    const stage = await EmbeddedStage.start();
    const { session } = stage;
    stage.intercept = ({ url }) => (url.startsWith(path) ? answer : undefined);
    await session.create(session.deployments, workload("web", { replicas: 2 }));
    await session.create(poolsPath, poolOf("web", { ...scaled, scaling: { minReplicas: 4, maxReplicas: 9 } }));
    const operator = await stage.startOperator();
    await waitForReady(stage, "web", 2);
    await messageOf(stage, "web", "ScalingActive", "False/AutoscalersUnreadable");
    const message = `Whether another autoscaler scales Deployment web is not known: ${why}`;
    const says = async () => (await operator.pool("default", "web"))?.decision.message === message;
    await waitFor(says, `the pool to say: ${message}`);
    expect(await replicasOf(stage, "web")).toBe(2);
  });

  test("that the cluster does not know are none", async () => {
    const stage = await EmbeddedStage.start();
    const { session } = stage;
    stage.intercept = ({ url }) =>
      url.startsWith(list) ? failure(404, "NotFound", "the server could not find the requested resource") : undefined;
    await session.create(session.deployments, workload("web", { replicas: 2 }));
    await session.create(poolsPath, poolOf("web", { ...scaled, scaling: { minReplicas: 4, maxReplicas: 9 } }));
    await stage.startOperator();
    await waitFor(async () => (await replicasOf(stage, "web")) === 4, "minReplicas to be written");
  });
});
