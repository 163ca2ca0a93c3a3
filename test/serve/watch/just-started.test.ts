import { describe, expect, onTestFinished, test } from "vitest";
import { followPool } from "../../../src/client/client.ts";
import type { PoolDocument, PoolListDocument, ProblemDocument } from "../../../src/serve/documents.ts";
import { createFeed } from "../../../src/serve/feed.ts";
import type { HttpOptions } from "../../../src/serve/start-http.ts";
import { findFreePorts } from "../../tools/control-plane/ports.ts";
import { knownPool, plannedAt } from "../known.ts";
import { serveFeed } from "../serving.ts";
import { readStream } from "./read-stream.ts";

/** A replica that has just started. */
async function start(limits: HttpOptions["limits"] = {}) {
  const state = { isComplete: false, staleMs: 0 };
  const feed = createFeed({
    now: () => plannedAt,
    isComplete: () => state.isComplete,
    staleMs: () => state.staleMs,
  });
  return { ...(await serveFeed({ feed, limits: { gapMs: 1, ...limits } })), state };
}

describe("a replica that has just started", () => {
  test("has no list of pools rather than one that lacks some", async () => {
    const { server, feed, state } = await start();
    feed.set(knownPool("shop", "cart"));
    const early = await fetch(`${server.url}/v1/pools`);
    expect([early.status, early.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(((await early.json()) as ProblemDocument).reason).toBe("JustStarted");
    state.isComplete = true;
    const list = (await (await fetch(`${server.url}/v1/pools`)).json()) as PoolListDocument;
    expect(list.pools.map(({ name }) => name)).toEqual(["cart"]);
  });

  test("says of a pool that it does not know it yet, and of none that it is not there", async () => {
    const { poolUrl, feed, state } = await start();
    for (const path of ["", "/next", "/explain", "/followers"]) {
      const answer = await fetch(`${poolUrl}${path}`);
      expect([path, answer.status, answer.headers.get("retry-after")]).toEqual([path, 503, "1"]);
    }
    feed.set(knownPool("shop", "checkout"));
    expect((await fetch(poolUrl)).status).toBe(200);
    feed.remove("shop/checkout");
    state.isComplete = true;
    expect((await fetch(poolUrl)).status).toBe(404);
  });

  test("lets a stream wait for its pool, and begins it when the pool is known", async () => {
    const { poolUrl, feed } = await start();
    const stream = await readStream(`${poolUrl}/watch`);
    expect(stream.response.status).toBe(200);
    await expect.poll(() => stream.blocks).toEqual([": waiting"]);
    feed.set(knownPool("shop", "checkout"));
    await expect.poll(stream.events).toHaveLength(1);
    expect(stream.events()[0]).toContain("event: pool");
  });

  test("ends a stream of a pool that proves not to be there", async () => {
    const { poolUrl, state } = await start({ heartbeatMs: 100 });
    const stream = await readStream(`${poolUrl}/watch`);
    // Heartbeats, over more time than passes between two looks at what is known.
    await expect.poll(() => stream.blocks.length, { timeout: 10_000 }).toBeGreaterThan(4);
    expect([stream.events(), stream.over()]).toEqual([[], false]);
    state.isComplete = true;
    await expect.poll(stream.over).toBe(true);
    expect(stream.events()).toEqual([expect.stringContaining("event: gone")]);
  });

  test("does not end the stream of a pool that it knows, whatever it does not know yet", async () => {
    // No heartbeat, which would end a stream as well.
    const { server, poolUrl, feed, state } = await start({ heartbeatMs: 3_600_000 });
    feed.set(knownPool("shop", "checkout"));
    const stream = await readStream(`${poolUrl}/watch`);
    await expect.poll(stream.events).toHaveLength(1);
    const other = await readStream(`${server.url}/v1/pools/shop/other/watch`);
    state.isComplete = true;
    // One look ends this stream, and would have ended the older one before it.
    await expect.poll(other.over).toBe(true);
    expect([stream.events().length, stream.over()]).toEqual([1, false]);
    feed.set(knownPool("shop", "checkout", { endpoints: feed.get("shop/checkout")!.plan.endpoints.slice(0, 1) }));
    await expect.poll(stream.events).toHaveLength(2);
    expect(stream.events()[1]).toContain("event: pool");
  });

  test("leaves the client of JavaScript with the list that it has", async () => {
    const [port = 0] = await findFreePorts(1);
    const first = await serveFeed({ port, limits: { gapMs: 1 } });
    first.feed.set(knownPool("shop", "checkout"));
    const followed = followPool({ url: first.poolUrl, timing: { backoffMs: 5, mostBackoffMs: 20 } });
    onTestFinished(() => followed.close());
    await followed.ready;
    await first.server.stop();
    await expect.poll(followed.state).toBe("lost");
    const state = { isComplete: false };
    const feed = createFeed({ now: () => plannedAt, isComplete: () => state.isComplete });
    const second = await serveFeed({ feed, port, limits: { gapMs: 1 } });
    expect((await fetch(`${second.server.url}/v1/pools`)).status).toBe(503);
    // The client has found its way back, and is told to wait.
    await expect.poll(followed.state).toBe("streaming");
    expect(followed.pool()?.endpoints.map(({ pod }) => pod)).toEqual(["a", "b"]);
    expect(followed.balancer.next()).toBeDefined();
    feed.set(knownPool("shop", "checkout", { endpoints: first.feed.get("shop/checkout")!.plan.endpoints.slice(0, 1) }));
    await expect.poll(() => followed.pool()?.endpoints.map(({ pod }) => pod)).toEqual(["a"]);
    expect(followed.state()).toBe("streaming");
  });
});

describe("how old an answer is", () => {
  test("says its header Age: since the plan, or since the cluster was last heard of", async () => {
    const state = { staleMs: 0, now: plannedAt + 3_900 };
    const feed = createFeed({ now: () => plannedAt, staleMs: () => state.staleMs });
    const { poolUrl } = await serveFeed({ feed, now: () => state.now });
    feed.set(knownPool("shop", "checkout"));
    const told = async (path = "") => {
      const answer = await fetch(`${poolUrl}${path}`);
      return [answer.headers.get("age"), ((await answer.json()) as PoolDocument).staleMs];
    };
    expect(await told()).toEqual(["3", undefined]);
    expect(await told("/next")).toEqual(["3", undefined]);
    state.staleMs = 125_000;
    // Readers at about the same time share a text.
    state.now += 100;
    expect(await told()).toEqual(["125", 125_000]);
    expect(await told("/next")).toEqual(["125", undefined]);
  });
});

describe("streams of one client", () => {
  test("are bounded, so that others find room", async () => {
    const { feed, poolUrl, server } = await serveFeed({ limits: { streams: 100, streamsPerClient: 3 } });
    feed.set(knownPool("shop", "checkout"));
    for (let index = 0; index < 3; index += 1) await readStream(`${poolUrl}/watch?client=c${index}`);
    const refused = await fetch(`${poolUrl}/watch`);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "10"]);
    expect(((await refused.json()) as ProblemDocument).detail).toMatch(/^127\.0\.0\.1 has 3 streams already/);
    expect((await fetch(poolUrl)).status).toBe(200);
    expect(await statusFrom("127.0.0.9", server.port)).toMatch(/^HTTP\/1\.1 200/);
  });

  test("are counted by user where users are known, whatever the address", async () => {
    const knows = async ({ authorization = "" }) => ({ kind: "allowed" as const, client: authorization });
    const access = { isOpen: false, knows, may: knows };
    const { feed, poolUrl } = await serveFeed({ access, limits: { streamsPerClient: 1 } });
    feed.set(knownPool("shop", "checkout"));
    const statusAs = async (user: string) =>
      (await readStream(`${poolUrl}/watch`, { authorization: user })).response.status;
    expect([await statusAs("ann"), await statusAs("ann"), await statusAs("bob")]).toEqual([200, 503, 200]);
  });
});

/** The first line of the answer to a stream from this address. */
async function statusFrom(localAddress: string, port: number): Promise<string> {
  const { connect } = await import("node:net");
  const socket = connect({ port, host: "127.0.0.1", localAddress });
  onTestFinished(() => void socket.destroy());
  socket.write("GET /v1/pools/shop/checkout/watch HTTP/1.1\r\nHost: x\r\n\r\n");
  for await (const chunk of socket) return String(chunk);
  return "";
}
