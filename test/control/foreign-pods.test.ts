import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { holdConnection } from "../../src/lab/cli/demo/hold-connection.ts";
import { customKind } from "../rigs/custom-kind.ts";
import { EmbeddedStage, loopbackMetrics, poolOf, poolsPath, workload } from "../rigs/embedded-stage.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import type { Answer } from "../suites/api-suite/connection.ts";
import { mergePatch } from "../suites/api-suite/session.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const labels = { app: "web" };
const env = { CAPACITY: "20" };

/** Goes down at once where fewer are enough. */
const spec = (scaling: object = {}) => ({
  metrics: loopbackMetrics,
  scaling: { maxReplicas: 9, down: { window: "1s", drain: "0s", period: "1s" }, ...scaling },
});

interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

async function startStage() {
  const stage = await EmbeddedStage.start();
  const { session } = stage;
  const replicas = async (path: string): Promise<number> => (await session.get(path)).spec.replicas;
  return {
    stage,
    session,
    /** A pod that carries the labels, as it is made by hand or by another controller. */
    createPod: (name: string, owner?: Owner & { readonly uid: string }) => {
      const { template } = workload("web", { labels, env }).spec;
      const metadata = { name, labels, ...(owner && { ownerReferences: [{ ...owner, controller: true }] }) };
      return session.create(`${session.core}/pods`, { apiVersion: "v1", kind: "Pod", metadata, spec: template.spec });
    },
    /** Holds so many, opening anew what a busy machine refuses; brings a function that ends them. */
    hold: (prefix: string, connections: number): (() => void) => {
      const ending = new AbortController();
      const keep = async (address: string): Promise<void> => {
        while (!ending.signal.aborted)
          await holdConnection({ address, port: 8080, holdMs: 600_000 }, ending.signal, () => {}).catch(() =>
            sleep(50),
          );
      };
      for (const { name, podIP } of stage.pods.pods()) {
        if (!name.startsWith(`${prefix}-`)) continue;
        for (let count = 0; count < connections; count += 1) void keep(podIP);
      }
      onTestFinished(() => ending.abort());
      return () => ending.abort();
    },
    waitForReplicas: (path: string, wanted: number) =>
      waitFor(async () => (await replicas(path)) === wanted, `${wanted} replicas`),
    waitForReady: (count: number) =>
      waitFor(
        async () =>
          (await session.get(`${session.core}/pods`, { labelSelector: "app=web" })).items.filter(
            ({ status }: Answer) => status?.phase === "Running",
          ).length === count,
        `${count} pods to run`,
      ),
  };
}

const waitForDecision = (operator: RunningOperator, reason: string) =>
  waitFor(async () => {
    const decision = (await operator.pool("default", "web"))?.decision;
    return decision?.reason === reason && decision;
  }, `the decision ${reason}`);

test("pods of a Job and bare pods neither keep a workload from growing nor from shrinking, and are named", async () => {
  const { stage, session, createPod, hold, waitForReplicas, waitForReady } = await startStage();
  await session.create(definitions, customKind("Job", { group: "batch" }));
  const job = await session.create(session.inNamespace("batch/v1", "jobs"), {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "report" },
    spec: {},
  });
  const owner = { apiVersion: "batch/v1", kind: "Job", name: "report", uid: job.metadata.uid };
  for (const number of [1, 2, 3]) await createPod(`report-${number}`, owner);
  await createPod("debug");
  await session.create(session.deployments, workload("web", { replicas: 2, labels, env }));
  await waitForReady(6);
  const release = hold("web", 18);
  await session.create(poolsPath, poolOf("web", spec()));
  const operator = await stage.startOperator();
  await waitForReplicas(`${session.deployments}/web`, 4);
  const { message } = await waitForDecision(operator, "WithinLimit");
  expect(message).toContain(
    "Not counted, as Deployment web does not own them: debug, report-1 (Job report), report-2 (Job report) and 1 more.",
  );
  const told = async () => {
    const { status } = await session.get(`${poolsPath}/web`);
    return status.ready === "8/8" && status.foreign?.length === 4 && status;
  };
  const { foreign } = await waitFor(told, "status to name them");
  expect(foreign).toEqual([
    { pod: "debug" },
    ...[1, 2, 3].map((number) => ({ pod: `report-${number}`, owner: "Job report" })),
  ]);
  release();
  await waitForReplicas(`${session.deployments}/web`, 1);
  // Who had to go was one of the workload's own: no other bears a mark, or is gone.
  await waitForReady(5);
  const { items } = await session.get(`${session.core}/pods`, { labelSelector: "app=web" });
  const others = items.filter(({ metadata }: Answer) => !metadata.name.startsWith("web-"));
  expect(others).toHaveLength(4);
  expect(others.filter(({ metadata }: Answer) => metadata.annotations)).toEqual([]);
  // None of those reads told of more than the workload's own ReplicaSet.
  const reads = new Set(stage.passed.filter(({ url }) => url.includes("fieldSelector")).map(({ url }) => url));
  expect(reads.size).toBe(1);
});

