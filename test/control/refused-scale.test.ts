import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import { describe, expect, test } from "vitest";
import {
  EmbeddedStage,
  type Intercept,
  loopbackMetrics,
  type Passing,
  poolOf,
  poolsPath,
  workload,
} from "../rigs/embedded-stage.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import {
  denial,
  eventsOf,
  failure,
  morePlans,
  podsOf,
  readyOn,
  requestsTo,
  statusOf,
  waitForCondition,
  waitForReady,
} from "./published.ts";

const scalePatch = /^PATCH .*\/deployments\/web\/scale/;
const merge = "application/merge-patch+json";

/** A pool whose pods are measured. */
async function startMeasured(replicas: number, scaling: object, intercept?: Intercept) {
  const stage = await EmbeddedStage.start();
  const { session } = stage;
  await session.create(session.deployments, workload("web", { replicas, env: { CAPACITY: "10" } }));
  await session.create(poolsPath, poolOf("web", { metrics: loopbackMetrics, scaling }));
  stage.intercept = intercept;
  const operator = await stage.startOperator();
  await waitForReady(stage, "web", replicas);
  const measured = async () => (await operator.pool("default", "web"))?.coverage.fresh === replicas;
  await waitFor(measured, `${replicas} measured pods`);
  return { stage, operator };
}

/** Opens connections to every pod there is, until each has so many. */
async function load(stage: EmbeddedStage, connections: number): Promise<void> {
  const urls = stage.pods.pods().flatMap(({ podIP, connections: open }) => {
    const missing = Math.max(0, connections - open);
    return Array.from({ length: missing }, () => `http://${podIP}:8080/hold`);
  });
  await Promise.all(urls.map((url) => request(url).then(({ body }) => void body.on("error", () => {}).resume())));
}

const refuse =
  (verdict: ReturnType<typeof failure>): Intercept =>
  ({ method, url }) =>
    scalePatch.test(`${method} ${url}`) ? verdict : undefined;

const words = "at most 2 replicas here, ask the platform team";

describe("a scale-up that the API server refuses", () => {
  test.each([
    ["by a policy of the default reason, 422", denial("Invalid", words)],
    ["by a policy, 403", denial("Forbidden", words)],
    ["by a policy, 413", denial("RequestEntityTooLarge", words)],
    ["by a webhook, 400", failure(400, "BadRequest", `admission webhook "x.y.z" denied the request: ${words}`)],
    ["by a webhook, 422", failure(422, "Invalid", `admission webhook "x.y.z" denied the request: ${words}`)],
    ["by a quota, 403", failure(403, "Forbidden", `exceeded quota: ${words}`)],
  ])("%s is told with its words and by one Event, and rests", async (_, verdict) => {
    const { stage, operator } = await startMeasured(2, { maxReplicas: 6, up: { polls: 1 } }, refuse(verdict));
    await load(stage, 9);
    const scaling = await waitForCondition(stage, "web", "ScalingActive", "False/ScaleRefused");
    expect(scaling.message).toMatch(
      /^The API server refuses the new scale: .*at most 2 replicas here, ask the platform team\.$/,
    );
    const since = performance.now();
    const events = await waitFor(async () => {
      const found = await eventsOf(stage, "web", "ScaleRefused");
      return found.length > 0 && found;
    }, "an Event");
    expect(events).toMatchObject([{ type: "Warning", note: scaling.message }]);
    // They ask for the same.
    await morePlans(operator, "web", 20);
    expect(requestsTo(stage, scalePatch, since)).toEqual([]);
    expect(await statusOf(stage, "web")).toMatchObject({ replicas: 2, recommendedReplicas: 4 });
    expect((await operator.pool("default", "web"))?.decision).toMatchObject({ kind: "hold", reason: "ScaleRefused" });
    expect(await eventsOf(stage, "web", "ScaleRefused")).toHaveLength(1);
    const { body } = await operator.get<string>("/metrics");
    expect(body).toContain('evenkeel_write_misses_total{part="scale",outcome="refused"} 1');
    expect((await eventsOf(stage, "web", "ScaleRefused"))[0]?.series).toBeUndefined();
    // Another spec may fare better.
    stage.intercept = undefined;
    await stage.session.patch(`${poolsPath}/web`, { spec: { scaling: { maxReplicas: 3 } } }, merge);
    await waitFor(async () => (await statusOf(stage, "web")).lastScale?.to === 3, "the scale");
    const after = (await statusOf(stage, "web")).conditions?.find(({ type }) => type === "ScalingActive");
    expect(after?.reason).not.toBe("ScaleRefused");
  });
});

