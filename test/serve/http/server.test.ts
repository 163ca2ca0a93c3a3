import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import { Registry } from "prom-client";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { PlannedEndpoint } from "../../../src/decide/planned.ts";
import type { NextDocument, PoolDocument, PoolListDocument, ProblemDocument } from "../../../src/serve/documents.ts";
import { createFeed } from "../../../src/serve/feed.ts";
import type { ServedRequest } from "../../../src/serve/http/server.ts";
import type { HttpOptions } from "../../../src/serve/start-http.ts";
import { adviceToScale, endpointOf, knownByConnections, knownPool, plannedAt } from "../known.ts";
import { serveFeed } from "../serving.ts";

async function start(options: Partial<HttpOptions> = {}) {
  const { feed, server } = await serveFeed({
    feed: createFeed({ now: () => plannedAt, random: () => 0.5 }),
    now: () => plannedAt + 1_000,
    ...options,
  });
  const get = (path: string, init?: RequestInit) => fetch(`${server.url}${path}`, init);
  const getJson = async <T>(path: string): Promise<T> => (await get(path)).json() as Promise<T>;
  return { feed, server, get, getJson };
}

async function expectProblem(response: Response, status: number): Promise<ProblemDocument> {
  expect(response.status).toBe(status);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(response.headers.get("cache-control")).toBe("no-store");
  const problem = (await response.json()) as ProblemDocument;
  expect(problem).toEqual({
    type: "about:blank",
    title: expect.any(String),
    status,
    reason: expect.stringMatching(/^[A-Z][A-Za-z]+$/),
    detail: expect.any(String),
    instance: new URL(response.url).pathname,
  });
  return problem;
}

/** Resolves when a connection is over, by an end or by an error. */
const over = (socket: Socket) =>
  new Promise<void>((resolve) => socket.on("error", () => {}).once("close", () => resolve()));

/** Sends bytes as they are and reads until the server ends the connection. */
async function sendRaw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk) => {
    text += chunk;
  });
  socket.write(bytes);
  await over(socket);
  return text;
}

describe("health", () => {
  const broken = [
    { name: "loop", check: () => undefined },
    { name: "watch", check: () => "silent for 90 s" },
  ];

  test("is ok in one word, and by name when asked", async () => {
    const { get } = await start({ live: [{ name: "loop", check: () => undefined }] });
    const brief = await get("/livez");
    expect([brief.status, await brief.text()]).toEqual([200, "ok\n"]);
    expect(await (await get("/livez?verbose")).text()).toBe("[+]loop ok\nlivez check passed\n");
    expect(await (await get("/readyz?verbose")).text()).toBe("readyz check passed\n");
  });

  test("fails with the reason, asked or not; live and ready apart", async () => {
    const { get } = await start({ ready: broken });
    for (const path of ["/readyz", "/readyz?verbose"]) {
      const response = await get(path);
      expect(response.status).toBe(503);
      expect(await response.text()).toBe("[+]loop ok\n[-]watch failed: silent for 90 s\nreadyz check failed\n");
    }
    expect((await get("/livez")).status).toBe(200);
  });

  test("follows its checks from request to request", async () => {
    let reason: string | undefined = "not yet";
    const { get } = await start({ ready: [{ name: "synced", check: () => reason }] });
    expect((await get("/readyz")).status).toBe(503);
    reason = undefined;
    expect((await get("/readyz")).status).toBe(200);
  });
});

test("metrics are the registry's, with its content type", async () => {
  const registry = new Registry();
  const { get } = await start({ registry });
  const response = await get("/metrics");
  expect(response.headers.get("content-type")).toBe(registry.contentType);
  expect(await response.text()).toBe(await registry.metrics());
});

