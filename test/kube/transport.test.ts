import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { ApiError } from "../../src/kube/api-error.ts";
import type { Connection, Credentials } from "../../src/kube/connection.ts";
import { plainConnection } from "../../src/kube/connection.ts";
import { type Call, Transport, target } from "../../src/kube/transport.ts";
import { podMetrics, pods } from "../../src/kube/types.ts";
import { patienceMs } from "../tools/control-plane/wait-for.ts";
import { Bench } from "./bench.ts";
import { fail, json, sleep, until } from "./faulty-server.ts";

const pod = target(pods, "ns", "a");
const get: Call = { verb: "get", target: pod };
const create: Call = { verb: "create", target: target(pods, "ns"), body: { a: 1 } };
const apply: Call = { verb: "apply", target: pod, body: {}, contentType: "application/apply-patch+yaml" };

const failureOf = async (answer: Promise<unknown>): Promise<ApiError> => {
  const error = await answer.then(
    () => new Error("it succeeded"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApiError)) throw error;
  return error;
};

describe("a request", () => {
  test("carries method, path, query, body and names itself", async () => {
    await using bench = await Bench.start((response) => json(response, { ok: true }, 201));
    expect(await bench.transport.request({ ...create, query: { dryRun: "All", force: true, not: undefined } })).toEqual(
      {
        ok: true,
      },
    );
    const [seen] = bench.server.requests;
    expect(seen).toMatchObject({ method: "POST", path: "/api/v1/namespaces/ns/pods", body: '{"a":1}' });
    expect(seen?.query.toString()).toBe("dryRun=All&force=true");
    expect(seen?.headers).toMatchObject({
      "user-agent": `evenkeel/${manifest.version}`,
      accept: "application/json",
      "content-type": "application/json",
    });
    expect(bench.reports).toMatchObject([{ verb: "create", resource: "pods", code: 201 }]);
  });

  test("keeps the path of a server that lives below one", async () => {
    await using bench = await Bench.start(
      (response) => json(response, {}),
      (url) => ({ connection: plainConnection(`${url}/k8s/clusters/c-1/`) }),
    );
    await bench.transport.request(get);
    expect(bench.server.requests[0]?.path).toBe("/k8s/clusters/c-1/api/v1/namespaces/ns/pods/a");
  });

  test("throws the Status as an ApiError", async () => {
    await using bench = await Bench.start((response) =>
      fail(response, 422, "Invalid", {}, { causes: [{ field: "spec.x", message: "no" }] }),
    );
    const error = await failureOf(bench.transport.request(get));
    expect(error).toMatchObject({ status: 422, reason: "Invalid", message: "Invalid by the test" });
    expect(error.details?.causes).toEqual([{ field: "spec.x", message: "no" }]);
    expect(bench.server.requests).toHaveLength(1);
  });

  test("does not repeat a page that a proxy put in the way", async () => {
    await using bench = await Bench.start((response) => {
      response.writeHead(404, { "content-type": "text/html" });
      response.end("<html>secret</html>");
    });
    const error = await failureOf(bench.transport.request(get));
    expect(error).toMatchObject({ status: 404, reason: "NotFound" });
    expect(error.message).not.toContain("secret");
  });

  test("follows no redirect", async () => {
    await using bench = await Bench.start((response) => {
      response.writeHead(302, { location: "/elsewhere" });
      response.end();
    });
    expect(await failureOf(bench.transport.request(get))).toMatchObject({ status: 302 });
    expect(bench.server.requests).toHaveLength(1);
  });

  test("reads no more than its limit", async () => {
    await using bench = await Bench.start(
      (response) => {
        response.writeHead(200);
        const pour = (): void => {
          while (!response.destroyed) if (!response.write("x".repeat(10_000))) return void response.once("drain", pour);
        };
        pour();
      },
      () => ({ maxBodyBytes: 100_000 }),
    );
    expect(await failureOf(bench.transport.request(get))).toMatchObject({ status: 0, reason: "TooLarge" });
    await until(() => bench.server.sockets.size === 0, "the connection is closed");
  });

  test("reads less of one object than of a list", async () => {
    await using bench = await Bench.start((response) => json(response, { items: ["x".repeat(17 * 1024 * 1024)] }));
    expect(await failureOf(bench.transport.request(get))).toMatchObject({ reason: "TooLarge" });
    expect(await bench.transport.request({ ...get, verb: "list" })).toHaveProperty("items");
  });
});

