import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { createPushBook } from "../../../src/observe/sampling/push-book.ts";
import type { ProblemDocument, ReportDocument } from "../../../src/serve/documents.ts";
import type { Message } from "../../../src/serve/peers/message.ts";
import { createReportPace } from "../../../src/serve/reports/report-pace.ts";
import type { Reporting } from "../../../src/serve/reports/reports.ts";
import { readTokens } from "../../../src/serve/reports/tokens.ts";
import type { HttpOptions } from "../../../src/serve/start-http.ts";
import { knownPool, plannedAt } from "../known.ts";
import { knownPush } from "../known-push.ts";
import { serveFeed } from "../serving.ts";

const key = "shop/checkout";

async function start(reporting: Partial<Reporting> = {}, options: Partial<HttpOptions> = {}) {
  const book = createPushBook({ now: () => plannedAt, mostClients: 3 });
  const forwarded: Message[] = [];
  const forward = (message: Message) => void forwarded.push(message);
  const serving = await serveFeed({ reporting: { taker: book, replica: "us", forward, ...reporting }, ...options });
  serving.feed.set(knownPush());
  const call = (method: string, query: string, body?: string | object, headers: Record<string, string> = {}) =>
    fetch(`${serving.poolUrl}/connections${query}`, {
      method,
      headers,
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
  const put = (connections: object, client = "edge-1", headers: Record<string, string> = {}) =>
    call("PUT", `?client=${client}`, { connections }, headers);
  const sums = () => {
    const heard = book.read(key);
    return heard && Object.fromEntries(heard.connections);
  };
  return { ...serving, book, forwarded, call, put, sums };
}

async function expectProblem(response: Response, status: number): Promise<ProblemDocument> {
  expect([response.status, response.headers.get("content-type")]).toEqual([status, "application/problem+json"]);
  return (await response.json()) as ProblemDocument;
}

describe("a report", () => {
  test("is kept by pod name and address, and answered with how long it stands and with what is unknown, which is not kept", async () => {
    const { put, sums } = await start();
    const response = await put({ "pod-a": 3, "10.0.0.2": 4, "pod-c": 1, "pod-x": 5, "10.9.9.9": 0 });
    expect(response.status).toBe(200);
    expect(response.headers.get("evenkeel-replica")).toBe("us");
    expect((await response.json()) as ReportDocument).toEqual({
      namespace: "shop",
      name: "checkout",
      client: "edge-1",
      expiryMs: 30_000,
      unknown: ["pod-x", "10.9.9.9"],
    });
    expect(sums()).toEqual({ "pod-a": 3, "10.0.0.2": 4, "pod-c": 1 });
  });

  test("takes the place of its client's former one; those of several clients add up", async () => {
    const { put, sums } = await start();
    await put({ "pod-a": 3, "pod-b": 1 });
    await put({ "pod-a": 10 }, "edge-2");
    await put({ "pod-b": 2 });
    expect(sums()).toEqual({ "pod-a": 10, "pod-b": 2 });
  });

  test("may spell an IPv6 address as it likes", async () => {
    const { put, sums } = await start();
    const response = await put({ "FD00:0:0:0:0:0:0:1": 2, "fd00::1": 3 });
    expect(((await response.json()) as ReportDocument).unknown).toEqual([]);
    expect(sums()).toEqual({ "fd00::1": 5 });
  });

  test("is withdrawn by DELETE, or by one that names no pod; one of zeros stands", async () => {
    const { put, call, sums, book } = await start();
    await put({ "pod-a": 0 }, "idle");
    await put({ "pod-a": 3 });
    const deleted = await call("DELETE", "?client=edge-1");
    expect([deleted.status, await deleted.text(), deleted.headers.get("content-length")]).toEqual([204, "", null]);
    expect([sums(), book.read(key)?.clients]).toEqual([{}, 1]);
    expect((await put({}, "idle")).status).toBe(204);
    expect(book.read(key)).toBeUndefined();
    expect((await call("DELETE", "?client=nobody")).status).toBe(204);
  });

  test("that names nothing known stands all the same: its client has no connection", async () => {
    const { put, sums, book } = await start();
    await put({ "pod-a": 3 });
    expect((await put({ "pod-new": 5 })).status).toBe(200);
    expect([sums(), book.read(key)?.clients]).toEqual([{}, 1]);
  });

  test("names of every object are names like any other", async () => {
    const { call, sums, feed } = await start();
    feed.set(knownPush(30_000, "constructor", "toString"));
    expect((await call("PUT", "?client=a", '{"connections":{"constructor":1,"toString":2}}')).status).toBe(200);
    expect(sums()).toEqual({ constructor: 1, toString: 2 });
    expect((await call("PUT", "?client=b", '{"connections":{"__proto__":7,"pod-a":1}}')).status).toBe(200);
    expect(sums()).toEqual({ constructor: 1, toString: 2, "pod-a": 1 });
  });
});

describe("to other replicas", () => {
  test("each word of a client goes once, as it was understood", async () => {
    const { put, call, forwarded } = await start();
    await put({ "FD00:0::1": 2, "pod-a": 0 });
    await call("DELETE", "?client=edge-1");
    await put({});
    const path = "/v1/pools/shop/checkout/connections";
    const from = "127.0.0.1";
    const gone = { method: "DELETE", path, client: "edge-1", from };
    const body = '{"connections":{"fd00::1":2,"pod-a":0}}';
    expect(forwarded).toEqual([{ method: "PUT", path, client: "edge-1", from, body }, gone, gone]);
  });

  test("what is refused goes nowhere, and what another replica forwards goes no further", async () => {
    const { put, call, forwarded, sums } = await start();
    await put({ "pod-a": -1 });
    const theirs = { "evenkeel-forwarded-by": "them" };
    expect((await put({ "pod-a": 3 }, "edge-1", theirs)).status).toBe(200);
    expect(sums()).toEqual({ "pod-a": 3 });
    await call("DELETE", "?client=edge-1", undefined, theirs);
    expect([sums(), forwarded]).toEqual([undefined, []]);
  });

  test("our own word that comes back to us changes nothing", async () => {
    const { put, sums } = await start();
    await put({ "pod-a": 3 });
    const echo = await put({ "pod-a": 1 }, "edge-1", { "evenkeel-forwarded-by": "us" });
    expect([echo.status, echo.headers.get("evenkeel-replica"), sums()]).toEqual([204, "us", { "pod-a": 3 }]);
  });
});

describe("who says to be somebody else", () => {
  /** From another address of this machine. */
  const from = (localAddress: string, url: string, method: string, connections?: object, headers = {}) =>
    new Promise<{ readonly status: number | undefined; readonly reason: string | undefined }>((resolve, reject) => {
      const sending = request(url, { method, localAddress, headers }, async (response) => {
        let text = "";
        for await (const chunk of response.setEncoding("utf8")) text += chunk;
        resolve({ status: response.statusCode, reason: text ? JSON.parse(text).reason : undefined });
      });
      sending.on("error", reject).end(connections && JSON.stringify({ connections }));
    });
  const url = (poolUrl: string) => `${poolUrl}/connections?client=edge-1`;

  test("by name neither withdraws what another says, nor takes its place, nor its time", async () => {
    const pace = createReportPace({ now: () => 0, client: { perSecond: 0.5, burst: 2 } });
    const { poolUrl, put, sums, forwarded } = await start({ pace });
    await put({ "pod-a": 3 });
    expect((await from("127.0.0.66", url(poolUrl), "DELETE")).status).toBe(204);
    expect(sums()).toEqual({ "pod-a": 3 });
    expect((await from("127.0.0.66", url(poolUrl), "PUT", { "pod-b": 9 })).status).toBe(200);
    expect((await from("127.0.0.66", url(poolUrl), "PUT", { "pod-b": 9 })).status).toBe(429);
    expect(sums()).toEqual({ "pod-a": 3, "pod-b": 9 });
    expect((await put({ "pod-a": 4 })).status).toBe(200);
    expect(sums()).toEqual({ "pod-a": 4, "pod-b": 9 });
    expect(forwarded.map(({ method, from }) => `${method} ${from}`)).toEqual([
      "PUT 127.0.0.1",
      "DELETE 127.0.0.66",
      "PUT 127.0.0.66",
      "PUT 127.0.0.1",
    ]);
  });

  test("is believed where a token is needed: a client may change its address", async () => {
    const tokens = { accept: () => Promise.resolve(true), authorization: () => Promise.resolve("Bearer x") };
    const { poolUrl, put, sums } = await start({ tokens });
    await put({ "pod-a": 3 });
    await from("127.0.0.66", url(poolUrl), "PUT", { "pod-a": 5 });
    expect(sums()).toEqual({ "pod-a": 5 });
  });

  test("has no room or time of others by names that it makes up", async () => {
    const pace = createReportPace({ now: () => 0, total: { perSecond: 1, burst: 12 } });
    const { poolUrl, put, sums } = await start({ pace });
    for (let name = 0; name < 20; name += 1) {
      const made = `${poolUrl}/connections?client=made-up-${name}`;
      await from("127.0.0.66", made, "PUT", { "pod-a": 1_000, [`no-such-pod-${name}`]: 1_000 });
    }
    expect((await put({ "pod-b": 2 })).status).toBe(200);
    // There is room for three clients.
    expect(sums()).toEqual({ "pod-a": 2_000, "pod-b": 2 });
  });

  test("as a replica is refused, unless it is at the address of one, and then passes on whose report it is", async () => {
    const isReplica = async (address: string) => address === "127.0.0.9";
    const { poolUrl, put, sums, forwarded } = await start({ isReplica });
    const forged = { "evenkeel-forwarded-by": "them", "evenkeel-reporter": "127.0.0.1" };
    await put({ "pod-a": 3 });
    for (const [method, body] of [["PUT", { "pod-a": 9 }], ["DELETE"]] as const)
      expect(await from("127.0.0.66", url(poolUrl), method, body, forged)).toEqual({
        status: 403,
        reason: "NotAReplica",
      });
    expect(sums()).toEqual({ "pod-a": 3 });
    expect((await from("127.0.0.9", url(poolUrl), "PUT", { "pod-a": 4 }, forged)).status).toBe(200);
    expect(sums()).toEqual({ "pod-a": 4 });
    const nobody = { ...forged, "evenkeel-reporter": "edge of the world" };
    expect((await from("127.0.0.9", url(poolUrl), "PUT", { "pod-b": 1 }, nobody)).status).toBe(200);
    expect(sums()).toEqual({ "pod-a": 4, "pod-b": 1 });
    expect(forwarded).toHaveLength(1);
  });

  test("as a web page with a token is one of the clients", async () => {
    const tokens = { accept: () => Promise.resolve(true), authorization: () => Promise.resolve("Bearer x") };
    const { put, sums } = await start({ tokens });
    expect((await put({ "pod-a": 3 }, "edge-1", { origin: "http://shop.example" })).status).toBe(200);
    expect(sums()).toEqual({ "pod-a": 3 });
  });

  test("as a web page is refused: no program sends an Origin, and browsers always do", async () => {
    const { put, call, sums } = await start();
    for (const origin of ["http://evil.example", "null", "http://127.0.0.1:8080"]) {
      const refused = await put({ "pod-a": 3 }, "edge-1", { origin });
      expect((await expectProblem(refused, 403)).reason).toBe("PageRefused");
      expect((await call("DELETE", "?client=edge-1", undefined, { origin })).status).toBe(403);
    }
    expect(sums()).toBeUndefined();
    const asked = await call("OPTIONS", "?client=edge-1", undefined, { origin: "http://evil.example" });
    expect([asked.status, asked.headers.get("access-control-allow-origin")]).toEqual([405, null]);
  });
});

describe("who reports too often", () => {
  const slow = () => createReportPace({ now: () => 0, client: { perSecond: 0.5, burst: 2 } });

  test("is told when to come again, and what it said stands, here and at other replicas", async () => {
    const { put, call, sums, forwarded } = await start({ pace: slow() });
    await put({ "pod-a": 1 });
    await put({ "pod-a": 2 });
    const refused = await put({ "pod-a": 3 });
    expect(refused.headers.get("retry-after")).toBe("2");
    expect((await expectProblem(refused, 429)).reason).toBe("ReportedTooOften");
    expect((await call("DELETE", "?client=edge-1")).status).toBe(429);
    expect([sums(), forwarded.length]).toEqual([{ "pod-a": 2 }, 2]);
    expect((await put({ "pod-b": 1 }, "edge-2")).status).toBe(200);
  });

  test("is so by way of another replica, too, and is not by our own word that comes back", async () => {
    const { put, sums } = await start({ pace: slow() });
    const by = (replica: string) => ({ "evenkeel-forwarded-by": replica });
    const codes: number[] = [];
    for (const replica of ["us", "us", "us", "them", "others", "them"])
      codes.push((await put({ "pod-a": 1 }, "edge-1", by(replica))).status);
    expect(codes).toEqual([204, 204, 204, 200, 200, 429]);
    expect(sums()).toEqual({ "pod-a": 1 });
  });

  test("has its body left unread", async () => {
    const { put, call } = await start({ pace: slow() });
    await put({ "pod-a": 1 });
    await put({ "pod-a": 1 });
    expect((await call("PUT", "?client=edge-1", "x".repeat(70_000))).status).toBe(429);
    expect((await call("PUT", "?client=edge-2", "x".repeat(70_000))).status).toBe(413);
  });
});

describe("a body that is no report is a problem that names the field", () => {
  const wrong: [string, string | object, RegExp][] = [
    ["no JSON", "connections=3", /must be JSON/],
    ["no object", "[]", /^body: /],
    ["no connections", {}, /^connections: /],
    ["less than none", { connections: { "pod-a": -1 } }, /^connections\.pod-a: must be a whole number from 0/],
    ["half a connection", { connections: { "pod-a": 0.5 } }, /^connections\.pod-a: must be a whole number from 0/],
    ["more than can be", { connections: { "pod-a": 1_000_001 } }, /^connections\.pod-a: .* to 1000000/],
    ["a number past all bounds", '{"connections":{"pod-a":1e999}}', /^connections\.pod-a: /],
    ["a number in quotes", { connections: { "pod-a": "3" } }, /^connections\.pod-a: /],
    ["no pod's name", { connections: { "a b": 1 } }, /^connections\.a b: must be a pod's name or address/],
    ["an address with a port", { connections: { "10.0.0.1:80": 1 } }, /^connections\.10\.0\.0\.1:80: must be a pod's/],
    ["a name without end", { connections: { ["x".repeat(9_000)]: 1 } }, /^connections\.x{64}: must be/],
    ["a field too many", { connections: {}, client: "a" }, /client/],
    [
      "too many pods",
      { connections: Object.fromEntries(Array.from({ length: 2_001 }, (_, index) => [`p${index}`, 1])) },
      /^connections: must name at most 2000 pods/,
    ],
  ];

  test.each(wrong)("%s", async (_, body, words) => {
    const { call, book, forwarded } = await start();
    const { reason, detail } = await expectProblem(await call("PUT", "?client=edge-1", body), 400);
    expect(reason).toBe("BodyInvalid");
    expect(detail).toMatch(words);
    expect(detail.length).toBeLessThan(1_500);
    expect([book.read(key), forwarded]).toEqual([undefined, []]);
  });
});

describe("what is refused", () => {
  test("a client without a name, or with one that is none", async () => {
    const { call } = await start();
    const body = { connections: { "pod-a": 1 } };
    expect((await expectProblem(await call("PUT", "", body), 400)).detail).toContain("say who reports");
    for (const query of ["?client=", "?client=a%0ab", "?client=a&client=b", `?client=${"x".repeat(129)}`])
      expect((await expectProblem(await call("PUT", query, body), 400)).reason).toBe("ParameterInvalid");
  });

  test("a pool that nobody knows, and one whose numbers come from elsewhere", async () => {
    const { feed, put, call, sums } = await start();
    feed.set(knownPool("shop", "checkout"));
    const { reason, detail } = await expectProblem(await put({ "pod-a": 1 }), 409);
    expect([reason, detail]).toEqual([
      "SourceNotPush",
      "Pool shop/checkout takes no reports: its metrics.source is not push.",
    ]);
    expect((await expectProblem(await call("DELETE", "?client=a"), 409)).reason).toBe("SourceNotPush");
    feed.remove(key);
    expect((await expectProblem(await put({ "pod-a": 1 }), 404)).reason).toBe("PoolUnknown");
    expect(sums()).toBeUndefined();
  });

  test("one client too many; those who are known stay", async () => {
    const { put, sums, forwarded } = await start();
    for (const client of ["a", "b", "c"]) expect((await put({ "pod-a": 1 }, client)).status).toBe(200);
    const response = await put({ "pod-a": 100 }, "d");
    expect(response.headers.get("retry-after")).toBe("10");
    expect((await expectProblem(response, 503)).reason).toBe("TooManyReports");
    expect((await put({ "pod-a": 2 }, "b")).status).toBe(200);
    expect([sums(), forwarded.length]).toEqual([{ "pod-a": 4 }, 4]);
  });

  test.each(["GET", "HEAD", "POST", "PATCH"])("%s, with what is allowed", async (method) => {
    const { call } = await start();
    const response = await call(method, "?client=a");
    expect([response.status, response.headers.get("allow")]).toEqual([405, "PUT, DELETE"]);
  });

  test("a body that says that it is too large, and one that turns out to be", async () => {
    const { poolUrl, call, sums } = await start();
    const { reason, detail } = await expectProblem(await call("PUT", "?client=a", "x".repeat(70_000)), 413);
    expect([reason, detail]).toEqual(["BodyTooLarge", "The body must not exceed 65536 bytes."]);

    const status = await new Promise((resolve, reject) => {
      const sending = request(`${poolUrl}/connections?client=a`, { method: "PUT" }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on("error", reject);
      for (let part = 0; part < 70; part += 1) sending.write("x".repeat(1_000));
      sending.end();
    });
    expect([status, sums()]).toEqual([413, undefined]);
  });

  test("a body that drips, after the time that any request has", async () => {
    const { poolUrl } = await start({}, { limits: { requestMs: 200, headersMs: 200 } });
    const sending = request(`${poolUrl}/connections?client=a`, { method: "PUT" });
    const ended = new Promise<unknown>((resolve) => {
      sending.on("error", resolve).on("response", (response) => {
        response.resume();
        resolve(response.statusCode);
      });
    });
    const dripping = setInterval(() => sending.write(" "), 20);
    const outcome = await ended;
    clearInterval(dripping);
    sending.destroy();
    expect(outcome === 408 || outcome instanceof Error).toBe(true);
  });

  test("a body whose sender leaves is no failure of ours", async () => {
    const errors: unknown[] = [];
    const { poolUrl, server } = await start({}, { onError: (error) => errors.push(error) });
    const headers = { "content-length": 100 };
    const sending = request(`${poolUrl}/connections?client=a`, { method: "PUT", headers });
    sending.on("error", () => {});
    await new Promise<void>((resolve) => sending.write('{"connections":', () => resolve()));
    await fetch(`${server.url}/livez`);
    sending.destroy();
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
    await server.stop();
    expect(errors).toEqual([]);
  });
});

describe("where tokens are asked for", () => {
  async function file(text: string): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "tokens-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, "token"), text);
    return join(folder, "token");
  }

  test("only who has one may report, and reading needs none", async () => {
    const { put, call, sums, poolUrl } = await start({ tokens: await readTokens(await file("s3cret\n\nolder\n")) });
    for (const authorization of [undefined, "Bearer wrong", "Bearer", "Basic s3cret", "Bearer s3cret older"]) {
      const response = await put({ "pod-a": 1 }, "edge-1", authorization === undefined ? {} : { authorization });
      expect(response.headers.get("www-authenticate")).toBe("Bearer");
      expect((await expectProblem(response, 401)).reason).toBe("TokenRefused");
    }
    expect((await call("DELETE", "?client=edge-1")).status).toBe(401);
    expect(sums()).toBeUndefined();
    for (const [index, token] of ["s3cret", "older"].entries())
      expect((await put({ "pod-a": 1 }, `edge-${index}`, { authorization: `bearer ${token}` })).status).toBe(200);
    expect((await fetch(poolUrl)).status).toBe(200);
  });

  test("tokens change with their file; one that is gone or empty leaves the last ones", async () => {
    const path = await file("first\n");
    let now = 0;
    const tokens = await readTokens(path, () => now);
    const accepted = async () => [await tokens.accept("Bearer first"), await tokens.accept("Bearer second")];
    await writeFile(path, "second\n");
    expect(await accepted()).toEqual([true, false]);
    now += 5_000;
    expect(await accepted()).toEqual([false, true]);
    expect(await tokens.authorization()).toBe("Bearer second");
    await writeFile(path, "\n");
    now += 5_000;
    expect(await accepted()).toEqual([false, true]);
    await rm(path);
    now += 5_000;
    expect(await accepted()).toEqual([false, true]);
  });

  test("a file without a usable token is refused at the start", async () => {
    await expect(readTokens(await file(" \n"))).rejects.toThrow(/holds no token/);
    await expect(readTokens(await file("two words\n"))).rejects.toThrow(/no header can carry/);
    await expect(readTokens("/nowhere/token")).rejects.toThrow(/ENOENT/);
  });
});
