import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { createLoopbackPods, type LoopbackPodsOptions } from "../../../src/lab/embedded/loopback-pods.ts";
import type { StoredObject } from "../../../src/lab/embedded/object/stored-object.ts";

const cleanUps: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const podNamed = (name: string, env: Readonly<Record<string, string>> = {}): StoredObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "default" },
  spec: {
    containers: [
      {
        name: "web",
        image: "demo",
        env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
        ports: [
          { name: "http", containerPort: 8080 },
          { name: "metrics", containerPort: 9090 },
        ],
      },
    ],
  },
});

/** Runs a pod until the test ends; resolves when it is ready. */
async function run(env: Readonly<Record<string, string>> = {}, options: LoopbackPodsOptions = {}) {
  const pods = createLoopbackPods(options);
  const pod = podNamed("a", env);
  const reports: boolean[] = [];
  const { podIP } = await pods.start(pod, (isReady) => reports.push(isReady));
  cleanUps.push(() => pods.stop(pod, 0));
  await expect.poll(() => reports).toEqual([true]);
  return { pods, pod, podIP, stop: (graceMs: number) => pods.stop(pod, graceMs) };
}

async function open(podIP: string, text = ""): Promise<Socket> {
  const socket = connect(8080, podIP);
  cleanUps.push(() => socket.destroy());
  await once(socket, "connect");
  if (text !== "") {
    socket.write(text);
    await once(socket, "data");
  }
  return socket;
}

/** A request on a connection of its own: a later pod may have the same address. */
async function get(podIP: string, port: number, path: string) {
  const asking = request({ host: podIP, port, path, agent: false });
  asking.end();
  const [response] = (await once(asking, "response")) as [IncomingMessage];
  return { status: response.statusCode, text: (await response.setEncoding("utf8").toArray()).join("") };
}

async function metric(podIP: string, name: string): Promise<number> {
  const { text } = await get(podIP, 9090, "/metrics");
  return Number(new RegExp(`^${name} (.*)$`, "m").exec(text)?.[1]);
}

