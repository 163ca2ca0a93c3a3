import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { Arrival } from "../../../../src/lab/cli/demo/arrivals.ts";
import { holdConnection } from "../../../../src/lab/cli/demo/hold-connection.ts";
import { type Choice, LoadGenerator } from "../../../../src/lab/cli/demo/load-generator.ts";
import { findFreePort } from "../../../../src/lab/cli/demo/preflight.ts";
import { waitFor } from "../../../tools/control-plane/wait-for.ts";

const address = "127.0.0.1";
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A server that answers and holds on; `open` counts its connections. */
async function startPod(pod: string, status = 200): Promise<Choice & { readonly open: () => number; close(): void }> {
  let open = 0;
  const server = createServer((_request, response) => {
    response.writeHead(status);
    response.write("holds\n");
  });
  server.on("connection", (socket) => {
    open += 1;
    socket.on("close", () => {
      open -= 1;
    });
  });
  servers.push(server);
  server.listen(0, address);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { pod, address, port, open: () => open, close: () => server.closeAllConnections() };
}

const generate = (list: Iterable<Arrival>, choose: () => Promise<readonly Choice[]>) => {
  const failures: string[] = [];
  const load = new LoadGenerator({
    arrivals: list[Symbol.iterator](),
    choose,
    hold: holdConnection,
    now: () => performance.now(),
    onFailure: (message) => failures.push(message),
  });
  return { load, failures };
};

const at = (atMs: number, holdMs: number): Arrival => ({ atMs, holdMs });

const until = (condition: () => boolean): Promise<unknown> => waitFor(condition, String(condition), { intervalMs: 10 });

describe("the load generator", () => {
  test("opens a connection per arrival, holds it, and waits for none", async () => {
    const pod = await startPod("a");
    const { load, failures } = generate([at(0, 2_000), at(0, 2_000), at(20, 2_000)], async () => [pod]);
    const running = load.run(new AbortController().signal);
    await until(() => load.traffic.open === 3);
    expect(pod.open()).toBe(3);
    await running;
    await until(() => pod.open() === 0);
    expect(load.traffic).toEqual({ open: 0, opened: 3, failed: 0, released: 0, perPod: new Map([["a", 3]]) });
    expect(failures).toEqual([]);
  });

  test("opens no more while a hundred wait to be answered, and goes on when they are", async () => {
    const pod = await startPod("a");
    let answer = () => {};
    const asked = new Promise<void>((resolve) => {
      answer = resolve;
    });
    function* crowd(): Generator<Arrival> {
      for (let index = 0; index < 160; index += 1) yield at(0, 500);
      answer();
      let atMs = 0;
      for (; load.traffic.opened < 100; atMs += 10) yield at(atMs, 0);
      yield at(atMs, 50);
    }
    const { load, failures } = generate(crowd(), () => asked.then(() => [pod]));
    await load.run(new AbortController().signal);
    expect(load.traffic).toMatchObject({ opened: 101, failed: 0 });
    expect(failures).toEqual([]);
  });

  test("turns to the next pod of the list when one refuses, and counts the failure", async () => {
    const dead: Choice = { pod: "dead", address, port: await findFreePort(address) };
    const [broken, alive] = [await startPod("broken", 503), await startPod("alive")];
    const { load, failures } = generate([at(0, 50)], async () => [dead, broken, alive]);
    await load.run(new AbortController().signal);
    expect(load.traffic).toEqual({ open: 0, opened: 1, failed: 2, released: 0, perPod: new Map([["alive", 1]]) });
    expect(failures[0]).toMatch(/^a connection to dead failed: .*ECONNREFUSED/);
    expect(failures[1]).toBe("a connection to broken failed: the pod answered 503");
  });

  test("takes up elsewhere what a pod cuts", async () => {
    const [first, second] = [await startPod("first"), await startPod("second")];
    const { load, failures } = generate([at(0, 2_000)], async () => [first, second]);
    const running = load.run(new AbortController().signal);
    await until(() => first.open() === 1 && load.traffic.open === 1);
    first.close();
    await until(() => second.open() === 1);
    await running;
    expect(load.traffic.perPod).toEqual(
      new Map([
        ["first", 1],
        ["second", 1],
      ]),
    );
    expect(failures).toHaveLength(1);
  });

  test("counts it as a failure when there is no pod to connect to", async () => {
    const { load, failures } = generate([at(0, 50)], () => Promise.reject(new Error("Pool has no endpoint")));
    await load.run(new AbortController().signal);
    expect(load.traffic.failed).toBe(1);
    expect(failures).toEqual(["no pod to connect to: Pool has no endpoint"]);
  });

  test("ends at once, with every connection closed and none of them failed", async () => {
    const pod = await startPod("a");
    const stop = new AbortController();
    const { load, failures } = generate([at(0, 60_000), at(0, 60_000), at(60_000, 1)], async () => [pod]);
    const running = load.run(stop.signal);
    await until(() => load.traffic.open === 2);
    stop.abort();
    await running;
    await until(() => pod.open() === 0);
    expect(load.traffic).toMatchObject({ open: 0, opened: 2, failed: 0 });
    expect(failures).toEqual([]);
  });
});
