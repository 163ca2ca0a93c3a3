import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { ProblemDocument } from "../../src/serve/documents.ts";
import { EmbeddedStage, type Intercept, loopbackMetrics, poolOf, poolsPath, workload } from "../rigs/embedded-stage.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

/** The clock by which waits are judged, which a test may set forward. */
function movableClock(): (ms: number) => void {
  const real = performance.now.bind(performance);
  let ahead = 0;
  const spy = vi.spyOn(performance, "now").mockImplementation(() => real() + ahead);
  onTestFinished(() => spy.mockRestore());
  return (ms) => {
    ahead += ms;
  };
}

const sixMinutes = 360_000;
const lease = {
  namespace: "default",
  name: "evenkeel",
  leaseDurationMs: 3_000,
  renewDeadlineMs: 2_000,
  retryPeriodMs: 300,
};

async function healthOf(operator: RunningOperator) {
  const [live, ready] = [await operator.get<string>("/livez?verbose"), await operator.get<string>("/readyz?verbose")];
  return { live: live.status, ready: ready.status, words: `${live.body}${ready.body}` };
}

/** Requests to the API server that brought nothing. */
const lost = (operator: RunningOperator, since: number): number =>
  operator.requests.filter(({ code, at }) => at > since && (code === 0 || code >= 500)).length;

/** An operator that serves two measured pods. */
async function startServing(settings: Parameters<EmbeddedStage["startOperator"]>[0] = {}) {
  const stage = await EmbeddedStage.start();
  const { session } = stage;
  await session.create(session.deployments, workload("web", { replicas: 2 }));
  await session.create(poolsPath, poolOf("web", { metrics: loopbackMetrics, strategy: { type: "LeastConnections" } }));
  const operator = await stage.startOperator({ lease, ...settings });
  const served = () => operator.pool("default", "web");
  await waitFor(async () => (await served())?.coverage.fresh === 2, "two measured pods");
  await waitFor(async () => (await operator.get("/readyz")).status === 200, "readiness");
  return { stage, operator, served };
}

describe("an outage of the API server for six minutes", () => {
  const outages: [string, Intercept][] = [
    ["that answers 503", () => [503, "upstream connect error"]],
    ["that answers nobody", () => "hang"],
    ["that cuts every connection", () => Promise.reject(new Error("cut"))],
  ];

  test.each(outages)("%s restarts nothing, and takes nothing back that is served", async (_, intercept) => {
    const setForward = movableClock();
    const { stage, operator, served } = await startServing();
    const since = performance.now();
    stage.cut(intercept);
    // What was under way when it began may still have been answered.
    await waitFor(() => lost(operator, since) >= 2, "requests to fail");
    setForward(sixMinutes);
    expect(await healthOf(operator)).toMatchObject({ live: 200, ready: 200 });
    const before = (await served())!;
    // Whoever reads it is told that it may be old.
    expect(before.staleMs).toBeGreaterThanOrEqual(sixMinutes);
    // Pods are still asked, and what they say still counts.
    const after = await waitFor(async () => {
      const now = (await served())!;
      return Date.parse(now.plannedAt) - Date.parse(before.plannedAt) > 1_000 && now.coverage.fresh === 2 && now;
    }, "plans with both measured to go on");
    expect(after.endpoints.map(({ pod }) => pod).sort()).toEqual(before.endpoints.map(({ pod }) => pod).sort());
    expect(await healthOf(operator)).toMatchObject({ live: 200, ready: 200 });
    stage.cut();
    await stage.session.api.request("PATCH", `${stage.session.deployments}/web/scale`, {
      body: { spec: { replicas: 3 } },
      contentType: "application/merge-patch+json",
    });
    await waitFor(async () => (await served())?.endpoints.length === 3, "the third pod");
    await waitFor(async () => (await served())?.staleMs === undefined, "nothing to be old any more");
    // An attempt that hung while the clock was set forward ends by its deadline.
    await waitFor(async () => (await healthOf(operator)).live === 200, "every watch to go on");
    expect((await healthOf(operator)).ready).toBe(200);
  });
});

describe("liveness", () => {
  test("fails when a watch does nothing for minutes while the API server answers others", async () => {
    const setForward = movableClock();
    const { operator } = await startServing();
    setForward(sixMinutes);
    // By the new clock the lease was lost, and is taken again: the API server answers.
    const failed = async () => {
      const health = await healthOf(operator);
      return health.live === 503 && health;
    };
    const { words, ready } = await waitFor(failed, "liveness to fail");
    expect(words).toMatch(/\[-\]watches failed: the watch of \w+ has hung for minutes, while the API server answers\n/);
    expect(ready).toBe(200);
  });

  test("does not fail where one kind alone is refused for as long", async () => {
    const setForward = movableClock();
    const { stage, operator } = await startServing();
    const refused = '{"kind":"Status","status":"Failure","code":429,"reason":"TooManyRequests"}';
    stage.cut(({ url }) => (/\/pods\?/.test(url) ? [429, refused] : undefined));
    const since = stage.passed.length;
    const tries = (part: string) => stage.passed.slice(since).filter(({ url }) => url.includes(part)).length;
    setForward(sixMinutes);
    await waitFor(() => tries("/pods?") >= 2 && tries("/leases/") >= 2, "pods to be refused beside the lease");
    await waitFor(async () => (await healthOf(operator)).live === 200, "the other watches to be back");
    setForward(sixMinutes);
    await waitFor(() => tries("/pods?") >= 4 && tries("/leases/") >= 6, "more refusals");
    const { words } = await healthOf(operator);
    expect(words).not.toContain("the watch of pods");
  });
});

