import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import { describe, expect, test } from "vitest";
import type { Slice } from "../../src/act/slice.ts";
import { EmbeddedStage, type Intercept, loopbackMetrics, poolOf, poolsPath, workload } from "../rigs/embedded-stage.ts";
import { mergePatch } from "../suites/api-suite/session.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import {
  failure,
  podsOf,
  readyOn,
  requestsTo,
  setReady,
  statusOf,
  waitForCondition,
  waitForReady,
  webhookDown,
} from "./published.ts";

/** Opens connections to every pod, which then tell twice what they can serve. */
async function load(stage: EmbeddedStage): Promise<void> {
  const holding = stage.pods.pods().flatMap(({ podIP }) => [1, 2].map(() => `http://${podIP}:8080/hold`));
  await Promise.all(holding.map((url) => request(url).then(({ body }) => void body.on("error", () => {}).resume())));
}

const slice = /^(POST|PUT) .*\/endpointslices/;

/** Whether a slice of this Service was written that says of this pod that it is not ready. */
const isOut = (stage: EmbeddedStage, service: string, pod: string, since: number): boolean =>
  requestsTo(stage, slice, since)
    .map(({ body }) => JSON.parse(body) as Slice)
    .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === service)
    .some(({ endpoints }) =>
      endpoints.some(({ conditions, targetRef }) => targetRef.name === pod && !conditions.ready),
    );

/**
 * Pool `web` follows a pod that turns unready before `clock`, a pool of the same pods that nothing hinders, has followed
 * another of them five times there and back. A pass may wait for a write, but not for the rest after it.
 */
async function expectAtOnce(stage: EmbeddedStage, pod: string, other: string): Promise<void> {
  const since = performance.now();
  await setReady(stage, pod, false);
  for (const ready of Array.from({ length: 10 }, (_, turn) => turn % 2 === 1)) {
    await setReady(stage, other, ready);
    const hasFollowed = async () => (await readyOn(stage, "clock")).includes(other) === ready;
    await waitFor(hasFollowed, `clock to follow ${other}`, { intervalMs: 10 });
  }
  expect(isOut(stage, "web", pod, since)).toBe(true);
  await setReady(stage, pod, true);
  // There may be more of them by now: the pool scales up.
  await waitFor(async () => (await readyOn(stage, "web")).includes(pod), `${pod} to be back`);
}

/** A pool of three loaded pods that wants more of them. */
async function startLoaded(intercept: Intercept) {
  const stage = await EmbeddedStage.start();
  const { session } = stage;
  await session.create(session.deployments, workload("web", { replicas: 3, env: { CAPACITY: "1" } }));
  await session.create(poolsPath, poolOf("web", { metrics: loopbackMetrics, scaling: { maxReplicas: 9 } }));
  await session.create(poolsPath, poolOf("clock", { targetRef: { name: "web" } }));
  const operator = await stage.startOperator();
  await waitForReady(stage, "web", 3);
  await waitFor(async () => (await operator.pool("default", "web"))?.coverage.fresh === 3, "three measured pods");
  await waitForReady(stage, "clock", 3);
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
    await expectAtOnce(stage, first!, second!);
    await expectAtOnce(stage, second!, first!);
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
  /** Writes of the bad pools wait and are let go together, when the first of them has waited for so long. */
  function holdWrites(part: string) {
    const writes = { letGo: 0, waiting: undefined as Promise<void> | undefined };
    const wait = async (): Promise<void> => {
      await sleep(9_000);
      writes.letGo += 1;
      writes.waiting = undefined;
    };
    const intercept: Intercept = async ({ method, url, body }) => {
      if (method === "GET" || !url.includes(part) || !/\bbad-\d+/.test(url + body)) return undefined;
      writes.waiting ??= wait();
      await writes.waiting;
      return undefined;
    };
    return { writes, intercept };
  }

  test.each([
    ["status", 8],
    ["status", 40],
    ["endpointslices", 40],
  ])("in their %s, be they %i, another follows its pods", async (part, count) => {
    const stage = await EmbeddedStage.start();
    const { session } = stage;
    await session.create(session.deployments, workload("web", { replicas: 2 }));
    await session.create(poolsPath, poolOf("web", { metrics: loopbackMetrics }));
    await stage.startOperator();
    await waitForReady(stage, "web", 2);
    const { writes, intercept } = holdWrites(part);
    stage.intercept = intercept;
    const bad = Array.from({ length: count }, (_, index) => `bad-${index}`);
    await Promise.all(bad.map((name) => session.create(poolsPath, poolOf(name, { targetRef: { name: "web" } }))));
    let changes = 0;
    /** Gives every bad pool something to write, to its slice and to its status. */
    const change = () => {
      changes += 1;
      const ports = [{ port: 8080, appProtocol: `example.com/${changes}` }];
      return Promise.all(bad.map((name) => session.patch(`${poolsPath}/${name}`, { spec: { ports } }, mergePatch)));
    };
    const [first, second] = (await podsOf(stage, "web")).map(({ metadata }) => metadata.name);
    for (const [pod, others] of [
      [first!, [second]],
      [second!, [first]],
    ] as const) {
      // Whoever is let go may have been waited for. On a busy machine one of the next times will do.
      const followedMeanwhile = async () => {
        await change();
        await waitFor(() => writes.waiting !== undefined, "writes that wait");
        const before = writes.letGo;
        await setReady(stage, pod, false);
        await waitFor(async () => (await readyOn(stage, "web")).join() === others.join(), `${pod} to be out of web`);
        await setReady(stage, pod, true);
        await waitForReady(stage, "web", 2);
        return writes.letGo === before;
      };
      await waitFor(followedMeanwhile, `${pod} to leave and come while all writes wait`);
    }
    stage.intercept = undefined;
  });
});
