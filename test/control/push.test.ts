import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { PoolStatus } from "../../src/api/status.ts";
import type { ProblemDocument } from "../../src/serve/documents.ts";
import { readTokens } from "../../src/serve/reports/tokens.ts";
import { EmbeddedStage, poolOf, poolsPath, workload } from "../rigs/embedded-stage.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { findFreePorts } from "../tools/control-plane/ports.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const metrics = { interval: "500ms", timeout: "400ms", source: { push: { expiry: "3s" } } };

/** A pool of two pods that is scaled by what clients report. */
async function startStage() {
  const stage = await EmbeddedStage.start();
  const { session } = stage;
  await session.create(session.deployments, workload("web", { replicas: 2 }));
  const scaling = { maxReplicas: 9, connectionsPerPod: 10, up: { polls: 1 } };
  await session.create(poolsPath, poolOf("web", { metrics, scaling, strategy: { type: "LeastConnections" } }));
  const replicas = async () =>
    ((await session.get(`${session.deployments}/web`)) as { spec: { replicas: number } }).spec.replicas;
  const active = async () => {
    const { status = {} } = (await session.get(`${poolsPath}/web`)) as { status?: PoolStatus };
    return status.conditions?.find(({ type }) => type === "ScalingActive");
  };
  return { stage, replicas, active };
}

const report = (operator: RunningOperator, connections: object, headers: Record<string, string> = {}) =>
  fetch(`${operator.url}/v1/pools/default/web/connections?client=edge-1`, {
    method: "PUT",
    body: JSON.stringify({ connections }),
    headers,
  });

async function podsOf(operator: RunningOperator): Promise<string[]> {
  const named = async () => {
    const pool = await operator.pool("default", "web");
    return pool?.endpoints.length === 2 && pool.endpoints.map(({ pod }) => pod).sort();
  };
  return waitFor(named, "two endpoints");
}

test("without a token reports move weights, and no replica", async () => {
  const { stage, replicas, active } = await startStage();
  const operator = await stage.startOperator();
  const [busy, free] = await podsOf(operator);
  const weights = async () => {
    expect((await report(operator, { [busy!]: 1_000_000, "made-up": 1_000_000 })).status).toBe(200);
    const { endpoints = [] } = (await operator.pool("default", "web")) ?? {};
    const weightOf = (name: string) => endpoints.find(({ pod }) => pod === name)?.weight ?? 0;
    return weightOf(busy!) < 0.8 * weightOf(free!);
  };
  await waitFor(weights, "weights to follow");
  const condition = await waitFor(
    async () => (await active())?.reason === "ReportsUnauthenticated" && active(),
    "the condition",
  );
  expect(condition).toMatchObject({ status: "False", message: expect.stringContaining("push.tokenSecret.name") });
  expect(await replicas()).toBe(2);
});

test("with a token reports scale", async () => {
  const folder = await mkdtemp(join(tmpdir(), "push-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "tokens"), "s3cret\n");
  const { stage, replicas, active } = await startStage();
  const operator = await stage.startOperator({ tokens: await readTokens(join(folder, "tokens")) });
  const [busy] = await podsOf(operator);
  const scaled = async () => {
    expect((await report(operator, { [busy!]: 45 }, { authorization: "Bearer s3cret" })).status).toBe(200);
    return (await replicas()) === 5;
  };
  await waitFor(scaled, "five replicas for 45 connections");
  const condition = await waitFor(active, "the condition");
  expect(condition.status).toBe("True");
});

test("replicas pass reports on to each other and take them from nobody else", async () => {
  const { stage } = await startStage();
  const ports = await findFreePorts(2);
  const peers = ports.map((port) => ({ host: "127.0.0.1", port }));
  const one = await stage.startOperator({ port: ports[0]!, peers });
  const two = await stage.startOperator({ port: ports[1]!, peers });
  const alone = await stage.startOperator();
  const [busy] = await podsOf(one);
  await podsOf(two);
  await podsOf(alone);
  expect((await report(one, { [busy!]: 7 })).status).toBe(200);
  const heard = async () => {
    const pool = await two.pool("default", "web");
    return pool?.endpoints.find(({ pod }) => pod === busy)?.connections === 7;
  };
  await waitFor(heard, "the other replica to hear it");
  const forged = await report(alone, { [busy!]: 7 }, { "evenkeel-forwarded-by": "somebody" });
  expect([forged.status, ((await forged.json()) as ProblemDocument).reason]).toEqual([403, "NotAReplica"]);
});