describe("repeating", () => {
  const failing = (codes: readonly number[], headers = {}): Promise<Bench> => {
    const left = [...codes];
    return Bench.start((response) => {
      const code = left.shift();
      if (code === undefined) json(response, { ok: true });
      else if (code === 0) response.socket?.resetAndDestroy();
      else fail(response, code, "Failing", headers);
    });
  };

  test.each([
    ["get", get],
    ["list", { verb: "list", target: target(pods) } satisfies Call],
    ["apply", apply],
  ])("%s is repeated after 429, 5xx and broken connections", async (_, call) => {
    await using bench = await failing([429, 500, 503, 0, 504]);
    expect(await bench.transport.request(call)).toEqual({ ok: true });
    expect(bench.server.requests).toHaveLength(6);
    expect(bench.reports.map(({ code }) => code)).toEqual([429, 500, 503, 0, 504, 200]);
  });

  test.each([
    ["create", create],
    ["update", { verb: "update", target: pod, body: {} } satisfies Call],
    ["patch", { verb: "patch", target: pod, body: [] } satisfies Call],
    ["delete", { verb: "delete", target: pod } satisfies Call],
  ])("%s is repeated only when it was refused unread", async (_, call) => {
    await using refused = await failing([429, 429]);
    expect(await refused.transport.request(call)).toEqual({ ok: true });
    for (const code of [500, 503, 0]) {
      await using unsure = await failing([code]);
      expect(await failureOf(unsure.transport.request(call))).toMatchObject({ status: code });
      expect(unsure.server.requests).toHaveLength(1);
    }
  });

  test("ends at the first refused connection where somebody waits for it", async () => {
    await using bench = await Bench.start(
      (response) => void response.socket?.resetAndDestroy(),
      () => ({ connection: plainConnection("http://127.0.0.1:1"), failsFast: true }),
    );
    for (const call of [get, apply]) {
      const { reason, cause } = await failureOf(bench.transport.request(call));
      expect([reason, (cause as NodeJS.ErrnoException).code]).toEqual(["Unreachable", "ECONNREFUSED"]);
    }
    expect(bench.reports.map(({ code }) => code)).toEqual([0, 0]);
    await using named = await Bench.start(
      () => {},
      () => ({ connection: plainConnection("http://nowhere.invalid"), failsFast: true }),
    );
    expect(await failureOf(named.transport.request(get))).toMatchObject({ status: 0 });
    expect(named.reports).toHaveLength(1);
  });

  test("goes on after a broken connection there, too", async () => {
    const left = [0, 503];
    await using bench = await Bench.start(
      (response) => {
        const code = left.shift();
        if (code === undefined) json(response, { ok: true });
        else if (code === 0) response.socket?.resetAndDestroy();
        else fail(response, code, "Failing");
      },
      () => ({ failsFast: true }),
    );
    expect(await bench.transport.request(get)).toEqual({ ok: true });
    expect(bench.reports.map(({ code }) => code)).toEqual([0, 503, 200]);
  });

  test("429 waits as long as Retry-After says", async () => {
    await using bench = await failing([429], { "retry-after": "1" });
    await bench.transport.request(create);
    const [first, second] = bench.server.requests;
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(990);
  });

  test("a Retry-After past the deadline is handed to the caller at once", async () => {
    await using bench = await failing([429], { "retry-after": "60" });
    const startedAt = performance.now();
    const answer = bench.transport.request({ ...get, deadlineMs: patienceMs - 1_000 });
    expect(await failureOf(answer)).toMatchObject({ status: 429, retryAfterMs: 60_000 });
    expect(performance.now() - startedAt).toBeLessThan(patienceMs - 1_000);
    expect(bench.server.requests).toHaveLength(1);
  });

  test("retryAfterSeconds in the Status counts as well", async () => {
    await using bench = await Bench.start((response) =>
      fail(response, 429, "TooManyRequests", {}, { retryAfterSeconds: 30 }),
    );
    expect(await failureOf(bench.transport.request(get))).toMatchObject({ retryAfterMs: 30_000 });
  });

  test("ends with the deadline, with the last failure", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    onTestFinished(() => void vi.useRealTimers());
    // No rest ends in the same millisecond as the time limit.
    const random = () => 0.5;
    await using bench = await Bench.start(
      (response) => fail(response, 503, "ServiceUnavailable"),
      () => ({ random }),
    );
    let isOver = false;
    let sent = 0;
    const count = () => {
      sent += 1;
    };
    subscribe("undici:request:create", count);
    onTestFinished(() => void unsubscribe("undici:request:create", count));
    const answer = failureOf(bench.transport.request({ ...get, deadlineMs: 300 })).finally(() => {
      isOver = true;
    });
    // Time goes by in the rests alone, however long an answer takes.
    while (!isOver) {
      if (sent > 0 && bench.reports.length === sent) await vi.advanceTimersToNextTimerAsync();
      await nextTurn();
    }
    expect(await answer).toMatchObject({ status: 503 });
    expect(bench.server.requests.length).toBeGreaterThan(2);
    expect(bench.server.requests.length).toBeLessThan(30);
  });

  test("can be left to the caller", async () => {
    await using bench = await failing([503]);
    expect(await failureOf(bench.transport.request({ ...get, retry: false }))).toMatchObject({ status: 503 });
  });
});

