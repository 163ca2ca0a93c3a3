import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { Rebalancer } from "../../src/act/rebalancer.ts";
import { pool as poolSchema } from "../../src/api/pool.ts";
import type { RebalancePlan } from "../../src/decide/rebalance/planned-rebalance.ts";
import type { Pod, Pool } from "../../src/decide/world.ts";
import { serveHttp, serveTcp, useCleanups } from "../observe/sampling/fake-pods.ts";
import { patienceMs } from "../tools/control-plane/wait-for.ts";
import { grantOf, openFence } from "./open-fence.ts";

const { serving } = useCleanups();
const canary = createHash("sha256").update("hostile").digest("hex");

function poolOf(rebalance: object = {}, timeout = "9s"): Pool {
  const { spec } = poolSchema.parse({
    metadata: { name: "web" },
    spec: {
      selector: { matchLabels: { app: "web" } },
      ports: [{ port: 80 }],
      metrics: { interval: "10s", timeout, source: { http: { connections: { name: "open" } } } },
      rebalance: { port: "metrics", ...rebalance },
    },
  });
  return { namespace: "default", name: "web", uid: "pool", generation: 1, createdAt: 0, spec };
}

const planOf = (period: number, pods: readonly Pod[], connections = 3): RebalancePlan => ({
  state: "decided",
  period,
  periodMs: 10_000,
  decidedAt: 0,
  surplus: new Map(pods.map(({ uid }) => [uid, connections])),
  asks: pods.map((pod) => ({ pod, connections })),
});

function start(policy = { allowLoopback: true }) {
  let now = 0;
  const outcomes: string[] = [];
  const fence = openFence({ now: () => now });
  const rebalancer = new Rebalancer({
    fence,
    dialPolicy: policy,
    onAsked: (_, connections, outcome) => outcomes.push(`${connections} ${outcome}`),
  });
  const never = new AbortController().signal;
  return {
    fence,
    rebalancer,
    outcomes,
    pass: (ms: number) => {
      now += ms;
    },
    /** As in the second period of a term, in which it may ask. */
    async ask(pods: readonly Pod[], { pool = poolOf(), period = 2 } = {}) {
      const grant = grantOf(fence);
      rebalancer.ask(pool, { ...planOf(period - 1, []), state: "starting" }, grant, never);
      rebalancer.ask(pool, planOf(period, pods), grant, never);
      await rebalancer.ended();
      return rebalancer.problemOf(pool);
    },
  };
}

const recording = async (status = 204) => {
  const asked: string[] = [];
  const { pod } = await serving(
    serveHttp(({ method, url }, response) => {
      asked.push(`${method} ${url}`);
      response.writeHead(status).end();
    }),
  );
  return { pod, asked };
};

test.each([200, 202, 204])("a pod is asked once, and has done it by %d", async (status) => {
  const { pod, asked } = await recording(status);
  const { ask, outcomes } = start();
  expect(await ask([pod])).toBeUndefined();
  expect([asked, outcomes]).toEqual([["POST /evenkeel/close?connections=3"], ["3 ok"]]);
});

test("nobody is asked in the first period of a term, or twice in one", async () => {
  const { pod, asked } = await recording();
  const { rebalancer, fence } = start();
  const never = new AbortController().signal;
  const grant = grantOf(fence);
  for (const period of [7, 7, 8, 8]) rebalancer.ask(poolOf(), planOf(period, [pod]), grant, never);
  await rebalancer.ended();
  expect(asked).toHaveLength(1);
  // Another leader's term begins in the middle of a period.
  const next = { ...grant, term: new AbortController().signal };
  for (const period of [9, 9]) rebalancer.ask(poolOf(), planOf(period, [pod]), next, never);
  await rebalancer.ended();
  expect(asked).toHaveLength(1);
  rebalancer.ask(poolOf(), planOf(10, [pod]), next, never);
  await rebalancer.ended();
  expect(asked).toHaveLength(2);
});

