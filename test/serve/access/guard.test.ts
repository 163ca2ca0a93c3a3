import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createPushBook } from "../../../src/observe/sampling/push-book.ts";
import type { Authorizer } from "../../../src/serve/access/access.ts";
import type { PoolListDocument, ProblemDocument } from "../../../src/serve/documents.ts";
import { startPage } from "../../../src/serve/page/start-page.ts";
import { readTokens } from "../../../src/serve/reports/tokens.ts";
import { mountSecret } from "../../rigs/secret-folder.ts";
import { knownPool, plannedAt } from "../known.ts";
import { knownPush } from "../known-push.ts";
import { serveFeed } from "../serving.ts";
import { readStream } from "../watch/read-stream.ts";

/** Lets in who has a token, to what stands behind it. */
function accessOf(rights: Record<string, readonly string[]>): Authorizer {
  const find = (authorization = "") => rights[authorization.replace("Bearer ", "")];
  return {
    isOpen: false,
    knows: async ({ authorization }) =>
      find(authorization) ? { kind: "allowed", client: authorization! } : { kind: "unknown", detail: "who are you?" },
    may: async ({ authorization }, verb, what) => {
      const given = find(authorization);
      if (!given) return { kind: "unknown", detail: "who are you?" };
      if (given.includes("unsure")) return { kind: "unsure", detail: "nobody can be asked", retryAfterMs: 1_500 };
      return given.includes(`${verb} ${what}`)
        ? { kind: "allowed", client: authorization! }
        : { kind: "refused", detail: `not to ${verb} ${what}` };
    },
  };
}

const rights = {
  all: ["get *", "get shop/checkout", "get /metrics"],
  shop: ["get shop/*", "get shop/checkout"],
  one: ["get shop/checkout"],
  none: ["get shop/none", "update shop/none"],
  writer: ["update shop/checkout"],
  away: ["unsure"],
};