describe("time", () => {
  test.each([
    ["no headers", () => {}],
    [
      "half a body",
      (response: ServerResponse) => {
        response.writeHead(200);
        response.write('{"a":');
      },
    ],
  ])("%s: the deadline ends it and closes the connection", async (_, answer) => {
    await using bench = await Bench.start(answer);
    const error = await failureOf(bench.transport.request({ ...get, deadlineMs: 100 }));
    expect(error).toMatchObject({ status: 0, reason: "DeadlineExceeded" });
    await until(() => bench.server.sockets.size === 0, "the connection is closed");
    expect(bench.reports).toMatchObject([{ code: 0 }]);
  });

  test("a connection that nobody accepts", async () => {
    await using bench = await Bench.start(() => {});
    await bench.server[Symbol.asyncDispose]().catch(() => {});
    const error = await failureOf(bench.transport.request({ ...get, deadlineMs: 200 }));
    expect(error.status).toBe(0);
  });

  test("a handshake that stalls, and a queue behind stuck calls, are covered by the deadline", async () => {
    await using bench = await Bench.start(() => {});
    const stop = new AbortController();
    const stuck = Array.from({ length: 48 }, () =>
      bench.transport.request({ ...get, signal: stop.signal }).catch(() => "ended"),
    );
    await until(() => bench.server.requests.length === 48, "all connections are taken");
    const late = await failureOf(bench.transport.request({ ...get, deadlineMs: 100 }));
    expect(late).toMatchObject({ reason: "DeadlineExceeded", message: expect.stringContaining("within 100 ms") });

    // Speaks no TLS and never answers.
    const mute = createServer().listen(0, "127.0.0.1");
    await once(mute, "listening");
    const connection: Connection = {
      server: new URL(`https://127.0.0.1:${(mute.address() as AddressInfo).port}`),
      credentials: async () => ({ headers: {}, tls: {} }),
    };
    const transport = new Transport({ connection });
    const signal = AbortSignal.timeout(200);
    const over = { reason: "DeadlineExceeded", message: expect.stringContaining("within 100 ms") };
    await Promise.all([
      expect(transport.request({ ...get, deadlineMs: 100 })).rejects.toMatchObject(over),
      expect(transport.watch({ target: pod, deadlineMs: 100 })).rejects.toMatchObject(over),
      expect(transport.request({ ...get, signal })).rejects.toThrow("timeout"),
    ]);
    await transport.close();
    mute.close();
    stop.abort();
    await Promise.all(stuck);
  });

  test("the caller's signal ends a request under way, a wait, and a late call, with its own reason", async () => {
    await using bench = await Bench.start((response, { path }) => {
      if (path.endsWith("/busy")) fail(response, 429, "TooManyRequests", { "retry-after": "5" });
    });
    for (const name of ["silent", "busy"]) {
      const stop = new AbortController();
      const answer = bench.transport.request({ ...get, target: target(pods, "ns", name), signal: stop.signal });
      setTimeout(() => stop.abort(new Error("enough")), 50);
      await expect(answer).rejects.toThrow("enough");
    }
    const before = bench.server.requests.length;
    await expect(bench.transport.request({ ...get, signal: AbortSignal.abort(new Error("late")) })).rejects.toThrow(
      "late",
    );
    expect(bench.server.requests).toHaveLength(before);
  });

  test("credentials that never come are covered by the deadline too", async () => {
    const connection: Connection = { server: new URL("http://127.0.0.1:1"), credentials: () => new Promise(() => {}) };
    await using bench = await Bench.start(
      () => {},
      () => ({ connection }),
    );
    expect(await failureOf(bench.transport.request({ ...get, deadlineMs: 50 }))).toMatchObject({
      reason: "DeadlineExceeded",
    });
  });
});