test("a term that is over asks nobody", async () => {
  const { pod, asked } = await recording();
  const { rebalancer, fence } = start();
  const ending = new AbortController();
  const grant = { ...grantOf(fence), term: ending.signal };
  const never = new AbortController().signal;
  rebalancer.ask(poolOf(), planOf(1, []), grant, never);
  ending.abort();
  rebalancer.ask(poolOf(), planOf(2, [pod]), grant, never);
  await rebalancer.ended();
  expect(asked).toEqual([]);
});

test("a pod that is asked at an address of its node, or at a port that it does not declare, is not", async () => {
  const { pod, asked } = await recording();
  const { ask, outcomes } = start({ allowLoopback: false });
  expect(await ask([pod])).toMatchObject({ reason: "AskFailed" });
  const other = start();
  const problem = await other.ask([pod], { pool: poolOf({ port: "admin" }) });
  expect(problem).toMatchObject({ reason: "PortNotDeclared", message: expect.stringContaining("spec.rebalance.port") });
  expect([asked, outcomes, other.outcomes]).toEqual([[], ["3 AddressRefused"], ["3 PortNotDeclared"]]);
});

describe("a pod", () => {
  test.each([404, 405, 501])("that answers %d is told with the field to mend", async (status) => {
    const { pod } = await recording(status);
    const { ask } = start();
    expect(await ask([pod])).toEqual({
      reason: "NotImplemented",
      message: `Pods do not know POST /evenkeel/close on port metrics, such as ${pod.name}, which answers ${status}: implement it there, or correct spec.rebalance.path or spec.rebalance.port.`,
    });
  });

  test("that redirects leads nowhere", async () => {
    const { pod: target, asked } = await recording();
    const location = `http://${target.addresses[0]}:${target.ports[0]!.port}/${canary}`;
    const { pod } = await serving(serveHttp((_, response) => response.writeHead(307, { location }).end(canary)));
    const { ask, outcomes } = start();
    expect(JSON.stringify(await ask([pod]))).not.toContain(canary);
    expect([asked, outcomes]).toEqual([[], ["3 Redirected"]]);
  });

  test("that answers without end, or in words, is cut and not quoted", async () => {
    const endless = await serving(
      serveHttp((_, response) => {
        const pump = (): void => {
          while (!response.destroyed && response.write(canary.repeat(1_000)));
        };
        response.on("drain", pump);
        pump();
      }),
    );
    const failing = await serving(
      serveHttp((_, response) => response.writeHead(500, canary, { "x-canary": canary }).end(canary)),
    );
    const odd = await serving(
      serveTcp((socket) => {
        socket.once("data", () => socket.end(`${canary}\r\n\r\n`));
      }),
    );
    const { ask, outcomes } = start();
    const problem = await ask([endless.pod, failing.pod, odd.pod]);
    expect(problem?.reason).toBe("AskFailed");
    expect(JSON.stringify(problem)).not.toContain(canary);
    expect(outcomes.toSorted()).toEqual(["3 BodyTooLarge", "3 Malformed", "3 StatusNotOk"]);
  });

  test("that hangs keeps no other waiting, and is given up", async () => {
    const hanging = await serving(serveTcp(() => {}));
    const { pod, asked } = await recording();
    const { ask, outcomes } = start();
    const began = performance.now();
    const problem = await ask([hanging.pod, pod], { pool: poolOf({}, "1s") });
    expect(performance.now() - began).toBeLessThan(patienceMs);
    expect(asked).toHaveLength(1);
    expect(outcomes).toEqual(["3 ok", "3 TimedOut"]);
    expect(problem?.message).toContain("TimedOut");
  });
});

test("what is told stays as it is while pods fail alike, and is over after a calm minute or a new spec", async () => {
  const [one, two] = [await recording(500), await recording(503)];
  const well = await recording();
  const { ask, rebalancer, pass } = start();
  const told = await ask([one.pod], { period: 2 });
  expect(await ask([two.pod], { period: 4 })).toEqual(told);
  pass(30_000);
  expect(await ask([well.pod], { period: 6 })).toEqual(told);
  expect(rebalancer.problemOf({ ...poolOf(), generation: 2 })).toBeUndefined();
  pass(30_000);
  expect(await ask([well.pod], { period: 8 })).toBeUndefined();
});
