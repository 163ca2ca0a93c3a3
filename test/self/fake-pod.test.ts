import { once } from "node:events";
import { connect } from "node:net";
import { request } from "undici";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Canary } from "../rigs/pods/canary.ts";
import { FakePod } from "../rigs/pods/fake-pod.ts";
import type { Misbehaviour } from "../rigs/pods/misbehaviour.ts";
import type { PodPorts } from "../rigs/pods/pod-listener.ts";
import { listenAlone } from "../rigs/pods/pod-listener.ts";
import { findFreePorts } from "../tools/control-plane/ports.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const mebibyte = 2 ** 20;

describe("a fake pod", () => {
  const pod = new FakePod({ address: "127.0.0.1", name: "web-1" });
  let ports: PodPorts;
  let listener: { close(): Promise<void> };
  const get = (path: string, port: "traffic" | "metrics" = "metrics", timeoutMs = 5_000) =>
    request(`http://${pod.address}:${ports[port]}${path}`, { reset: true, signal: AbortSignal.timeout(timeoutMs) });
  const metrics = async (): Promise<string> => (await get("/metrics")).body.text();
  const spoiled = (misbehaviour: Misbehaviour, timeoutMs?: number) => {
    pod.misbehaviour = misbehaviour;
    return get("/metrics", "metrics", timeoutMs);
  };

  beforeAll(async () => {
    const [traffic = 0, metricsPort = 0] = await findFreePorts(2);
    ports = { traffic, metrics: metricsPort };
    listener = await listenAlone(pod, ports);
  });
  afterEach(() => {
    Object.assign(pod, { misbehaviour: undefined, connections: undefined, load: 0, serviceTimeMs: 0 });
  });
  afterAll(() => listener.close());

  test("gives the numbers that it was told", async () => {
    Object.assign(pod, { connections: 12, load: 0.75 });
    expect(await metrics()).toMatch(/^app_connections 12$/m);
    expect(await metrics()).toMatch(/^app_load 0\.75$/m);
    const { headers, body } = await get("/status.json");
    expect(headers["content-type"]).toBe("application/json");
    expect(await body.json()).toMatchObject({ connections: 12, load: 0.75 });
  });

  test("counts the connections that are open on its traffic port, not the scrapes", async () => {
    const sockets = [1, 2, 3].map(() => connect(ports.traffic, pod.address));
    await waitFor(() => pod.openConnections === 3, "3 connections");
    expect(await metrics()).toMatch(/^app_connections 3$/m);
    sockets[0]?.destroy();
    await waitFor(() => pod.openConnections === 2, "2 connections");
    const ended = sockets.slice(1).map((socket) => once(socket.resume(), "close"));
    pod.dropConnections();
    await Promise.all(ended);
    expect(pod.acceptedConnections).toBe(3);
  });

  test("counts and times its traffic", async () => {
    pod.serviceTimeMs = 30;
    const { body } = await get("/", "traffic");
    expect(await body.text()).toBe("web-1\n");
    expect(await metrics()).toMatch(/^app_requests_total 1$/m);
    const sum = Number(/^app_response_seconds_sum (\S+)$/m.exec(await metrics())?.[1]);
    expect(sum).toBeGreaterThan(0.02);
    expect(await metrics()).toMatch(/_bucket\{le="0\.005"\} 0\n/);
  });

  test("fails with a status", async () => {
    expect((await spoiled({ kind: "status", status: 500 })).statusCode).toBe(500);
  });

  test("redirects to a canary, which counts who follows", async () => {
    const canary = await Canary.start();
    const { statusCode, headers } = await spoiled({ kind: "redirect", to: canary.url });
    expect([statusCode, headers.location, canary.hits]).toEqual([302, canary.url, 0]);
    await fetch(`http://${pod.address}:${ports.metrics}/metrics`);
    expect(canary.hits).toBe(1);
    await canary.stop();
  });

  test("sends a body without measure", async () => {
    const { body } = await spoiled({ kind: "huge", bytes: 5 * mebibyte });
    expect((await body.arrayBuffer()).byteLength).toBeGreaterThanOrEqual(5 * mebibyte);
  });

  test.each(["br", "gzip"] as const)("sends a small %s body that swells", async (encoding) => {
    const { body } = await spoiled({ kind: "bomb", encoding, bytes: 10 * mebibyte });
    expect((await body.arrayBuffer()).byteLength).toBeLessThan(mebibyte / 10);
    const plain = await fetch(`http://${pod.address}:${ports.metrics}/metrics`);
    expect((await plain.arrayBuffer()).byteLength).toBe(10 * mebibyte);
  });

  test("drips", async () => {
    const { body } = await spoiled({ kind: "drip", everyMs: 20 });
    const sizes: number[] = [];
    for await (const chunk of body) {
      sizes.push((chunk as Buffer).length);
      if (sizes.length === 5) break;
    }
    expect(Math.max(...sizes)).toBeLessThan(20);
  });

  test("hangs before and within its answer", async () => {
    await expect(spoiled({ kind: "hang" }, 200)).rejects.toThrow(/timeout/);
    const { body } = await spoiled({ kind: "stall" }, 400);
    await expect(body.text()).rejects.toThrow(/timeout/);
  });

  test("closes within its answer, or before it", async () => {
    const { body } = await spoiled({ kind: "cut" });
    await expect(body.text()).rejects.toThrow();
    await expect(spoiled({ kind: "refuse" })).rejects.toThrow();
  });

  test.each(["NaN", "-1", "+Inf", "1e308", "many"])("says %s", async (text) => {
    pod.misbehaviour = { kind: "value", text };
    expect(await metrics()).toContain(`\napp_connections ${text}\n`);
    expect(await (await get("/status.json")).body.text()).toContain(`"connections":${text},`);
  });

  test("says nothing of use", async () => {
    pod.misbehaviour = { kind: "missing" };
    expect(await metrics()).not.toMatch(/app_connections|app_load/);
    pod.misbehaviour = { kind: "garbage" };
    expect(await metrics()).not.toMatch(/app_/);
  });
});