test("a drain whose scale stays refused is given up, its pod takes traffic again, and no other is begun at once", async () => {
  const down = { window: "2s", drain: "1s", period: "0s" };
  const { stage, operator } = await startMeasured(
    3,
    { minReplicas: 2, maxReplicas: 6, down },
    refuse(denial("Invalid", words)),
  );
  await waitForReady(stage, "web", 2);
  await waitFor(() => requestsTo(stage, scalePatch).length > 0, "the scale to be tried");
  await waitForReady(stage, "web", 2);
  await waitForCondition(stage, "web", "ScalingActive", "False/ScaleRefused");
  const undone = await waitFor(async () => (await readyOn(stage, "web")).length === 3, "the drained pod to be back");
  expect(undone).toBe(true);
  const [event] = await waitFor(async () => {
    const found = await eventsOf(stage, "web", "DrainUndone");
    return found.length > 0 && found;
  }, "an Event");
  expect(event?.note).toMatch(
    / takes? traffic again: the API server refuses the new scale: .*ask the platform team\.$/,
  );
  await waitFor(async () => (await statusOf(stage, "web")).drain === undefined, "the drain to be over");
  const held = async () => (await operator.pool("default", "web"))?.decision.reason === "ScaleRefused";
  await waitFor(held, "another drain to be held");
  const marked = async () =>
    (await podsOf(stage, "web")).filter(
      ({ metadata }) => metadata.annotations?.["controller.kubernetes.io/pod-deletion-cost"] !== undefined,
    );
  await waitFor(async () => (await marked()).length === 0, "the mark to come off");
  expect(requestsTo(stage, scalePatch).length).toBeLessThanOrEqual(3);
});

/** Lets the API server do what an operator asks for, behind its back. */
async function commit(
  stage: EmbeddedStage,
  { url, body }: Pick<Passing, "url" | "body">,
  contentType = "application/json-patch+json",
): Promise<void> {
  const { pathname, searchParams } = new URL(url, stage.url);
  const query = Object.fromEntries(searchParams);
  await stage.session.expect(200, "PATCH", pathname, { body, query, contentType });
}

