import { connect, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { EmbeddedStage, loopbackMetrics, poolOf, poolsPath, workload } from "../rigs/embedded-stage.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const perPod = 40;

interface Endpoint {
  readonly pod: string;
  readonly address: string;
  readonly port: number;
}

/** Clients that hold connections through something blind, which goes round; they come back when they are let go. */
class Clients {
  readonly #sockets = new Set<Socket>();
  #next = 0;
  #isOver = false;
  cut = 0;

  constructor() {
    onTestFinished(() => {
      this.#isOver = true;
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  get open(): number {
    return this.#sockets.size;
  }

  hold(endpoints: readonly Endpoint[], clients: number): void {
    this.towards = endpoints;
    for (let client = 0; client < clients; client += 1) this.#dial();
  }

  #dial(): void {
    const { address, port } = this.towards[this.#next++ % this.towards.length]!;
    const socket = connect(port, address, () => socket.write("GET /hold HTTP/1.1\r\nhost: pod\r\n\r\n"));
    this.#sockets.add(socket);
    socket.resume();
    socket.on("error", () => {
      this.cut += 1;
    });
    socket.on("close", () => {
      this.#sockets.delete(socket);
      if (!this.#isOver) this.#dial();
    });
  }

  /** Where those go that come back. */
  towards: readonly Endpoint[] = [];
}

const endpointsOf = async (operator: RunningOperator, count: number): Promise<Endpoint[]> =>
  waitFor(async () => {
    const known = await operator.pool("default", "web");
    return (
      known?.endpoints.length === count &&
      known.endpoints.map(({ pod, address, ports }) => ({ pod, address, port: ports[0]!.port }))
    );
  }, `${count} endpoints`);

const merge = "application/merge-patch+json";
const rebalance = { port: "metrics", maxPercent: 10 };
const spec = {
  // Nobody is asked while a sample is missing: on a busy machine one takes longer than it should.
  metrics: { ...loopbackMetrics, interval: "500ms", timeout: "450ms" },
  strategy: { type: "RoundRobin", slowStart: "0s" },
  publish: { readySet: { period: "2s" } },
};

/** Two pods with connections, which a third one joins. */
async function startJoined(given: object) {
  const stage = await EmbeddedStage.start();
  const { session } = stage;
  await session.create(session.deployments, workload("web", { replicas: 2 }));
  await session.create(poolsPath, poolOf("web", spec));
  const operator = await stage.startOperator();
  const clients = new Clients();
  clients.hold(await endpointsOf(operator, 2), 2 * perPod);
  const counts = async () => {
    const known = await operator.pool("default", "web");
    return known?.endpoints.map(({ connections }) => connections ?? 0) ?? [];
  };
  await waitFor(async () => (await counts()).every((count) => count === perPod), "the connections to be seen");
  // Not before all of them are open: while they come, one pod may have more than the other.
  await session.patch(`${poolsPath}/web`, { spec: given }, merge);
  await session.patch(`${session.deployments}/web`, { spec: { replicas: 3 } }, merge);
  clients.towards = await endpointsOf(operator, 3);
  return { stage, operator, clients, counts };
}

/** The fullest pod beside the mean. */
const excess = (counts: readonly number[]): number =>
  Math.max(...counts) / (counts.reduce((total, count) => total + count, 0) / counts.length);

const condition = async (operator: RunningOperator, type: string) =>
  (await operator.pool("default", "web"))?.conditions.find((one) => one.type === type);

test("after a pod has joined, the connections are even within a few periods, and none is cut", async () => {
  const { operator, clients, counts } = await startJoined({ rebalance });
  const isEven = async () => {
    const now = await counts();
    return now.length === 3 && excess(now) < 1.25 && now;
  };
  const even = await waitFor(isEven, "an even spread");
  expect(Math.min(...even)).toBeGreaterThan(0);
  expect(clients.cut).toBe(0);
  expect(await condition(operator, "Rebalancing")).toMatchObject({ status: "True", reason: "Asking" });
  const text = await (await fetch(`${operator.url}/metrics`)).text();
  const asked = Number(/evenkeel_pool_rebalanced_connections_total\{[^}]*\} (\d+)/.exec(text)?.[1]);
  // Each takes a third of its share on its way: none is moved in circles.
  expect(asked).toBeGreaterThan(10);
  expect(asked).toBeLessThan(2 * perPod);
  // A pod may fetch its number, too.
  const told = await waitFor(async () => {
    const known = await operator.pool("default", "web");
    return known?.rebalance?.decidedAt !== undefined && known;
  }, "the numbers of a period");
  expect(told.rebalance).toMatchObject({ state: "decided", periodMs: 2_000 });
  expect(told.endpoints.every(({ surplus = -1 }) => surplus >= 0)).toBe(true);
});

test("without it they stay where they are", async () => {
  const { operator, counts } = await startJoined({});
  const plannedAt = async () => Date.parse((await operator.pool("default", "web"))!.plannedAt);
  const joinedAt = await plannedAt();
  await waitFor(async () => (await plannedAt()) > joinedAt + 6_000, "plans of three periods");
  expect(excess(await counts())).toBeGreaterThan(1.4);
  expect(await condition(operator, "Rebalancing")).toBeUndefined();
});
