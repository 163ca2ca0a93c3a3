import { describe, expect, test } from "vitest";
import { EmbeddedStage, loopbackMetrics, poolOf, poolsPath, workload } from "../rigs/embedded-stage.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { failure, podsOf, readyOn, requestsTo, statusOf, waitForCondition, waitForReady } from "./published.ts";

const merge = "application/merge-patch+json";
const status = /^PATCH .*\/loadbalancerpools\/web\/status/;

/** What the API server lets in, as under an older schema, and this operator does not. */
const refused = {
  metrics: { metrics: { timeout: "5s" } },
  limits: { scaling: { minReplicas: 9 } },
  ports: {
    ports: [
      { name: "http", port: 8080 },
      { name: "other", port: 8080 },
    ],
  },
};

async function startPublished() {
  const stage = await EmbeddedStage.start();
  const { session } = stage;
  await session.create(session.deployments, workload("web", { replicas: 2 }));
  await session.create(poolsPath, poolOf("web", { metrics: loopbackMetrics, scaling: { maxReplicas: 3 } }));
  const operator = await stage.startOperator();
  await waitForReady(stage, "web", 2);
  await waitForCondition(stage, "web", "Ready", "True/EndpointsReady");
  const refuse = async (spec: object) => {
    await session.patch(`${poolsPath}/web`, { spec }, merge);
    return waitForCondition(stage, "web", "Ready", "False/InvalidSpec");
  };
  return { stage, operator, refuse };
}

const namesOf = async (stage: EmbeddedStage) => (await podsOf(stage, "web")).map(({ metadata }) => metadata.name);

/** Takes both pods away; brings the names of those that came instead. */
async function replacePods(stage: EmbeddedStage): Promise<string[]> {
  const before = await namesOf(stage);
  for (const name of before) await stage.session.api.request("DELETE", `${stage.session.core}/pods/${name}`);
  return waitFor(async () => {
    const pods = await podsOf(stage, "web");
    const areReady = pods.every(({ status }) =>
      status.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True"),
    );
    const names = pods.map(({ metadata }) => metadata.name);
    return names.length === 2 && areReady && !names.some((name) => before.includes(name)) && names;
  }, "two other pods");
}

const servedBy = async (operator: RunningOperator) =>
  (await operator.pool("default", "web"))?.endpoints.map(({ pod }) => pod).sort();

const published = (stage: EmbeddedStage, names: readonly string[]) =>
  waitFor(async () => String(await readyOn(stage, "web")) === String(names), `${names} to be published`);

describe("a pool whose spec is refused", () => {
  test.each(Object.entries(refused))("goes on by its last spec, but scales nothing: %s", async (_, spec) => {
    const { stage, operator, refuse } = await startPublished();
    const ready = await refuse(spec);
    expect(ready.message).toMatch(
      /^The spec is refused: spec\..+\. The pool goes on by the last spec that was not, and scales nothing\.$/,
    );
    const { conditions = [] } = await statusOf(stage, "web");
    expect(conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`)).toEqual([
      "Ready False InvalidSpec",
      "MetricsHealthy Unknown InvalidSpec",
      "ScalingActive False InvalidSpec",
    ]);
    const names = await replacePods(stage);
    await published(stage, names);
    await waitFor(async () => String(await servedBy(operator)) === String(names), "the new pods to be served");
    expect((await operator.pool("default", "web"))?.decision).toMatchObject({ kind: "hold", reason: "InvalidSpec" });
    await stage.session.patch(
      `${poolsPath}/web`,
      { spec: { ...poolOf("web").spec, metrics: loopbackMetrics, scaling: { minReplicas: 1, maxReplicas: 3 } } },
      merge,
    );
    await waitForCondition(stage, "web", "Ready", "True/EndpointsReady");
  });

  test.each(["metrics", "limits"] as const)("is read as far as it can be after a start: %s", async (part) => {
    const { stage, operator, refuse } = await startPublished();
    await refuse(refused[part]);
    await stage.stopOperator(operator);
    const names = await replacePods(stage);
    const other = await stage.startOperator();
    await published(stage, names);
    await waitFor(async () => String(await servedBy(other)) === String(names), "the new pods to be served");
    const told = async () => (await statusOf(stage, "web")).conditions?.find(({ type }) => type === "Ready");
    await waitFor(
      async () => (await told())?.message.endsWith("by what of it can be read, and scales nothing."),
      "the condition to say by what it goes on",
    );
  });

  test("and does not say whom to publish keeps what is published until it goes, after a start", async () => {
    const { stage, operator, refuse } = await startPublished();
    await refuse(refused.ports);
    await stage.stopOperator(operator);
    const [gone, stays] = await namesOf(stage);
    const other = await stage.startOperator();
    await waitFor(async () => (await servedBy(other))?.length === 2, "both to be served");
    await stage.session.api.request("DELETE", `${stage.session.core}/pods/${gone}`);
    await published(stage, [stays!]);
    await waitFor(async () => String(await servedBy(other)) === stays, "the other to be served alone");
    const { ports } = (await other.pool("default", "web"))!.endpoints[0]!;
    expect(ports).toEqual([{ name: "http", port: 8080 }]);
  });

  test("is told of as soon as its status may be written, however often that was refused for the same reason", async () => {
    const stage = await EmbeddedStage.start();
    const { session } = stage;
    await session.create(session.deployments, workload("web"));
    await session.create(poolsPath, poolOf("web", { metrics: { ...loopbackMetrics, timeout: "5s" } }));
    const refusal = failure(403, "Forbidden", "no, the policy says");
    stage.intercept = ({ method, url }) => (status.test(`${method} ${url}`) ? refusal : undefined);
    await stage.startOperator();
    await waitFor(() => requestsTo(stage, status).length >= 2, "the status to be refused twice");
    stage.intercept = undefined;
    await waitForCondition(stage, "web", "Ready", "False/InvalidSpec");
  });

  test("and that has published nothing publishes nothing, and is not served", async () => {
    const stage = await EmbeddedStage.start();
    const { session } = stage;
    await session.create(session.deployments, workload("web"));
    await session.create(poolsPath, poolOf("web", { metrics: { ...loopbackMetrics, timeout: "5s" } }));
    const operator = await stage.startOperator();
    const ready = await waitForCondition(stage, "web", "Ready", "False/InvalidSpec");
    expect(ready.message).not.toContain("goes on");
    expect(await readyOn(stage, "web")).toEqual([]);
    expect(await servedBy(operator)).toBeUndefined();
  });
});