describe("loopback pods", () => {
  it("each have an address of their own", async () => {
    const pods = createLoopbackPods();
    const [first, second] = [podNamed("a"), podNamed("b")];
    const addresses: string[] = [];
    for (const pod of [first, second]) {
      addresses.push((await pods.start(pod, () => undefined)).podIP);
      cleanUps.push(() => pods.stop(pod, 0));
    }
    expect(new Set(addresses).size).toBe(2);
    await expect.poll(async () => (await get(addresses[0] ?? "", 8080, "/")).text).toBe("a\n");
    await expect.poll(async () => (await get(addresses[1] ?? "", 8080, "/")).text).toBe("b\n");
  });

  it("pass over addresses that others use", async () => {
    const firstAddress = `127.${200 + (process.pid % 50)}.7.1`;
    const first = await run({}, { firstAddress });
    const second = await run({}, { firstAddress });
    expect(second.podIP).not.toBe(first.podIP);
    expect(second.podIP.split(".").slice(0, 3)).toEqual(first.podIP.split(".").slice(0, 3));
  });

  it("have the addresses of pods that are gone when there are no others left", async () => {
    const firstAddress = `127.${200 + (process.pid % 50)}.255.253`;
    const pods = createLoopbackPods({ firstAddress });
    const start = async (name: string): Promise<string> => {
      cleanUps.push(() => pods.stop(podNamed(name), 0));
      return (await pods.start(podNamed(name), () => undefined)).podIP;
    };
    const [first, second] = [await start("a"), await start("b")];
    expect([first, second]).toEqual([firstAddress, firstAddress.replace(/253$/, "254")]);
    await expect(start("c")).rejects.toThrow("no loopback address has the pod's ports free");
    await pods.stop(podNamed("a"), 0);
    expect(await start("c")).toBe(first);
  });

  it("hold silent connections, requests and upgrades, and count them", async () => {
    const { pods, podIP } = await run();
    await open(podIP);
    await open(podIP, "GET /hold HTTP/1.1\r\nhost: a\r\n\r\n");
    const last = await open(podIP, "GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: hold\r\n\r\n");
    await expect.poll(() => pods.connections("a")).toBe(3);
    expect(await metric(podIP, "demo_open_connections")).toBe(3);
    last.destroy();
    await expect.poll(() => metric(podIP, "demo_open_connections")).toBe(2);
    expect(await metric(podIP, "demo_connections_total")).toBe(3);
    expect(pods.pods()).toEqual([{ namespace: "default", name: "a", podIP, connections: 2, capacity: 100 }]);
  });

  it("tell their load in percent of their capacity", async () => {
    const { podIP } = await run({ CAPACITY: "4" });
    await open(podIP);
    await expect.poll(() => metric(podIP, "demo_load_percent")).toBe(25);
  });

  it("make the noise that they are told to", async () => {
    const { podIP } = await run({ CAPACITY: "4", NOISE_PERCENT: "10" }, { random: () => 1 });
    expect(await metric(podIP, "demo_load_percent")).toBe(10);
  });

  it("take longer to answer the more they hold", async () => {
    const { podIP } = await run({ SERVICE_MS: "40" });
    expect((await get(podIP, 8080, "/")).text).toBe("a\n");
    expect(await metric(podIP, "demo_requests_total")).toBe(1);
    expect(await metric(podIP, "demo_request_duration_seconds_sum")).toBeGreaterThan(0.03);
  });

  it("are not ready, and hang up, until they have started", async () => {
    const pods = createLoopbackPods();
    const pod = podNamed("a", { START_DELAY_MS: "300" });
    const reports: boolean[] = [];
    const { podIP } = await pods.start(pod, (isReady) => reports.push(isReady));
    cleanUps.push(() => pods.stop(pod, 0));
    expect((await get(podIP, 9090, "/healthz")).status).toBe(503);
    const early = connect(8080, podIP).on("error", () => undefined);
    await once(early, "close");
    expect(reports).toEqual([]);
    await expect.poll(() => reports).toEqual([true]);
    expect((await get(podIP, 9090, "/healthz")).status).toBe(200);
  });

  it("never become ready when they are stopped before", async () => {
    const pods = createLoopbackPods();
    const pod = podNamed("a", { START_DELAY_MS: "60000" });
    const reports: boolean[] = [];
    await pods.start(pod, (isReady) => reports.push(isReady));
    await pods.stop(pod, 0);
    expect(reports).toEqual([]);
    expect(pods.pods()).toEqual([]);
  });

  it("finish what they hold before they end", async () => {
    const { pods, podIP, stop } = await run({}, { lingerMs: 10_000 });
    const socket = await open(podIP);
    let hasEnded = false;
    const stopping = stop(10_000).then(() => {
      hasEnded = true;
    });
    const refused = request({ host: podIP, port: 8080 });
    await once(refused, "error");
    expect([hasEnded, pods.connections("a")]).toEqual([false, 1]);
    socket.end();
    await stopping;
    expect(pods.connections("a")).toBeUndefined();
  });

  it("go on for a while after they are told to stop, if they are set to", async () => {
    const { podIP, stop } = await run({ STOP_DELAY_MS: "300" }, { lingerMs: 10_000 });
    const stopping = stop(10_000);
    expect((await get(podIP, 9090, "/healthz")).status).toBe(200);
    await stopping;
    const refused = request({ host: podIP, port: 8080 });
    await once(refused, "error");
  });

  it("cut what is left when their time is over", async () => {
    const { podIP, stop } = await run({}, { lingerMs: 50 });
    const socket = await open(podIP, "GET /hold HTTP/1.1\r\nhost: a\r\n\r\n");
    const closed = once(socket, "close");
    await stop(10_000);
    await closed;
  });

  it("accept and never answer while they are frozen, on every port, and go on where they were", async () => {
    const { pods, podIP } = await run();
    const held = await open(podIP, "GET /hold HTTP/1.1\r\nhost: a\r\n\r\n");
    expect(pods.setFault("a", "frozen")).toBe(true);
    let answers = 0;
    const asked = [get(podIP, 8080, "/"), get(podIP, 9090, "/metrics"), get(podIP, 9090, "/healthz")];
    for (const answer of asked) void answer.then(() => (answers += 1));
    // All of them are connected: the pod counts those that take traffic.
    await expect.poll(() => pods.connections("a")).toBe(2);
    await sleep(200);
    expect(answers).toBe(0);
    expect(held.destroyed).toBe(false);
    pods.setFault("a", undefined);
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(pods.setFault("b", "frozen")).toBe(false);
  });

  it("do not hear that they are to stop while they are frozen, and are cut when their time is over", async () => {
    const { pods, podIP, stop } = await run({}, { lingerMs: 200 });
    const socket = await open(podIP, "GET /hold HTTP/1.1\r\nhost: a\r\n\r\n");
    pods.setFault("a", "frozen");
    const closed = once(socket, "close");
    const stopping = stop(10_000);
    const late = await open(podIP);
    await Promise.all([stopping, closed, once(late, "close")]);
    expect(pods.pods()).toEqual([]);
  });

  it("take 0.3 s longer when they are slow", async () => {
    const { pods, podIP } = await run({ SERVICE_MS: "10" });
    pods.setFault("a", "slow");
    expect(pods.pods()[0]).toMatchObject({ fault: "slow" });
    expect((await get(podIP, 8080, "/")).text).toBe("a\n");
    expect(await metric(podIP, "demo_request_duration_seconds_sum")).toBeGreaterThan(0.29);
  });

  it("say that they are idle when they lie, and have what they have", async () => {
    const { pods, podIP } = await run();
    await open(podIP, "GET /hold HTTP/1.1\r\nhost: a\r\n\r\n");
    expect(await metric(podIP, "demo_open_connections")).toBe(1);
    pods.setFault("a", "lying");
    expect(await metric(podIP, "demo_open_connections")).toBe(0);
    expect(await metric(podIP, "demo_load_percent")).toBe(0);
    expect(pods.connections("a")).toBe(1);
    pods.setFault("a", undefined);
    expect(await metric(podIP, "demo_open_connections")).toBe(1);
  });

  it("refuse an environment that makes no sense", async () => {
    const pods = createLoopbackPods();
    await expect(pods.start(podNamed("a", { START_DELAY_MS: "soon" }), () => undefined)).rejects.toThrow(
      "START_DELAY_MS",
    );
  });

  it("close as many connections as they are asked to, in good order", async () => {
    const { podIP } = await run();
    const held = await Promise.all(
      Array.from({ length: 5 }, () => open(podIP, "GET /hold HTTP/1.1\r\nhost: a\r\n\r\n")),
    );
    const ends: number[] = [];
    for (const [place, socket] of held.entries()) socket.on("end", () => ends.push(place)).resume();
    const ask = async (path: string) => {
      const asking = request({ host: podIP, port: 9090, path, method: "POST", agent: false });
      asking.end();
      const [response] = (await once(asking, "response")) as [IncomingMessage];
      return response.resume().statusCode;
    };
    expect(await ask("/evenkeel/close?connections=none")).toBe(400);
    expect(await ask("/close?connections=2")).toBe(404);
    expect(await ask("/evenkeel/close?connections=2")).toBe(204);
    await expect.poll(() => ends).toHaveLength(2);
    expect(await ask("/evenkeel/close?connections=9")).toBe(204);
    await expect.poll(() => ends.toSorted()).toEqual([0, 1, 2, 3, 4]);
  });
});
