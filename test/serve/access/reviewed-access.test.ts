import { describe, expect, test } from "vitest";
import type { Identity } from "../../../src/serve/access/access.ts";
import { type Action, type ReviewedAccessOptions, reviewedAccess } from "../../../src/serve/access/reviewed-access.ts";

const ann: Identity = { user: "ann", groups: ["readers"] };
const from = (token: string, address = "10.0.0.1") => ({ authorization: `Bearer ${token}`, address });
const jwt = (claims: object): string =>
  ["e30", Buffer.from(JSON.stringify(claims)).toString("base64url"), "signature"].join(".");

/** An API server that knows these tokens and lets these do these things. */
function start(limits: ReviewedAccessOptions["limits"] = {}) {
  const server = {
    time: 0,
    isAway: false,
    identities: new Map<string, Identity>([["good", ann]]),
    allowed: (_: Identity, action: Action): boolean => "namespace" in action && action.namespace === "shop",
    asked: [] as (string | [Identity, Action])[],
  };
  const answer = <T>(asked: (typeof server.asked)[number], value: T): Promise<T> => {
    server.asked.push(asked);
    return server.isAway ? Promise.reject(new Error("away")) : Promise.resolve(value);
  };
  const errors: unknown[] = [];
  const access = reviewedAccess({
    reviews: {
      identify: (token) => answer(token, server.identities.get(token)),
      allows: (identity, action) => answer([identity, action], server.allowed(identity, action)),
    },
    onError: (error) => errors.push(error),
    now: () => server.time,
    clock: () => 1_000_000 + server.time,
    limits,
  });
  const may = async (token: string, what = "shop/web", address?: string) =>
    (await access.may(from(token, address), "get", what)).kind;
  return { server, access, may, errors };
}

describe("who may", () => {
  test("is asked for by pool, by namespace, of all, and by path", async () => {
    const { server, access } = start();
    await access.may(from("good"), "get", "shop/web");
    await access.may(from("good"), "update", "shop/*");
    await access.may(from("good"), "get", "*");
    await access.may(from("good"), "get", "/metrics");
    expect(server.asked).toEqual([
      "good",
      [ann, { verb: "get", namespace: "shop", name: "web" }],
      [ann, { verb: "update", namespace: "shop" }],
      [ann, { verb: "get" }],
      [ann, { verb: "get", path: "/metrics" }],
    ]);
  });

  test("is told apart: nobody known, known and refused, let in", async () => {
    const { access, may } = start();
    expect(await may("good")).toBe("allowed");
    expect(await may("good", "billing/web")).toBe("refused");
    expect(await may("bad")).toBe("unknown");
    for (const authorization of [undefined, "", "Basic Z29vZA==", "Bearer", "Bearer a b", "good"])
      expect((await access.may({ authorization, address: "10.0.0.1" }, "get", "shop/web")).kind).toBe("unknown");
    expect(await access.may(from("good"), "get", "shop/web")).toEqual({ kind: "allowed", client: "ann" });
  });

  test("may say it by a certificate that was verified; a token goes before it", async () => {
    const { server, access } = start();
    const certificate: Identity = { user: "edge", groups: ["proxies"] };
    const verdict = await access.may({ certificate, address: "10.0.0.1" }, "get", "shop/web");
    expect(verdict).toEqual({ kind: "allowed", client: "edge" });
    expect(server.asked).toEqual([[certificate, { verb: "get", namespace: "shop", name: "web" }]]);
    expect(await access.may({ ...from("good"), certificate }, "get", "shop/web")).toMatchObject({ client: "ann" });
  });
});

describe("an answer", () => {
  test("is asked for once by many at a time, and kept: for a while, and less where it refuses", async () => {
    const { server, may } = start({ goodMs: 60_000, badMs: 5_000 });
    await Promise.all(Array.from({ length: 50 }, () => may("good")));
    expect(server.asked).toHaveLength(2);
    await may("bad");
    await may("good", "billing/web");
    expect(server.asked).toHaveLength(4);
    server.time = 4_999;
    await Promise.all([may("good"), may("bad"), may("good", "billing/web")]);
    expect(server.asked).toHaveLength(4);
    server.time = 5_000;
    await Promise.all([may("good"), may("bad"), may("good", "billing/web")]);
    expect(server.asked).toHaveLength(6);
  });

  test("that is old heeds what was taken away, and what was given", async () => {
    const { server, may } = start({ goodMs: 60_000, badMs: 5_000 });
    expect([await may("good"), await may("new")]).toEqual(["allowed", "unknown"]);
    server.identities.delete("good");
    server.identities.set("new", ann);
    expect([await may("good"), await may("new")]).toEqual(["allowed", "unknown"]);
    server.time = 60_000;
    expect([await may("good"), await may("new")]).toEqual(["unknown", "allowed"]);
  });

  test("is good for no longer than the token says of itself", async () => {
    const { server, may } = start({ goodMs: 60_000 });
    const token = jwt({ exp: 1_010 });
    server.identities.set(token, ann);
    expect(await may(token)).toBe("allowed");
    server.time = 9_999;
    expect(await may(token)).toBe("allowed");
    server.time = 10_000;
    expect(await may(token)).toBe("unknown");
  });
});

describe("without the API server", () => {
  test("who was let in of late stays in for a bounded time, and nobody else comes in", async () => {
    const { server, may, errors } = start({ goodMs: 60_000, badMs: 5_000, awayMs: 600_000 });
    await may("good");
    await may("bad");
    await may("good", "billing/web");
    server.isAway = true;
    server.time = 100_000;
    expect(await may("good")).toBe("allowed");
    expect(await may("bad")).toBe("unsure");
    expect(await may("good", "billing/web")).toBe("unsure");
    expect(await may("good", "shop/other")).toBe("unsure");
    expect(errors.length).toBeGreaterThan(0);
    server.time = 599_999;
    expect(await may("good")).toBe("allowed");
    server.time = 600_000;
    expect(await may("good")).toBe("unsure");
    server.isAway = false;
    expect(await may("good")).toBe("allowed");
  });

  test("who is in waits for no answer a second time, and is asked for again soon", async () => {
    const { server, may } = start({ goodMs: 60_000 });
    await may("good");
    server.isAway = true;
    server.time = 60_000;
    await may("good");
    const asked = server.asked.length;
    server.time += 1_999;
    await may("good");
    expect(server.asked).toHaveLength(asked);
    server.identities.delete("good");
    server.isAway = false;
    server.time += 1;
    expect(await may("good")).toBe("allowed");
    await expect.poll(() => may("good")).toBe("unknown");
  });
});

describe("one who floods", () => {
  test("with tokens that nobody knows is held to a rate, and delays nobody at another address", async () => {
    const { server, may } = start({ perSecond: 10, burst: 20 });
    const verdicts = new Map<string, number>();
    for (let index = 0; index < 1_000; index += 1) {
      const kind = await may(`guess-${index}`, "shop/web", "10.0.0.66");
      verdicts.set(kind, (verdicts.get(kind) ?? 0) + 1);
    }
    expect(server.asked.length).toBeLessThanOrEqual(20);
    expect(verdicts.get("unsure")).toBeGreaterThanOrEqual(980);
    expect(await may("good", "shop/web", "10.0.0.7")).toBe("allowed");
  });

  test("takes no place of those who are let in", async () => {
    const { server, may } = start({ answers: 10, perSecond: 1e9, burst: 1e9 });
    await may("good");
    for (let index = 0; index < 100; index += 1) await may(`guess-${index}`);
    const asked = server.asked.length;
    expect(await may("good")).toBe("allowed");
    expect(server.asked).toHaveLength(asked);
  });
});