describe("readiness", () => {
  const count = 40;

  test("comes when every pool that was there has been looked at, and until then no pool is said to be missing", async () => {
    const stage = await EmbeddedStage.start();
    const { session } = stage;
    for (let index = 0; index < count; index += 1) {
      await session.create(session.deployments, workload(`web-${index}`, { replicas: 0 }));
      await session.create(poolsPath, poolOf(`web-${index}`));
    }
    // As far away as another zone.
    stage.intercept = () => sleep(5).then(() => undefined);
    const operator = await stage.startOperator();
    const answers = new Set<number>();
    while ((await operator.get("/readyz")).status !== 200)
      answers.add((await operator.get(`/v1/pools/default/web-${count - 1}`)).status);
    expect((await operator.get<{ pools: unknown[] }>("/v1/pools")).body.pools).toHaveLength(count);
    expect(answers).not.toContain(404);
    expect(answers).toContain(503);
    const unknown = await operator.get<ProblemDocument>("/v1/pools/default/other");
    expect([unknown.status, unknown.body.reason]).toEqual([404, "PoolUnknown"]);
  });

  test("waits for one whose workload is not read half a minute and no longer, and says whom it waits for", async () => {
    const setForward = movableClock();
    const stage = await EmbeddedStage.start();
    const { session } = stage;
    for (const name of ["quick", "slow"]) {
      await session.create(session.deployments, workload(name));
      await session.create(poolsPath, poolOf(name));
    }
    await session.create(poolsPath, poolOf("lost"));
    stage.intercept = ({ url }) => (url.includes("/deployments/slow/scale") ? "hang" : undefined);
    const startedAt = performance.now();
    const operator = await stage.startOperator();
    const waits = "[-]pools failed: 1 of the pools not looked at yet: default/slow\n";
    await waitFor(async () => (await healthOf(operator)).words.includes(waits), "the one pool alone to be awaited");
    const isAwaitedAt = performance.now();
    expect(await operator.pool("default", "quick")).toBeDefined();
    const missing = () => operator.get<ProblemDocument>("/v1/pools/default/slow");
    expect([(await missing()).status, (await missing()).body.reason]).toEqual([503, "JustStarted"]);
    // A busy machine needs some of the half minute for what is above.
    setForward(20_000 - (performance.now() - startedAt));
    expect((await healthOf(operator)).ready).toBe(503);
    setForward(30_000 - (performance.now() - isAwaitedAt));
    expect((await healthOf(operator)).ready).toBe(200);
    expect([(await missing()).status, (await missing()).body.reason]).toEqual([404, "PoolUnknown"]);
  });

  test("comes, and liveness stays, while every write hangs", async () => {
    const stage = await EmbeddedStage.start();
    const { session } = stage;
    for (let index = 0; index < count; index += 1) {
      await session.create(session.deployments, workload(`web-${index}`));
      await session.create(poolsPath, poolOf(`web-${index}`));
    }
    stage.intercept = ({ method }) => (method === "GET" ? undefined : "hang");
    const operator = await stage.startOperator();
    await waitFor(async () => (await operator.get("/readyz")).status === 200, "readiness");
    expect((await operator.get<{ pools: unknown[] }>("/v1/pools")).body.pools).toHaveLength(count);
    expect((await healthOf(operator)).live).toBe(200);
  });

  test("waits for the caches for as long as it takes", async () => {
    const setForward = movableClock();
    const stage = await EmbeddedStage.start();
    stage.intercept = ({ url }) => (/\/services\?/.test(url) ? "hang" : undefined);
    const operator = await stage.startOperator();
    const waits = "[-]caches failed: not read yet: services\n";
    await waitFor(async () => (await healthOf(operator)).words.includes(waits), "services alone to be awaited");
    setForward(sixMinutes);
    expect((await healthOf(operator)).ready).toBe(503);
  });
});

test("what watches miss is counted from 0 on, as what begins with the first miss has not increased", async () => {
  const { operator } = await startServing();
  const { body } = await operator.get<string>("/metrics");
  for (const resource of ["pods", "services", "endpointslices", "loadbalancerpools"])
    expect(body).toContain(`evenkeel_relist_drift_total{resource="${resource}"} 0\n`);
});

test("the port for probes has nothing else, and answers while the other one is full", async () => {
  const { operator } = await startServing({ health: { host: "127.0.0.1", port: 0 } });
  const port = Number(new URL(operator.url).port);
  // Each asks for something, as a connection on which nothing is asked is closed soon.
  const sockets = Array.from({ length: 2_150 }, () => {
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    socket.write("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
    return socket.resume();
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  const status = async (path: string) => {
    const { statusCode, body } = await request(`${operator.healthUrl}${path}`);
    await body.dump();
    return statusCode;
  };
  expect([await status("/livez"), await status("/readyz")]).toEqual([200, 200]);
  for (const path of ["/", "/metrics", "/v1/pools", "/v1/pools/default/web"]) expect(await status(path)).toBe(404);
  await waitFor(() => operator.log.some((line) => line.includes("connections are as many as may be")), "a log line");
  const evicted = async () => {
    const { body } = await operator.get<string>("/metrics");
    return Number(/^evenkeel_http_connections_evicted_total (\d+)$/m.exec(body)?.[1]);
  };
  await waitFor(async () => (await evicted()) >= 70, "most connections past the bound to cost another");
  expect(operator.log.filter((line) => line.includes("connections are as many as may be"))).toHaveLength(1);
});