describe("a scale whose reply is lost", () => {
  // One more a step, so that it does not matter which of the connections are there yet.
  const up = { polls: 1, maxStepPods: 1, maxStepPercent: 1, period: "10m" };

  /** The API server does what it is asked, and says nothing, or something else. */
  async function startLosing(verdict: ReturnType<typeof failure> | "hang") {
    let lost = 0;
    const { stage, operator } = await startMeasured(2, { maxReplicas: 60, up });
    stage.intercept = async ({ method, url, body }) => {
      if (!scalePatch.test(`${method} ${url}`) || lost++ > 0) return undefined;
      await commit(stage, { url, body });
      return verdict;
    };
    await load(stage, 30);
    return { stage, operator };
  }

  test.each([
    ["a timeout on the way", failure(504, "Timeout", "timed out")],
    ["nothing", "hang" as const],
  ])("as the answer is %s counts as done when it shows", async (_, verdict) => {
    const { stage, operator } = await startLosing(verdict);
    const { lastScale } = await waitFor(async () => {
      const status = await statusOf(stage, "web");
      return status.lastScale && status;
    }, "the scale to be told");
    expect(lastScale).toMatchObject({ from: 2, to: 3, reason: "LoadAboveLimit", step: { from: 2 } });
    await waitFor(async () => (await eventsOf(stage, "web", "LoadAboveLimit")).length === 1, "an Event");
    // Load goes on, and the step is used up for ten minutes.
    await load(stage, 30);
    await waitFor(
      async () => (await operator.pool("default", "web"))?.decision.reason === "StepLimit",
      "the step's end",
    );
    expect((await stage.session.get(`${stage.session.deployments}/web`)).spec.replicas).toBe(3);
    expect((await statusOf(stage, "web")).lastScale).toEqual(lastScale);
  });

  test("and of which the status is lost, too, is told by one Event all the same", async () => {
    const { stage } = await startMeasured(2, { maxReplicas: 60, up });
    await waitForCondition(stage, "web", "ScalingActive", "True/WaitingForWindow");
    let hung = 0;
    stage.intercept = async ({ method, url, body }) => {
      if (method !== "PATCH" || !url.includes("/loadbalancerpools/web/status") || !body.includes("LoadAboveLimit"))
        return undefined;
      hung += 1;
      await commit(stage, { url, body }, "application/apply-patch+yaml");
      return "hang";
    };
    await load(stage, 30);
    await waitFor(async () => (await eventsOf(stage, "web", "LoadAboveLimit")).length > 0, "an Event");
    expect(hung).toBe(1);
    stage.intercept = undefined;
    expect(await eventsOf(stage, "web", "LoadAboveLimit")).toHaveLength(1);
  });

  test("and whose operator ends then, is known to the next one", async () => {
    const { stage, operator } = await startMeasured(2, { maxReplicas: 60, up });
    await waitFor(async () => (await statusOf(stage, "web")).replicas === 2, "the status of before");
    stage.intercept = async ({ method, url, body }) => {
      if (url.includes("/loadbalancerpools/web/status")) return failure(500, "InternalError", "later");
      if (!scalePatch.test(`${method} ${url}`)) return undefined;
      await commit(stage, { url, body });
      return "hang";
    };
    await load(stage, 30);
    await waitFor(
      async () => (await stage.session.get(`${stage.session.deployments}/web`)).spec.replicas === 3,
      "a scale",
    );
    await stage.stopOperator(operator);
    stage.intercept = undefined;
    expect((await statusOf(stage, "web")).lastScale).toBeUndefined();
    await waitFor(() => stage.pods.pods().length === 3, "three pods");
    await load(stage, 30);
    const next = await stage.startOperator();
    await waitFor(async () => (await next.pool("default", "web"))?.decision.reason === "StepLimit", "the step's end");
    const { lastScale } = await waitFor(async () => {
      const status = await statusOf(stage, "web");
      return status.lastScale && status;
    }, "the scale to be told");
    expect(lastScale).toMatchObject({ from: 2, to: 3, reason: "ScaleRecovered", step: { from: 2 } });
  });
});

test("somebody who sets replicas back each time is named, and not fought", async () => {
  const up = { polls: 1, period: "0s" };
  // One more at most, so that it does not matter which of the connections are there yet.
  const { stage, operator } = await startMeasured(2, { maxReplicas: 3, up });
  const { session } = stage;
  let resets = 0;
  const leaving = new AbortController();
  const settingBack = (async () => {
    while (!leaving.signal.aborted) {
      await sleep(100);
      const { spec } = await session.get(`${session.deployments}/web`);
      if (spec.replicas !== 2) {
        resets += 1;
        await session.api.request("PATCH", `${session.deployments}/web`, {
          body: { spec: { replicas: 2 } },
          contentType: merge,
          query: { fieldManager: "argocd-controller" },
        });
      } else if (stage.pods.pods().length === 2) {
        // Of pods that are about as old, those that have the load may be the ones that a reset removed.
        await load(stage, 9).catch(() => {});
      }
    }
  })();
  try {
    await load(stage, 9);
    const scaling = await waitForCondition(stage, "web", "ScalingActive", "False/ReplicasReset");
    expect(scaling.message).toMatch(
      /^The field manager argocd-controller sets back what this pool scales: from 3 to 2 replicas, 2 times in 1 min\. /,
    );
    const after = { resets, at: performance.now() };
    await waitFor(async () => (await eventsOf(stage, "web", "ReplicasReset")).length === 1, "an Event");
    await morePlans(operator, "web", 20);
    expect(requestsTo(stage, scalePatch, after.at)).toEqual([]);
    expect(resets).toBe(after.resets);
  } finally {
    leaving.abort();
    await settingBack;
  }
});
