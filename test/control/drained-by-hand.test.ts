import { expect, test } from "vitest";
import type { PoolStatus } from "../../src/api/status.ts";
import { EmbeddedStage, loopbackMetrics, poolOf, poolsPath, workload } from "../rigs/embedded-stage.ts";
import { mergePatch } from "../suites/api-suite/session.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const scaling = { minReplicas: 1, maxReplicas: 9, down: { window: "1s", drain: "2s", period: "0s" } };

interface PodObject {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
}

/** Idle pods of a Deployment, the first of which somebody drains by hand, and a pool that could do with one of them. */
async function start(replicas: number, drain: string) {
  const stage = await EmbeddedStage.start();
  const { session } = stage;
  await session.create(session.deployments, workload("web", { replicas }));
  const pods = async (): Promise<string[]> => {
    const { items }: { items: PodObject[] } = await session.get(`${session.core}/pods`);
    return items.filter(({ metadata }) => !metadata.deletionTimestamp).map(({ metadata }) => metadata.name);
  };
  const left = (count: number) =>
    waitFor(async () => {
      const { spec } = await session.get(`${session.deployments}/web`);
      const names = await pods();
      return spec.replicas === count && names.length === count && names;
    }, `${count} pods`);
  const ask = (pod: string, value: string | null) =>
    session.patch(
      `${session.core}/pods/${pod}`,
      { metadata: { annotations: { "evenkeel.io/drain": value } } },
      mergePatch,
    );
  const [first = ""] = await left(replicas);
  await ask(first, drain);
  const pool = poolOf("web", { metrics: loopbackMetrics, scaling });
  await session.create(poolsPath, { ...pool, spec: { ...pool.spec, strategy: { type: "LeastConnections" } } });
  await stage.startOperator();
  const status = async (): Promise<PoolStatus> => (await session.get(`${poolsPath}/web`)).status ?? {};
  return { first, left, ask, status };
}

test("a pod that is drained by hand outlives those that a scale-down removes, until it is let back", async () => {
  const { first, left, ask, status } = await start(4, "true");
  expect(await left(2)).toContain(first);
  await waitFor(
    async () => (await status()).conditions?.some(({ reason }) => reason === "WithinLimit"),
    "no wish for less than one pod beside it",
  );
  expect((await status()).draining).toMatchObject([{ pod: first }]);
  await ask(first, null);
  await left(1);
});

test("a pod that is drained by hand for its removal is the one that goes", async () => {
  const { first, left } = await start(3, "remove");
  expect(await left(2)).not.toContain(first);
});