describe("credentials", () => {
  const rotating = (url: string): { connection: Connection; rejected: Credentials[] } => {
    let current: Credentials = { headers: { authorization: "Bearer old" }, tls: {} };
    const rejected: Credentials[] = [];
    const connection: Connection = {
      server: new URL(url),
      async credentials(refused) {
        if (refused) rejected.push(refused);
        if (refused === current) current = { headers: { authorization: "Bearer new" }, tls: current.tls };
        return current;
      },
    };
    return { connection, rejected };
  };

  test.each([["request"], ["watch"]])("a 401 makes a %s read them anew and try once more", async (how) => {
    let rotation: ReturnType<typeof rotating> | undefined;
    await using bench = await Bench.start(
      (response, { headers }) => {
        if (headers.authorization === "Bearer new") json(response, { ok: true });
        else fail(response, 401, "Unauthorized");
      },
      (url) => {
        rotation = rotating(url);
        return { connection: rotation.connection };
      },
    );
    if (how === "request") await bench.transport.request(create);
    else await bench.transport.watch({ target: pod, signal: AbortSignal.timeout(patienceMs) });
    expect(bench.server.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer old", "Bearer new"]);
    expect(rotation?.rejected).toHaveLength(1);
  });

  test("a second 401 is final", async () => {
    await using bench = await Bench.start((response) => fail(response, 401, "Unauthorized"));
    expect(await failureOf(bench.transport.request(get))).toMatchObject({ status: 401 });
    expect(bench.server.requests).toHaveLength(2);
  });

  test("new TLS material opens new connections and lets the old ones finish", async () => {
    let tls = {};
    let finish = (): void => {};
    await using bench = await Bench.start(
      (response, { path }) => {
        if (path.endsWith("/slow")) finish = () => json(response, { slow: true });
        else json(response, {});
      },
      (url) => ({
        connection: { server: new URL(url), credentials: async () => ({ headers: {}, tls }) },
      }),
    );
    const slow = bench.transport.request({ ...get, target: target(pods, "ns", "slow") });
    await until(() => bench.server.requests.length === 1, "the slow request");
    tls = {};
    await bench.transport.request(get);
    expect(bench.server.socketsOpened).toBe(2);
    finish();
    expect(await slow).toEqual({ slow: true });
    await until(() => bench.server.sockets.size === 1, "the old connection is closed");
  });
});

describe("connections", () => {
  test("100 calls one after the other need one", async () => {
    await using bench = await Bench.start((response) => json(response, {}));
    for (let i = 0; i < 100; i++) await bench.transport.request(get);
    expect(bench.server.socketsOpened).toBe(1);
  });

  test("200 calls at once need 48, and leases keep one of their own", async () => {
    await using bench = await Bench.start(async (response) => {
      await sleep(2);
      json(response, {});
    });
    await Promise.all(Array.from({ length: 200 }, () => bench.transport.request(get)));
    expect(bench.server.socketsOpened).toBeLessThanOrEqual(48);
    await bench.transport.request({ ...get, lane: "lease" });
    expect(bench.server.socketsOpened).toBeLessThanOrEqual(49);
  });

  test("lists of figures that hang, however many, hold up nothing else", async () => {
    await using bench = await Bench.start((response, { path }) => {
      if (!path.includes("metrics.k8s.io")) json(response, { written: true });
    });
    const { transport } = bench;
    const stop = new AbortController();
    const figures: Call = { verb: "list", target: target(podMetrics, "ns"), lane: "figures", signal: stop.signal };
    const lists = Array.from({ length: 40 }, () => transport.request(figures).catch(() => "ended"));
    await until(() => bench.server.requests.length > 0, "a list under way");
    for (const call of [get, apply])
      expect(await transport.request({ ...call, deadlineMs: patienceMs })).toEqual({ written: true });
    stop.abort();
    expect(new Set(await Promise.all(lists))).toEqual(new Set(["ended"]));
  });

  test("neither watches nor stuck calls keep a lease from being renewed", async () => {
    const stop = new AbortController();
    await using bench = await Bench.start((response, { path, query }) => {
      if (query.has("watch")) response.writeHead(200).flushHeaders();
      else if (path.endsWith("/lease")) json(response, { renewed: true });
    });
    const { transport } = bench;
    const signal = stop.signal;
    await Promise.all(
      Array.from({ length: 30 }, () => transport.watch({ target: pod, query: { watch: true }, signal })),
    );
    const stuck = Array.from({ length: 50 }, () => transport.request({ ...get, signal }).catch(() => "ended"));
    await until(() => bench.server.requests.length === 78, "thirty watches and forty-eight calls under way");
    const lease = target(pods, "ns", "lease");
    expect(await transport.request({ verb: "get", target: lease, lane: "lease", deadlineMs: patienceMs })).toEqual({
      renewed: true,
    });
    stop.abort();
    expect(new Set(await Promise.all(stuck))).toEqual(new Set(["ended"]));
    await until(() => bench.server.sockets.size === 1, "only the lease's connection is left");
  });

  test("closing ends everything", async () => {
    await using bench = await Bench.start((response, { query }) => {
      if (query.has("watch")) response.writeHead(200).flushHeaders();
    });
    const body = await bench.transport.watch({ target: pod, query: { watch: true } });
    const read = async (): Promise<void> => {
      for await (const _ of body);
    };
    const reading = expect(read()).rejects.toThrow();
    const call = bench.transport.request({ ...create }).catch((error: unknown) => error);
    await until(() => bench.server.requests.length === 2, "both under way");
    await bench.transport.close();
    await reading;
    expect(await call).toBeInstanceOf(ApiError);
    await until(() => bench.server.sockets.size === 0, "no connection is left");
    await expect(bench.transport.request(get)).rejects.toThrow("closed");
  });
});