async function start() {
  const book = createPushBook({ now: () => plannedAt });
  const access = accessOf({ ...rights });
  const serving = await serveFeed({ access, reporting: { taker: book, replica: "us", access } });
  serving.feed.set(knownPush());
  serving.feed.set(knownPool("billing", "ledger"));
  const { url } = serving.server;
  const ask = (path: string, token?: string, init: RequestInit = {}) =>
    fetch(`${url}${path}`, { ...init, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
  const statusOf = async (...args: Parameters<typeof ask>) => (await ask(...args)).status;
  return { ...serving, book, ask, statusOf };
}

const pool = "/v1/pools/shop/checkout";

describe("a guarded port", () => {
  test.each([pool, `${pool}/next`, `${pool}/explain`, `${pool}/followers`, "/metrics"])(
    "asks who you are, and what you may, at %s",
    async (path) => {
      const { ask, statusOf } = await start();
      const unknown = await ask(path);
      expect([unknown.status, unknown.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
      expect(await unknown.json()).toMatchObject({ reason: "TokenRefused", detail: "who are you?" });
      expect(await statusOf(path, "guess")).toBe(401);
      expect(await statusOf(path, "writer")).toBe(403);
      expect([401, 403, 503]).not.toContain(await statusOf(path, "all"));
      const away = await ask(path, "away");
      expect([away.status, away.headers.get("retry-after")]).toEqual([503, "2"]);
    },
  );

  test("does not tell who may not whether there is such a pool", async () => {
    const { statusOf } = await start();
    expect(await statusOf("/v1/pools/shop/none", "one")).toBe(403);
    expect(await statusOf("/v1/pools/shop/none")).toBe(401);
  });

  test("does not tell who may read one pool the names of others", async () => {
    const { ask } = await start();
    const none = "/v1/pools/shop/none";
    for (const path of [none, `${none}/next`, `${none}/explain`, `${none}/followers`, `${none}/watch`]) {
      const { reason, detail } = (await (await ask(path, "none")).json()) as ProblemDocument;
      expect({ reason, detail }).toEqual({
        reason: "PoolUnknown",
        detail: "No pool shop/none. GET /v1/pools lists those that you may read.",
      });
    }
    const put = { method: "PUT", body: JSON.stringify({ connections: { "pod-a": 3 } }) };
    expect(await (await ask(`${none}/connections?client=edge`, "none", put)).text()).not.toContain("ledger");
  });

  test("answers probes as ever, and no more than that to those who are not known", async () => {
    const { statusOf, server } = await start();
    expect([await statusOf("/livez"), await statusOf("/readyz"), await statusOf("/v1/pools")]).toEqual([200, 200, 401]);
    const unknown = (await (await fetch(`${server.url}/v1/none`)).json()) as ProblemDocument;
    expect(unknown.reason).toBe("RouteUnknown");
  });

  test("lists all pools for who may read all, else those of the namespaces that one may read", async () => {
    const { ask, statusOf } = await start();
    const names = async (token: string) =>
      ((await (await ask("/v1/pools", token)).json()) as PoolListDocument).pools.map(({ name }) => name);
    expect(await names("all")).toEqual(["ledger", "checkout"]);
    expect(await names("shop")).toEqual(["checkout"]);
    expect(await statusOf("/v1/pools", "one")).toBe(403);
    expect(await statusOf("/v1/pools", "away")).toBe(503);
  });

  test("takes reports from who may update, or has a token of the file", async () => {
    const { statusOf, book, feed } = await start();
    const put = { method: "PUT", body: JSON.stringify({ connections: { "pod-a": 3 } }) };
    const path = `${pool}/connections?client=edge`;
    expect(await statusOf(path, undefined, put)).toBe(401);
    expect(await statusOf(path, "all", put)).toBe(403);
    expect(book.read("shop/checkout")).toBeUndefined();
    expect(await statusOf(path, "writer", put)).toBe(200);
    const secret = await mountSecret({ tokens: "shared-secret\n" });
    const access = accessOf({ ...rights });
    const tokens = await readTokens(secret.path("tokens"));
    const both = await serveFeed({ feed, reporting: { taker: book, replica: "us", access, tokens } });
    const by = (token: string) =>
      fetch(`${both.server.url}${path}`, { ...put, headers: { authorization: `Bearer ${token}` } });
    expect([(await by("shared-secret")).status, (await by("writer")).status]).toEqual([200, 200]);
    expect([(await by("one")).status, (await by("guess")).status]).toEqual([403, 401]);
  });

  test("of the page shows its frame to everybody, and pools to who may read them", async () => {
    const { feed } = await start();
    const access = accessOf({ ...rights });
    const page = await startPage({ feed, access, host: "127.0.0.1", port: 0, now: () => plannedAt });
    onTestFinished(() => page.stop());
    const statusOf = async (path: string, authorization = "") =>
      (await fetch(`${page.url}${path}`, { headers: { authorization } })).status;
    expect(await statusOf("/icon.svg")).toBe(200);
    for (const path of ["", "/history", "/watch"]) {
      expect(await statusOf(`${pool}${path}`)).toBe(401);
      expect(await statusOf(`${pool}${path}`, "Bearer writer")).toBe(403);
    }
    expect(await statusOf(`${pool}/history`, "Bearer one")).toBe(200);
  });
});

test("a stream ends when its right is taken away", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  onTestFinished(() => void vi.useRealTimers());
  const given: Record<string, readonly string[]> = { one: rights.one };
  const { server, feed } = await serveFeed({ access: accessOf(given) });
  feed.set(knownPool("shop", "checkout"));
  const stream = await readStream(`${server.url}${pool}/watch`, { authorization: "Bearer one" });
  await expect.poll(stream.events, { interval: 10 }).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(stream.over()).toBe(false);
  given.one = [];
  await vi.advanceTimersByTimeAsync(30_000);
  await expect.poll(stream.over, { interval: 10 }).toBe(true);
});
