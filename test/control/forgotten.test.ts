import { isDeepStrictEqual } from "node:util";
import { queryObjects } from "node:v8";
import { describe, expect, test } from "vitest";
import { WrittenPool } from "../../src/act/fence.ts";
import { PerPod } from "../../src/observe/sampling/per-pod.ts";
import type { Consumer } from "../../src/serve/consumer.ts";
import { EmbeddedStage, loopbackMetrics, poolOf, poolsPath, workload } from "../rigs/embedded-stage.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { failure, statusOf, waitForCondition, waitForReady } from "./published.ts";

/** What the API server lets in, as under an older schema, and this operator does not. */
const refused = { scaling: { minReplicas: 9, maxReplicas: 3 } };
const measured = { targetRef: { name: "web" }, metrics: loopbackMetrics };

/**
 * Waits until so many pools are remembered, by what writes them and what samples them, as the garbage collector finds: that
 * takes a while, so it is asked seldom.
 */
const waitForCount = (written: number, sampled: number) =>
  waitFor(
    () =>
      isDeepStrictEqual(
        [WrittenPool, PerPod].map((kind) => queryObjects(kind, { format: "count" })),
        [written, sampled],
      ),
    `${written} pools to be known, and ${sampled} sampled`,
    { intervalMs: 2_000 },
  );

async function start(consumers: readonly Consumer[] = []) {
  const stage = await EmbeddedStage.start();
  await stage.session.create(stage.session.deployments, workload("web", { replicas: 2 }));
  const operator = await stage.startOperator({ consumers });
  const create = (name: string, spec: object = measured) => stage.session.create(poolsPath, poolOf(name, { ...spec }));
  const remove = (name: string) => stage.session.api.request("DELETE", `${poolsPath}/${name}`);
  return { stage, operator, create, remove };
}

/** Series of a pool in the operator's metrics. */
async function seriesOf(operator: RunningOperator, pool: string): Promise<string[]> {
  const { body } = await operator.get<string>("/metrics");
  return body.split("\n").filter((line) => line.includes(`pool="${pool}"`));
}

test("of pools that come and go, valid or never valid, nothing is remembered", async () => {
  const { stage, operator, create, remove } = await start();
  await create("stays");
  const good = ["good-1", "good-2"];
  const bad = ["bad-1", "bad-2"];
  for (const name of good) await create(name);
  for (const name of bad) await create(name, refused);
  for (const name of ["stays", ...good]) await waitForCondition(stage, name, "Ready", "True/EndpointsReady");
  for (const name of bad) await waitForCondition(stage, name, "Ready", "False/InvalidSpec");
  await waitForCount(5, 3);
  for (const name of [...good, ...bad]) await remove(name);
  await waitForCount(1, 1);
  expect(await seriesOf(operator, "good-1")).toEqual([]);
  expect(await seriesOf(operator, "stays")).not.toEqual([]);
}, 120_000);

/** Notes what all that follows the pools is told: UIDs as they change, and what is gone. */
const recording = (told: string[]): Consumer => ({
  name: "recording",
  async start(feed) {
    const stop = feed.subscribeAll((_, entry) => {
      const now = entry?.observation.pool.uid ?? "gone";
      if (told.at(-1) !== now) told.push(now);
    });
    return { stop: async () => stop() };
  },
});

describe("a pool that is deleted and made again between two passes", () => {
  /** Replaces a pool while the operator does not see pools; brings the UIDs. */
  async function replace(spec: object, ready: `True/${string}` | `False/${string}`) {
    const told: string[] = [];
    const { stage, operator, create, remove } = await start([recording(told)]);
    await create("web", spec);
    await waitForCondition(stage, "web", "Ready", ready);
    const before = (await stage.session.get(`${poolsPath}/web`)).metadata.uid;
    // The next that is seen is a list, in which the one has taken the place of the other.
    const expired = failure(410, "Expired", "too old resource version");
    const away = failure(503, "ServiceUnavailable", "later");
    stage.cut(({ url }) => {
      if (!url.includes("/loadbalancerpools?")) return undefined;
      return url.includes("watch=true") ? expired : away;
    });
    await remove("web");
    await waitFor(async () => (await stage.session.api.request("GET", `${poolsPath}/web`)).status === 404, "it to go");
    await create("web");
    const after = (await stage.session.get(`${poolsPath}/web`)).metadata.uid;
    stage.intercept = undefined;
    await waitForCondition(stage, "web", "Ready", "True/EndpointsReady");
    return { stage, operator, told, before, after };
  }

  test.each([
    ["valid", measured, "True/EndpointsReady"],
    ["never valid", refused, "False/InvalidSpec"],
  ] as const)(
    "is another, and nothing of the former is left, which was %s",
    async (_, spec, ready) => {
      const { stage, operator, told, before, after } = await replace(spec, ready);
      expect(after).not.toBe(before);
      await waitForReady(stage, "web", 2);
      // Who follows a pool is told that it went, as if there had been a pass between. One that was never valid has nobody.
      expect(told.filter((uid) => uid !== "gone" || told.includes(before))).toEqual(
        ready === "True/EndpointsReady" ? [before, "gone", after] : [after],
      );
      await waitForCount(1, 1);
      expect((await statusOf(stage, "web")).conditions?.map(({ reason }) => reason)).toContain("EndpointsReady");
      await waitFor(async () => (await operator.pool("default", "web"))?.coverage.fresh === 2, "two measured pods");
    },
    120_000,
  );
});

test("each change of leader is logged once", async () => {
  const stage = await EmbeddedStage.start();
  const lease = { namespace: "default", name: "evenkeel" };
  const operator = await stage.startOperator({ lease });
  const told = () => operator.log.map((line) => JSON.parse(line).message).filter((message) => /lead/.test(message));
  await waitFor(() => told().length > 0, "a leader");
  await stage.stopOperator(operator);
  expect(told()).toEqual(["this replica leads", "this replica no longer leads"]);
});