describe("pools", () => {
  test("the list has a line for each", async () => {
    const { feed, getJson } = await start();
    expect(await getJson("/v1/pools")).toEqual({
      pools: [],
      replica: { identity: "alone", version: "0", leads: true },
    });
    feed.set(knownPool("shop", "checkout"));
    feed.set({ ...knownPool("shop", "cart"), status: {} });
    const { pools } = await getJson<PoolListDocument>("/v1/pools");
    const checkout = {
      namespace: "shop",
      name: "checkout",
      strategy: "LeastConnections",
      generation: 3,
      ready: "True",
      endpoints: 2,
      excluded: 1,
      averageLoad: 46.67,
      limit: 50,
      replicas: 3,
      plannedAt: "2026-01-02T03:04:05.000Z",
    };
    const { replicas: _, ...cart } = { ...checkout, name: "cart", ready: "Unknown" };
    expect(pools).toEqual([cart, checkout]);
  });

  test("tell what is wrong, worst first, what they serve, who is drained and what is looked at again", async () => {
    const { feed, getJson } = await start();
    const known = knownPool("shop", "checkout", {
      endpoints: [endpointOf("a", 1, { requestsPerSecond: 20.004, errorShare: 1 / 3, responseMs: 12 })],
      signals: { requests: 20.004, errorShare: 1 / 3, responseMs: 12.345, spread: {}, fullestShare: {} },
      excluded: [{ pod: "b", reason: "Draining" }],
      draining: [{ pod: "b", connections: 7, since: plannedAt - 5_000 }],
      confirm: { at: plannedAt + 250, reason: "The next sample comes after 250 ms." },
    });
    const conditions = [
      known.status.conditions![0]!,
      {
        ...known.status.conditions![0]!,
        type: "ScalingActive",
        status: "False",
        reason: "ScaleForbidden",
        message: "No.",
      },
      {
        ...known.status.conditions![0]!,
        type: "MetricsHealthy",
        status: "False",
        reason: "TooFewFresh",
        message: "Why.",
      },
    ] as const;
    feed.set({ ...known, status: { ...known.status, conditions: [...conditions] } });
    const worst = { type: "MetricsHealthy", severity: "bad", reason: "TooFewFresh", message: "Why." };
    const { pools } = await getJson<PoolListDocument>("/v1/pools");
    expect(pools[0]!.trouble).toEqual(worst);
    expect(await getJson<PoolDocument>("/v1/pools/shop/checkout")).toMatchObject({
      troubles: [worst, { type: "ScalingActive", severity: "bad", reason: "ScaleForbidden", message: "No." }],
      traffic: { requestsPerSecond: 20, errorPercent: 33.33, responseMs: 12.35 },
      endpoints: [{ pod: "a", requestsPerSecond: 20, errorPercent: 33.33, responseMs: 12 }],
      draining: [{ pod: "b", connections: 7, since: plannedAt - 5_000 }],
      confirm: "The next sample comes after 250 ms.",
    });
  });

  test("are told as YAML as well, which has a tag of its own", async () => {
    const { feed, server } = await start();
    feed.set(knownPool("shop", "checkout"));
    const url = `${server.url}/v1/pools/shop/checkout`;
    const [json, yaml] = await Promise.all([fetch(url), fetch(`${url}?format=yaml`)]);
    expect(yaml.headers.get("content-type")).toBe("application/yaml; charset=utf-8");
    expect(parse(await yaml.text())).toEqual(await json.json());
    const shown = await fetch(`${url}?format=yaml`, { headers: { accept: "text/html,*/*;q=0.8" } });
    expect(shown.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    const tag = yaml.headers.get("etag")!;
    const again = (at: string) => fetch(at, { headers: { "if-none-match": tag } });
    expect([(await again(`${url}?format=yaml`)).status, (await again(url)).status]).toEqual([304, 200]);
    for (const query of ["format=xml", "format=yaml&format=json"])
      expect((await fetch(`${url}?${query}`)).status).toBe(400);
  });

  test("of connections alone tell their average and its limit, and no limit of load", async () => {
    const { feed, getJson } = await start();
    feed.set(knownByConnections("shop", "checkout", [10, 51]));
    const figures = { averageConnections: 30.5, connectionsPerPod: 40 };
    const { pools } = await getJson<PoolListDocument>("/v1/pools");
    const pool = await getJson<PoolDocument>("/v1/pools/shop/checkout");
    for (const told of [pools[0]!, pool]) {
      expect(told).toMatchObject(figures);
      expect(told).not.toHaveProperty("limit");
      expect(told).not.toHaveProperty("averageLoad");
    }
    feed.set(knownByConnections("shop", "checkout", []));
    const empty = await getJson<PoolDocument>("/v1/pools/shop/checkout");
    expect(empty).toMatchObject({ connectionsPerPod: 40 });
    expect(empty).not.toHaveProperty("averageConnections");
  });

  test("one is told in full, with ages as of now", async () => {
    const { feed, getJson } = await start();
    const known = knownPool("shop", "checkout");
    feed.set(known);
    const ports = [
      { name: "http", port: 8080 },
      { name: "admin", port: 9090 },
    ];
    expect(await getJson<PoolDocument>("/v1/pools/shop/checkout")).toEqual({
      namespace: "shop",
      name: "checkout",
      traffic: {},
      troubles: [],
      maxReplicas: 5,
      strategy: "LeastConnections",
      generation: 3,
      plannedAt: "2026-01-02T03:04:05.000Z",
      averageLoad: 46.67,
      limit: 50,
      replicas: 3,
      decision: { kind: "hold", reason: "WithinLimit", message: "47% is within 50%", recommended: 2 },
      coverage: {
        expected: 3,
        fresh: 2,
        oldestMs: 1_700,
        failures: [{ failure: "TimedOut", pods: 1, example: "c" }],
      },
      conditions: known.status.conditions,
      endpoints: [
        {
          rank: 1,
          pod: "a",
          address: "10.0.0.1",
          ports,
          weight: 1_200,
          connections: 1,
          load: 33.33,
          ageMs: 1_200,
          node: "node-1",
          zone: "zone-1",
          reason: "takes its turn",
        },
        {
          rank: 2,
          pod: "b",
          address: "10.0.0.2",
          ports,
          weight: 800,
          connections: 4,
          load: 60,
          ageMs: 1_700,
          reason: "takes its turn",
        },
      ],
      excluded: [{ pod: "c", reason: "NotReady" }],
    });
  });

  test("an endpoint that is full for now is marked, and stands in every list as it would without", async () => {
    const { feed, getJson } = await start();
    const known = knownPool("shop", "checkout");
    const [a, b] = known.plan.endpoints as [PlannedEndpoint, PlannedEndpoint];
    const list = "/v1/pools/shop/checkout?client=edge-1";
    feed.set(known);
    const without = await getJson<PoolDocument>(list);
    const reason = "full for now: 31 connections, 24 would be even";
    feed.set({ ...known, plan: { ...known.plan, endpoints: [{ ...a, full: true, reason }, b] } });
    const told = await getJson<PoolDocument>(list);
    expect(told.endpoints.map(({ pod, full }) => [pod, full])).toEqual([
      ["a", true],
      ["b", undefined],
    ]);
    expect(told.endpoints[0]).toEqual({ ...without.endpoints[0], full: true, reason, ageMs: expect.any(Number) });
    expect(told.list).toEqual(without.list);
    const next = await getJson<NextDocument>("/v1/pools/shop/checkout/next?n=2");
    expect(next.endpoints.map(({ pod }) => pod).sort()).toEqual(["a", "b"]);
  });

  test("a decision to scale says from where to where", async () => {
    const { feed, getJson } = await start();
    feed.set(knownPool("shop", "checkout", { scale: adviceToScale }));
    const { step: _, ...told } = adviceToScale;
    expect((await getJson<PoolDocument>("/v1/pools/shop/checkout")).decision).toEqual(told);
  });

  test("who has the plan already gets 304 until there is a newer one", async () => {
    const { feed, get } = await start();
    feed.set(knownPool("shop", "checkout"));
    const first = await get("/v1/pools/shop/checkout");
    const tag = first.headers.get("etag")!;
    await first.body?.cancel();
    const ask = (known: string) => get("/v1/pools/shop/checkout", { headers: { "if-none-match": known } });
    for (const known of [tag, `"other", ${tag}`, tag.replace("W/", ""), "*"]) {
      const again = await ask(known);
      expect([again.status, again.headers.get("etag"), await again.text()]).toEqual([304, tag, ""]);
    }
    feed.set(knownPool("shop", "checkout"));
    const newer = await ask(tag);
    expect(newer.status).toBe(200);
    expect(newer.headers.get("etag")).not.toBe(tag);
  });

  test("an unknown one is a problem that names those that are known", async () => {
    const { feed, get } = await start();
    expect((await expectProblem(await get("/v1/pools/shop/chekout"), 404)).detail).toContain("no pool yet");
    feed.set(knownPool("shop", "checkout"));
    feed.set(knownPool("else", "cart"));
    for (const path of ["/v1/pools/shop/chekout", "/v1/pools/shop/chekout/next"]) {
      const { reason, detail } = await expectProblem(await get(path), 404);
      expect(reason).toBe("PoolUnknown");
      expect(detail).toContain("No pool shop/chekout. Of 2 known: shop/checkout.");
    }
  });
});

describe("next", () => {
  test("answers one endpoint, or as many as asked and there", async () => {
    const { feed, getJson } = await start();
    feed.set(knownPool("shop", "checkout"));
    const ports = [
      { name: "http", port: 8080 },
      { name: "admin", port: 9090 },
    ];
    const a = { pod: "a", address: "10.0.0.1", port: 8080, ports };
    const b = { pod: "b", address: "10.0.0.2", port: 8080, ports };
    const path = "/v1/pools/shop/checkout/next";
    const head = { namespace: "shop", name: "checkout", strategy: "LeastConnections" };
    expect(await getJson<NextDocument>(path)).toEqual({ ...head, endpoints: [a] });
    expect(await getJson<NextDocument>(`${path}?n=100`)).toEqual({ ...head, endpoints: [a, b] });
  });

  test.each(["0", "101", "-1", "1.5", "1e1", "", "two", "1&n=2", "%00"])("refuses n=%s, with the range", async (n) => {
    const { feed, get } = await start();
    feed.set(knownPool("shop", "checkout"));
    const { reason, detail } = await expectProblem(await get(`/v1/pools/shop/checkout/next?n=${n}`), 400);
    expect(reason).toBe("ParameterInvalid");
    expect(detail).toMatch(/\bn\b.*1 to 100/);
  });

  test("without an endpoint it is a 503 that says why", async () => {
    const { feed, get } = await start();
    const known = knownPool("shop", "checkout", { endpoints: [] });
    const conditions = [
      { ...known.status.conditions![0]!, status: "False", reason: "NoPods", message: "no pod matches" } as const,
    ];
    feed.set({ ...known, status: { ...known.status, conditions } });
    const response = await get("/v1/pools/shop/checkout/next");
    expect(response.headers.get("retry-after")).toBe("1");
    const { reason, detail } = await expectProblem(response, 503);
    expect([reason, detail]).toEqual(["NoEndpoint", "Pool shop/checkout has no endpoint: NoPods: no pod matches"]);
    feed.set({ ...known, status: { ...known.status, conditions: [] } });
    expect((await expectProblem(await get("/v1/pools/shop/checkout/next"), 503)).detail).toContain("1 of its pods");
  });
});

describe("the write list", () => {
  const ports = [{ name: "sql", port: 5432 }];
  const writers = ["a", "b"].map((pod, index) => ({
    pod,
    uid: `uid-${pod}`,
    address: `10.0.0.${index + 1}`,
    ports,
    reason: "takes every write",
  }));
  const path = "/v1/pools/shop/checkout";

  test("is in the pool's document, and next gives it whole", async () => {
    const { feed, getJson } = await start();
    feed.set(knownPool("shop", "checkout", { writers }));
    const { writers: told } = await getJson<PoolDocument>(path);
    expect(told).toEqual(writers.map(({ uid: _, ...writer }) => writer));
    const { endpoints } = await getJson<NextDocument>(`${path}/next?access=write`);
    expect(endpoints).toEqual(writers.map(({ pod, address }) => ({ pod, address, port: 5432, ports })));
    const read = await getJson<NextDocument>(`${path}/next?access=read`);
    expect(read.endpoints).toHaveLength(1);
  });

  test("of a pool that has none is not in its document, and no answer", async () => {
    const { feed, getJson, get } = await start();
    feed.set(knownPool("shop", "checkout"));
    expect(await getJson<PoolDocument>(path)).not.toHaveProperty("writers");
    const { reason, detail } = await expectProblem(await get(`${path}/next?access=write`), 400);
    expect([reason, detail]).toEqual([
      "ParameterInvalid",
      "Pool shop/checkout has no write list: set spec.access.writers.",
    ]);
  });

  test("that is empty is a 503 that says why", async () => {
    const { feed, get } = await start();
    const verdict = { type: "WritersReady", status: "False", reason: "NoWriter", message: "No ready pod." } as const;
    feed.set(knownPool("shop", "checkout", { writers: [], verdicts: [verdict] }));
    const response = await get(`${path}/next?access=write`);
    expect(response.headers.get("retry-after")).toBe("1");
    const { reason, detail } = await expectProblem(response, 503);
    expect([reason, detail]).toEqual(["NoEndpoint", "Pool shop/checkout has no writer: NoWriter: No ready pod."]);
  });

  test.each(["access=all", "access=", "access=write&access=write", "access=write&n=1"])("refuses %s", async (query) => {
    const { feed, get } = await start();
    feed.set(knownPool("shop", "checkout", { writers }));
    const { reason } = await expectProblem(await get(`${path}/next?${query}`), 400);
    expect(reason).toBe("ParameterInvalid");
  });

  test("of an unknown pool is a problem as any", async () => {
    const { get } = await start();
    expect((await expectProblem(await get(`${path}/next?access=write`), 404)).reason).toBe("PoolUnknown");
  });
});

describe("routes and methods", () => {
  test.each([
    "/",
    "/v1",
    "/v1/pools/",
    "/v1/pools/a",
    "/v1/pools/a/b/c",
    "/v1/pools/%zz/a",
    "/v1/pools//a",
    "/v1/pools//shop%2Fa",
    "//livez",
  ])("%s is a problem that names the routes", async (path) => {
    const { get } = await start();
    const { reason, detail } = await expectProblem(await get(path), 404);
    expect(reason).toBe("RouteUnknown");
    expect(detail).toContain("/v1/pools/{namespace}/{name}/next");
  });

  test("HEAD is GET without the body", async () => {
    const { feed, get } = await start();
    feed.set(knownPool("shop", "checkout"));
    for (const path of ["/livez", "/metrics", "/v1/pools", "/v1/pools/shop/checkout", "/nowhere"]) {
      const [full, head] = [await get(path), await get(path, { method: "HEAD" })];
      expect([head.status, await head.text()]).toEqual([full.status, ""]);
      for (const name of ["content-type", "content-length", "cache-control", "etag"]) {
        expect(head.headers.get(name)).toBe(full.headers.get(name));
      }
      expect(Number(head.headers.get("content-length"))).toBe(Buffer.byteLength(await full.text()));
    }
  });

  test.each(["POST", "PUT", "DELETE", "OPTIONS"])("%s is refused, with what is allowed", async (method) => {
    const { get } = await start();
    const body = method === "OPTIONS" ? {} : { body: "x".repeat(100_000) };
    const response = await get("/v1/pools", { method, ...body });
    expect(response.headers.get("allow")).toBe("GET, HEAD");
    expect((await expectProblem(response, 405)).reason).toBe("MethodNotAllowed");
  });

  test("a target that is a whole URL is read; one that is none is a problem", async () => {
    const { server } = await start();
    const close = "Host: x\r\nConnection: close\r\n\r\n";
    expect(await sendRaw(server.port, `GET http://elsewhere/livez HTTP/1.1\r\n${close}`)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await sendRaw(server.port, `OPTIONS * HTTP/1.1\r\n${close}`)).toMatch(/^HTTP\/1\.1 404 /);
  });
});

describe("what breaks inside", () => {
  test("is a bare 500 to the client and the error to the log; the server goes on", async () => {
    const secret = new Error("secret of the house");
    const errors: unknown[] = [];
    const registry = { contentType: "text/plain", metrics: () => Promise.reject(secret) };
    const check = () => {
      throw secret;
    };
    const { get } = await start({
      registry,
      live: [{ name: "broken", check }],
      onError: (error, { method, path }) => errors.push([error, method, path]),
    });
    for (const path of ["/metrics", "/livez"]) {
      const problem = await expectProblem(await get(path), 500);
      expect(problem.reason).toBe("Internal");
      expect(JSON.stringify(problem)).not.toContain("secret");
    }
    expect(errors).toEqual([
      [secret, "GET", "/metrics"],
      [secret, "GET", "/livez"],
    ]);
    expect((await get("/readyz")).status).toBe(200);
  });

  test("a port in use rejects the start", async () => {
    const { server } = await start();
    await expect(start({ port: server.port })).rejects.toThrow(/EADDRINUSE/);
  });
});

test("every answer is reported by route, never by path", async () => {
  const seen: ServedRequest[] = [];
  let clock = plannedAt;
  const { feed, get } = await start({ onRequest: (request) => seen.push(request), now: () => (clock += 5) });
  feed.set(knownPool("shop", "checkout"));
  await get("/v1/pools/shop/checkout/next?n=0");
  await get("/v1/pools/shop/checkout", { method: "HEAD" });
  await get(`/${"x".repeat(50)}`);
  await expect.poll(() => seen.length).toBe(3);
  expect(seen).toEqual([
    { method: "GET", route: "/v1/pools/{namespace}/{name}/next", status: 400, durationMs: expect.any(Number) },
    { method: "HEAD", route: "/v1/pools/{namespace}/{name}", status: 200, durationMs: expect.any(Number) },
    { method: "GET", route: "none", status: 404, durationMs: expect.any(Number) },
  ]);
  for (const { durationMs } of seen) expect(durationMs).toBeGreaterThan(0);
});

describe("limits", () => {
  test("headers are bounded in size", async () => {
    const { server } = await start({ limits: { headerBytes: 1_000 } });
    const answer = await sendRaw(server.port, `GET /livez HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(2_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  });

  test("headers that drip are bounded in time", async () => {
    const { server } = await start({ limits: { headersMs: 100, requestMs: 100 } });
    expect(await sendRaw(server.port, "GET /livez HTTP/1.1\r\nHost:")).toMatch(/^HTTP\/1\.1 408 /);
  });

  test("an answer that nobody reads is bounded in time", async () => {
    const registry = { contentType: "text/plain", metrics: () => Promise.resolve("x".repeat(16_000_000)) };
    const seen: ServedRequest[] = [];
    const { server } = await start({ registry, limits: { stallMs: 100 }, onRequest: (request) => seen.push(request) });
    const reader = connect(server.port, "127.0.0.1");
    const ended = over(reader);
    reader.pause();
    reader.write("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    await expect.poll(() => seen.length).toBe(1);
    reader.destroy();
    await ended;
  });

  test("connections are bounded in number: whoever comes is let in, and the one that idles for longest is closed", async () => {
    const { server } = await start({ limits: { connections: 2 } });
    const held = [connect(server.port, "127.0.0.1"), connect(server.port, "127.0.0.1")];
    const ended = held.map(over);
    await Promise.all(held.map((socket) => once(socket, "connect")));
    const close = "Host: x\r\nConnection: close\r\n\r\n";
    expect(await sendRaw(server.port, `GET /livez HTTP/1.1\r\n${close}`)).toMatch(/^HTTP\/1\.1 200 /);
    await ended[0];
    expect(held[1]!.destroyed).toBe(false);
    held[1]!.destroy();
  });
});

describe("the end", () => {
  test("waits for the answer under way, and refuses who comes after", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const { server, get } = await start({ registry: { contentType: "text/plain", metrics: () => promise } });
    const underWay = get("/metrics");
    await expect.poll(() => get("/livez").then(({ status }) => status)).toBe(200);
    let closed = false;
    const closing = server.stop().then(() => {
      closed = true;
    });
    await expect(get("/livez")).rejects.toThrow();
    expect(closed).toBe(false);
    resolve("late\n");
    const response = await underWay;
    expect([response.headers.get("connection"), await response.text()]).toEqual(["close", "late\n"]);
    await closing;
  });

  test("ends connections that idle between requests, and those that never sent one", async () => {
    const { server } = await start({ limits: { closeMs: 60_000 } });
    const agent = new Agent({ keepAlive: true });
    const response = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
      request(`${server.url}/livez`, { agent }, resolve).on("error", reject).end();
    });
    response.resume();
    await once(response, "end");
    const silent = connect(server.port, "127.0.0.1");
    const ended = over(silent);
    await once(silent, "connect");
    // The server must have accepted the silent one, or it was never a connection of its.
    await expect.poll(async () => (await fetch(`${server.url}/livez`)).status).toBe(200);
    await server.stop();
    await ended;
    agent.destroy();
  });

  test("ends a connection after the answer that it was already reading", async () => {
    const body = "x".repeat(16_000_000);
    const registry = { contentType: "text/plain", metrics: () => Promise.resolve(body) };
    const { server } = await start({ registry, limits: { closeMs: 60_000 } });
    const reader = connect(server.port, "127.0.0.1");
    const ended = over(reader);
    reader.write("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    let bytes = 0;
    await new Promise<void>((resolve) => {
      reader.once("data", (chunk) => {
        bytes += chunk.length;
        reader.pause();
        resolve();
      });
    });
    const closing = server.stop();
    reader.on("data", (chunk) => {
      bytes += chunk.length;
    });
    reader.resume();
    await Promise.all([closing, ended]);
    expect(bytes).toBeGreaterThan(body.length);
  });

  test("cuts what does not end in time", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const statuses: Record<string, number> = {};
    const { server, get } = await start({
      registry: { contentType: "text/plain", metrics: () => promise },
      limits: { closeMs: 50 },
      onRequest: ({ route, status }) => {
        statuses[route] = status;
      },
    });
    const underWay = get("/metrics").catch((error: unknown) => error);
    await get("/livez");
    await server.stop();
    expect(await underWay).toBeInstanceOf(Error);
    await expect.poll(() => statuses).toEqual({ "/livez": 200, "/metrics": 499 });
    resolve("nobody reads this\n");
  });

  test("may be asked for twice", async () => {
    const { server } = await start();
    await Promise.all([server.stop(), server.stop()]);
  });
});
