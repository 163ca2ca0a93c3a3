import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import { describe, expect, test } from "vitest";
import { EmbeddedStage, type Intercept, loopbackMetrics, poolOf, poolsPath, workload } from "../rigs/embedded-stage.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import {
  failure,
  podsOf,
  requestsTo,
  setReady,
  statusOf,
  unreadyToSlice,
  waitForCondition,
  waitForReady,
  webhookDown,
} from "./published.ts";

/** Opens connections to every pod, which then tell twice what they can serve. */
async function load(stage: EmbeddedStage): Promise<void> {
  const holding = stage.pods.pods().flatMap(({ podIP }) => [1, 2].map(() => `http://${podIP}:8080/hold`));
  await Promise.all(holding.map((url) => request(url).then(({ body }) => void body.on("error", () => {}).resume())));
}

/** A pool of three loaded pods that wants more of them. */
async function startLoaded(intercept: Intercept) {
  const stage = await EmbeddedStage.start();
  const { session } = stage;
  await session.create(session.deployments, workload("web", { replicas: 3, env: { CAPACITY: "1" } }));
  await session.create(poolsPath, poolOf("web", { metrics: loopbackMetrics, scaling: { maxReplicas: 9 } }));
  const operator = await stage.startOperator();
  await waitForReady(stage, "web", 3);
  await waitFor(async () => (await operator.pool("default", "web"))?.coverage.fresh === 3, "three measured pods");
  stage.intercept = intercept;
  await load(stage);
  return { stage, operator };
}

const parts = { scale: /^PATCH .*\/deployments\/web\/scale/, status: /^PATCH .*\/loadbalancerpools\/web\/status/ };
const faults = {
  "is answered 500": webhookDown,
  "is answered 429": failure(429, "TooManyRequests", "too many requests"),
  "is refused": failure(403, "Forbidden", "no, the policy says"),
  "is answered by nobody": "hang",
} as const;

describe("while a write of a pool", () => {
  const cases = Object.entries(parts).flatMap(([part, pattern]) =>
    Object.entries(faults).map(([fault, verdict]) => [part, fault, pattern, verdict] as const),
  );

  test.each(cases)("of its %s %s, its slices follow its pods at once", async (_, __, pattern, verdict) => {
    const { stage } = await startLoaded(({ method, url }) => (pattern.test(`${method} ${url}`) ? verdict : undefined));
    await waitFor(() => requestsTo(stage, pattern).length > 0, "the write to be tried");
    const [first, second] = (await podsOf(stage, "web")).map(({ metadata }) => metadata.name);
    expect(await unreadyToSlice(stage, "web", first!)).toBeLessThan(1_000);
    await setReady(stage, first!, true);
    await waitForReady(stage, "web", 3);
    expect(await unreadyToSlice(stage, "web", second!)).toBeLessThan(1_000);
  });

  test("fails, status says why, and stops to say so when it succeeds", async () => {
    const { stage } = await startLoaded(({ method, url }) =>
      parts.scale.test(`${method} ${url}`) ? webhookDown : undefined,
    );
    const scaling = await waitForCondition(stage, "web", "ScalingActive", "False/ScaleFailed");
    expect(scaling.message).toBe(
      'The new scale cannot be written: Internal error occurred: failed calling webhook "validate.kyverno.svc": no endpoints available.',
    );
    const since = performance.now();
    await waitFor(() => requestsTo(stage, parts.scale, since).length > 0, "another attempt");
    stage.intercept = undefined;
    const { lastScale } = await waitFor(async () => {
      const status = await statusOf(stage, "web");
      return status.lastScale && status;
    }, "the scale");
    expect(lastScale).toMatchObject({ from: 3 });
    await waitFor(
      async () => (await statusOf(stage, "web")).conditions?.every(({ reason }) => reason !== "ScaleFailed"),
      "the condition to be over",
    );
  });
});

describe("beside pools whose writes take nine seconds", () => {
  const slow =
    (part: string): Intercept =>
    async ({ method, url }) => {
      if (method !== "GET" && url.includes(part) && /\/bad-\d+/.test(url)) await sleep(9_000);
      return undefined;
    };

  test.each([
    ["status", 8],
    ["status", 40],
    ["endpointslices", 40],
  ])(
    "in their %s, be they %i, another follows its pods",
    async (part, count) => {
      const stage = await EmbeddedStage.start();
      const { session } = stage;
      await session.create(session.deployments, workload("web", { replicas: 2 }));
      await session.create(poolsPath, poolOf("web", { metrics: loopbackMetrics }));
      await stage.startOperator();
      await waitForReady(stage, "web", 2);
      stage.intercept = slow(part);
      const bad = Array.from({ length: count }, (_, index) => `bad-${index}`);
      await Promise.all(bad.map((name) => session.create(poolsPath, poolOf(name, { targetRef: { name: "web" } }))));
      await waitFor(() => requestsTo(stage, /^(PATCH|PUT|POST) .*\/bad-/).length > 0, "the first slow write");
      const [first, second] = (await podsOf(stage, "web")).map(({ metadata }) => metadata.name);
      const lags = [await unreadyToSlice(stage, "web", first!)];
      await setReady(stage, first!, true);
      await waitForReady(stage, "web", 2);
      lags.push(await unreadyToSlice(stage, "web", second!));
      expect(Math.max(...lags)).toBeLessThan(2_000);
      stage.intercept = undefined;
    },
    60_000,
  );
});
