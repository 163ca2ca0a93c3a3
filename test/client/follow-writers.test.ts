import { describe, expect, onTestFinished, test } from "vitest";
import { followPool, type PoolPod } from "../../src/client/client.ts";
import type { Plan, Writer } from "../../src/decide/planned.ts";
import { createFeed } from "../../src/serve/feed.ts";
import { endpointOf, knownPool, plannedOn } from "../serve/known.ts";
import { serveFeed } from "../serve/serving.ts";
import { seeded } from "./seeded.ts";

const ports = [{ name: "postgres", port: 5432 }];

const endpoints = (...names: string[]): Plan["endpoints"] =>
  names.map((name, index) => endpointOf(name, index + 1, { ports, ageMs: 0 }));
const writers = (...names: string[]): Writer[] =>
  endpoints(...names).map(({ pod, uid, address }) => ({ pod, uid, address, ports, reason: "takes every write" }));

/** A pool at the operator's own server, and a client that follows it. */
async function follow({ streams = 10 } = {}) {
  const feed = createFeed();
  const limits = { gapMs: 1, heartbeatMs: 30, closeMs: 1_000, streams };
  const { server } = await serveFeed({ feed, now: Date.now, limits });
  const put = (changes: Partial<Plan>): void => feed.set(plannedOn(knownPool("shop", "orders", changes), Date.now()));
  const timing = { pollMs: 20, backoffMs: 20, mostBackoffMs: 100 };
  const start = (strategy?: "FastestResponse") => {
    const pool = followPool({
      url: `${server.url}/v1/pools/shop/orders`,
      random: seeded(1),
      timing,
      ...(strategy && { strategy }),
    });
    onTestFinished(() => pool.close());
    const names = () => pool.writers()?.map(({ id }) => id);
    return { ...pool, names };
  };
  return { server, put, start };
}

describe.each([
  ["by the stream", 10, "streaming"],
  ["by polling", 0, "polling"],
])("the write list, followed %s", (_, streams, state) => {
  test("is all who take writes, in the operator's order, as they come and go", async () => {
    const { put, start } = await follow({ streams });
    put({ endpoints: endpoints("c", "a", "b"), writers: writers("a", "b", "c") });
    const pool = start();
    expect(pool.writers()).toBeUndefined();
    await pool.ready;
    await expect.poll(pool.state).toBe(state);
    expect(pool.names()).toEqual(["a", "b", "c"]);
    const [first] = pool.writers()!;
    expect(first).toEqual({ id: "a", pod: "a", address: "10.0.0.1", port: 5432, ports } satisfies PoolPod);

    // One falls: it takes neither reads nor writes.
    put({ endpoints: endpoints("a", "b").slice(1), writers: writers("a", "b").slice(1) });
    await expect.poll(pool.names).toEqual(["b"]);
    expect(pool.balancer.list().map(({ endpoint }) => endpoint.id)).toEqual(["b"]);
    put({ endpoints: endpoints("a", "b"), writers: writers("a", "b") });
    await expect.poll(pool.names).toEqual(["a", "b"]);
    put({ endpoints: endpoints("a", "b"), writers: [] });
    await expect.poll(pool.names).toEqual([]);
    expect(pool.balancer.list()).toHaveLength(2);
    expect(pool.pool()?.writers).toEqual([]);
  });
});

test("a writer that is no endpoint is told of, and a pod of its name at another address", async () => {
  const { put, start } = await follow();
  put({ endpoints: endpoints("b"), writers: writers("a") });
  const pool = start();
  await pool.ready;
  expect([pool.names(), pool.balancer.next()!.id]).toEqual([["a"], "b"]);
  put({ endpoints: endpoints("b"), writers: writers("a").map((writer) => ({ ...writer, address: "10.9.9.9" })) });
  await expect.poll(() => pool.writers()![0]!.address).toBe("10.9.9.9");
});

test("a pool without access has no write list, which is not an empty one", async () => {
  const { put, start } = await follow();
  put({ endpoints: endpoints("a") });
  const pool = start();
  await pool.ready;
  expect(pool.writers()).toBeUndefined();
  expect(pool.pool()).not.toHaveProperty("writers");
  put({ endpoints: endpoints("a"), writers: writers("a") });
  await expect.poll(pool.names).toEqual(["a"]);
});

test("the last write list stands when the operator is gone", async () => {
  const { server, put, start } = await follow();
  put({ endpoints: endpoints("a", "b"), writers: writers("a", "b") });
  const pool = start();
  await pool.ready;
  await server.stop();
  await expect.poll(pool.state).toBe("lost");
  expect(pool.names()).toEqual(["a", "b"]);
  await pool.close();
  expect(pool.names()).toEqual(["a", "b"]);
});

test("a write to all counts as connections of each, where reads go by connections", async () => {
  const { put, start } = await follow();
  put({ endpoints: endpoints("a", "b"), writers: writers("a", "b") });
  const pool = start();
  await pool.ready;
  for (const { id } of pool.writers()!) pool.balancer.begin(id);
  expect(pool.balancer.list().map(({ inFlight }) => inFlight)).toEqual([1, 1]);
  for (const { id } of pool.writers()!) pool.balancer.release(id);
  expect(pool.balancer.list().map(({ inFlight }) => inFlight)).toEqual([0, 0]);
});

test("reads go to the shortest response time that the operator measured, if one asks for that", async () => {
  const { put, start } = await follow();
  const measured = (...times: number[]) =>
    endpoints("a", "b", "c").map((endpoint, index) => ({ ...endpoint, responseMs: times[index]! }));
  put({ endpoints: measured(30, 4, 20), writers: writers("a", "b", "c") });
  const pool = start("FastestResponse");
  await pool.ready;
  const read = (): string => {
    const endpoint = pool.balancer.next()!;
    pool.balancer.release(endpoint);
    return endpoint.id;
  };
  expect([read(), read(), read()]).toEqual(["b", "b", "b"]);
  pool.balancer.fail("b");
  expect(read()).toBe("c");
});
