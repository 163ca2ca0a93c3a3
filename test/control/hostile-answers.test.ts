import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Slice } from "../../src/act/slice.ts";
import { EmbeddedStage, type Intercept, loopbackMetrics, poolOf, poolsPath, workload } from "../rigs/embedded-stage.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { failure, podsOf, readyOn, requestsTo, setReady, statusOf, waitForReady } from "./published.ts";

type Verdict = Awaited<ReturnType<Intercept>>;

const event = (type: string, object: unknown): string => `${JSON.stringify({ type, object })}\n`;
const nobody = { metadata: { name: "nobody", namespace: "default" } };

/** What may come in place of an answer, and of which none says that anything is gone. */
const anywhere: readonly Verdict[] = [
  failure(500, "InternalError", "etcdserver: request timed out"),
  failure(503, "ServiceUnavailable", "the server is currently unable to handle the request"),
  failure(429, "TooManyRequests", "too many requests", { retryAfterSeconds: 86_400 }),
  failure(410, "Expired", "too old resource version"),
  failure(401, "Unauthorized", "Unauthorized"),
  [200, ""],
  [200, "<html>please log in</html>"],
  [200, '{"kind":"Status","status":"Success"}'],
  [200, '{"metadata":{"resourceVersion":"1"},"items":[null,7,{"metadata":{}}]}'],
  [200, '{"metadata":{"resourceVersion":"1","continue":"x"},"items":{}}'],
  [200, '{"kind":"PodList","metadata":{"resourceVersion":"9999999999"},"items":[{"meta'],
  [302, ""],
  "hang",
];
/** Each second one has the collection listed again. */
const expired: Verdict = [200, event("ERROR", { kind: "Status", code: 410, reason: "Expired" })];
const ofWatches: readonly Verdict[] = [
  [200, event("NONSENSE", nobody)],
  [200, event("ADDED", null) + event("MODIFIED", { metadata: null }) + event("DELETED", {})],
  [200, event("BOOKMARK", { metadata: {} })],
  [200, event("ERROR", "no")],
  [200, `${"[".repeat(10_000)}\n`],
  [200, '{"type":"ADDED","object":{"metadata":{"name":"web-1","namespace":"default","resourceVersion":'],
];
const ofWrites: readonly Verdict[] = [
  failure(409, "Conflict", "the object has been modified"),
  failure(422, "Invalid", "denied by a webhook"),
  failure(403, "Forbidden", "exceeded quota"),
  [201, "{}"],
];

/** The same choice each time, whatever the machine does. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Spoils every second answer. */
function spoil(seed: number): Intercept {
  const random = chance(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  return ({ method, url }) => {
    if (random() < 0.5) return undefined;
    const isWatch = url.includes("watch=true");
    if (isWatch && random() < 0.5) return expired;
    const special = method !== "GET" ? ofWrites : isWatch ? ofWatches : anywhere;
    return pick(random() < 0.5 ? special : anywhere);
  };
}

test.each([1, 2, 3])("an API server that answers anything at all takes nothing away (%i)", async (seed) => {
  const stage = await EmbeddedStage.start();
  const { session } = stage;
  await session.create(session.deployments, workload("web", { replicas: 3, env: { CAPACITY: "1" } }));
  const scaling = { maxReplicas: 9, minReplicas: 3 };
  await session.create(poolsPath, poolOf("web", { metrics: loopbackMetrics, scaling }));
  const operator = await stage.startOperator();
  await waitForReady(stage, "web", 3);
  await waitFor(async () => (await operator.pool("default", "web"))?.coverage.fresh === 3, "three measured pods");
  const pods = (await podsOf(stage, "web")).map(({ metadata }) => metadata.name);

  const since = performance.now();
  stage.cut(spoil(seed));
  const [first] = pods;
  for (const ready of [false, true, false]) {
    await sleep(1_500);
    await setReady(stage, first!, ready);
  }
  await sleep(1_500);
  // It is served all the while, and what is there stays.
  expect((await operator.pool("default", "web"))?.endpoints.length).toBeGreaterThanOrEqual(2);
  const written = requestsTo(stage, /^(PUT|POST) .*\/endpointslices/, since).map(
    ({ body }) => JSON.parse(body) as Slice,
  );
  for (const { endpoints } of written) {
    expect(endpoints.map(({ targetRef }) => targetRef.name).sort()).toEqual(pods);
    expect(endpoints.filter(({ conditions }) => conditions.ready).length).toBeGreaterThanOrEqual(2);
  }
  expect(requestsTo(stage, /^DELETE /, since)).toEqual([]);
  expect(requestsTo(stage, /^PATCH .*\/scale/, since)).toEqual([]);

  stage.cut();
  const rest = pods.slice(1).join();
  await waitFor(async () => (await readyOn(stage, "web")).join() === rest, `${first} to be out`, {
    timeoutMs: 120_000,
  });
  await setReady(stage, first!, true);
  await waitForReady(stage, "web", 3);
  await waitFor(
    async () => (await statusOf(stage, "web")).conditions?.every(({ status }) => status === "True"),
    "all conditions to be well",
    { timeoutMs: 120_000 },
  );
  expect((await session.get(`${session.deployments}/web`)).spec.replicas).toBe(3);
});