test("a canary takes traffic and drives nothing", async () => {
  const { stage, session, hold, waitForReplicas, waitForReady } = await startStage();
  await session.create(session.deployments, workload("web", { replicas: 3, labels, env }));
  await session.create(
    session.deployments,
    workload("canary", { replicas: 1, labels: { ...labels, track: "canary" }, env }),
  );
  await waitForReady(4);
  hold("canary", 50);
  await session.create(poolsPath, poolOf("web", spec()));
  const operator = await stage.startOperator();
  await waitForReplicas(`${session.deployments}/web`, 1);
  const { message } = await waitForDecision(operator, "WithinLimit");
  expect(message).toMatch(/does not own them: canary-\w+-\w+ \(Deployment canary\)\.$/);
  const served = await operator.pool("default", "web");
  expect(served?.averageLoad).toBe(0);
  const busy = served?.endpoints.find(({ pod }) => pod.startsWith("canary-"));
  expect(busy?.load).toBe(250);
});

test("a workload owns its pods through whatever it makes", async () => {
  const { stage, session, hold, waitForReplicas, waitForReady } = await startStage();
  await session.create(definitions, customKind("Shop", { selectorPath: ".status.selector" }));
  const shops = session.inNamespace("example.com/v1", "shops");
  const shop = await session.create(shops, {
    apiVersion: "example.com/v1",
    kind: "Shop",
    metadata: { name: "web" },
    spec: { replicas: 2 },
  });
  await session.patch(`${shops}/web/status`, { status: { selector: "app=web", replicas: 2 } }, mergePatch);
  const reference = { apiVersion: "example.com/v1", kind: "Shop", name: "web", uid: shop.metadata.uid };
  const made = workload("web-made", { replicas: 2, labels: { ...labels, by: "shop" }, env });
  await session.create(session.deployments, {
    ...made,
    metadata: { ...made.metadata, ownerReferences: [{ ...reference, controller: true }] },
  });
  await session.create(session.deployments, workload("other", { replicas: 3, labels: { ...labels, by: "hand" }, env }));
  await waitForReady(5);
  hold("web-made", 18);
  const targetRef = { apiVersion: "example.com/v1", kind: "Shop", name: "web" };
  await session.create(poolsPath, poolOf("web", { ...spec(), targetRef }));
  await stage.startOperator();
  await waitForReplicas(`${shops}/web`, 4);
});

test("replicas are held while owners may not be read, with the right that is missing and another way", async () => {
  const { stage, session, hold, waitForReplicas, waitForReady } = await startStage();
  stage.intercept = ({ url }) =>
    url.includes("/replicasets?fieldSelector")
      ? [403, JSON.stringify({ kind: "Status", message: 'replicasets.apps "web" is forbidden', reason: "Forbidden" })]
      : undefined;
  await session.create(session.deployments, workload("web", { replicas: 2, labels, env }));
  await waitForReady(2);
  hold("web", 18);
  await session.create(poolsPath, poolOf("web", spec()));
  const operator = await stage.startOperator();
  const { message } = await waitForDecision(operator, "OwnersUnreadable");
  expect(message).toMatch(
    /^Whether Deployment web owns web-\S+ and 1 more is not known: ReplicaSet web-\S+ may not be read/,
  );
  expect(message).toContain(
    "Give the operator the right list on replicasets.apps. Or set spec.scaling.pods to Selected",
  );
  const { status } = await waitFor(async () => {
    const pool = await session.get(`${poolsPath}/web`);
    return pool.status?.conditions?.some(({ reason }: Answer) => reason === "OwnersUnreadable") && pool;
  }, "status to say so");
  expect(status.ready).toBe("2/2");
  await session.patch(`${poolsPath}/web`, { spec: { scaling: { pods: "Selected" } } }, mergePatch);
  await waitForReplicas(`${session.deployments}/web`, 4);
});

test("a workload whose pods name no owner is scaled by all that it selects, once its pool says so", async () => {
  const { stage, session, createPod, hold, waitForReplicas, waitForReady } = await startStage();
  await session.create(definitions, customKind("Shop", { selectorPath: ".status.selector" }));
  const shops = session.inNamespace("example.com/v1", "shops");
  await session.create(shops, {
    apiVersion: "example.com/v1",
    kind: "Shop",
    metadata: { name: "web" },
    spec: { replicas: 2 },
  });
  await session.patch(`${shops}/web/status`, { status: { selector: "app=web", replicas: 2 } }, mergePatch);
  for (const number of [1, 2]) await createPod(`web-${number}`);
  await waitForReady(2);
  hold("web", 18);
  const targetRef = { apiVersion: "example.com/v1", kind: "Shop", name: "web" };
  await session.create(poolsPath, poolOf("web", { ...spec(), targetRef }));
  const operator = await stage.startOperator();
  expect((await waitForDecision(operator, "NoOwnPods")).message).toBe(
    "Shop web owns none of the pods that its selector matches: web-1, web-2. If its pods name no owner, set spec.scaling.pods to Selected.",
  );
  await session.patch(`${poolsPath}/web`, { spec: { scaling: { pods: "Selected" } } }, mergePatch);
  await waitForReplicas(`${shops}/web`, 4);
});
