import { connect } from "node:net";
import { Registry } from "prom-client";
import { describe, expect, test } from "vitest";
import { recordPlans } from "../../src/control/record-plans.ts";
import { createFeed } from "../../src/serve/feed.ts";
import { createFollowers } from "../../src/serve/followers.ts";
import type { FollowersDocument } from "../../src/serve/followers-document.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { endpointOf, knownPool } from "./known.ts";
import { serveFeed } from "./serving.ts";
import { readStream } from "./watch/read-stream.ts";

const key = "shop/checkout";
const heavier = (weight: number) => knownPool("shop", "checkout", { endpoints: [endpointOf("a", 1, { weight })] });

describe("followers", () => {
  test("are listed with what they took last, those who refused something first", () => {
    let now = 1_000;
    const followers = createFollowers({ now: () => now });
    const envoy = followers.follow("xds", "edge-2", key);
    now = 2_000;
    const other = followers.follow("xds", "edge-1", key);
    followers.follow("sse", "10.0.0.9", key);
    followers.follow("sse", "10.0.0.9", "shop/basket");
    other.took("v1");
    envoy.took("v1");
    envoy.refused("weight 0");
    expect(followers.list(key, 10)).toEqual([
      { consumer: "xds", client: "edge-2", since: 1_000, version: "v1", rejected: "weight 0" },
      { consumer: "sse", client: "10.0.0.9", since: 2_000 },
      { consumer: "xds", client: "edge-1", since: 2_000, version: "v1" },
    ]);
    expect(followers.list(key, 1)).toHaveLength(1);
    envoy.took("v2");
    expect(followers.list(key, 10)[2]).toEqual({ consumer: "xds", client: "edge-2", since: 1_000, version: "v2" });
    expect(Object.fromEntries(followers.counts(key))).toEqual({ xds: 2, sse: 1 });
    envoy.end();
    envoy.end();
    expect(Object.fromEntries(followers.counts(key))).toEqual({ xds: 1, sse: 1 });
    expect(followers.list("shop/none", 10)).toEqual([]);
  });

  test("beyond the bounds are counted, and one that leaves makes room for one that comes", () => {
    const followers = createFollowers({ limits: { perConsumer: 2, all: 3, textLength: 8 } });
    const first = followers.follow("xds", "a", key);
    for (const client of ["b", "c", "d"]) followers.follow("xds", client, key);
    followers.follow("sse", "e".repeat(100), key);
    const beyond = followers.follow("sse", "f", key);
    beyond.took("v1");
    expect(Object.fromEntries(followers.counts(key))).toEqual({ xds: 4, sse: 2 });
    expect(followers.list(key, 10).map(({ client }) => client)).toEqual(["eeeeeee…", "a", "b"]);
    first.end();
    followers.follow("xds", "g", key);
    expect(followers.list(key, 10).map(({ client }) => client)).toEqual(["eeeeeee…", "b", "g"]);
    beyond.end();
    expect(Object.fromEntries(followers.counts(key))).toEqual({ xds: 4, sse: 1 });
  });
});

describe("GET …/followers", () => {
  const ask = async (poolUrl: string) => (await (await fetch(`${poolUrl}/followers`)).json()) as FollowersDocument;

  test("tells of streams while they are open, by the name that they give themselves, with what they were told last", async () => {
    const { feed, poolUrl } = await serveFeed({ limits: { gapMs: 1 } });
    feed.set(heavier(1_000));
    expect(await ask(poolUrl)).toEqual({
      namespace: "shop",
      name: "checkout",
      version: feed.get(key)!.version,
      counts: {},
      followers: [],
    });
    const named = await readStream(`${poolUrl}/watch?client=edge-1`);
    const nameless = await readStream(`${poolUrl}/watch`);
    feed.set(heavier(2_000));
    const { version } = feed.get(key)!;
    await expect
      .poll(async () => (await ask(poolUrl)).followers.map(({ client, version }) => [client, version]))
      .toEqual([
        ["127.0.0.1", version],
        ["edge-1", version],
      ]);
    const { counts, followers } = await ask(poolUrl);
    expect(counts).toEqual({ sse: 2 });
    expect(Date.now() - Date.parse(followers[0]!.since)).toBeLessThan(60_000);
    await named.leave();
    await nameless.leave();
    await expect.poll(async () => (await ask(poolUrl)).counts).toEqual({});
  });

  test("does not say of a stream that it took what it has not read", async () => {
    const { feed, poolUrl, server } = await serveFeed({ limits: { gapMs: 1, stallMs: 60_000 } });
    const crowd = (weight: number) =>
      knownPool("shop", "checkout", {
        endpoints: Array.from({ length: 20_000 }, (_, index) => endpointOf(`pod-${index}`, index, { weight })),
      });
    feed.set(crowd(1_000));
    const socket = connect(server.port, "127.0.0.1");
    socket.pause();
    socket.write("GET /v1/pools/shop/checkout/watch HTTP/1.1\r\nhost: x\r\n\r\n");
    await expect.poll(async () => (await ask(poolUrl)).counts).toEqual({ sse: 1 });
    const versionOf = async () => (await ask(poolUrl)).followers[0]?.version;
    // The kernel takes some megabytes on the reader's behalf.
    let weight = 1_000;
    await expect
      .poll(async () => {
        const before = await versionOf();
        for (let turn = 0; turn < 3; turn += 1) {
          weight += 100;
          feed.set(crowd(weight));
          await ask(poolUrl);
        }
        return (await versionOf()) === before;
      })
      .toBe(true);
    expect(await versionOf()).not.toBe(feed.get(key)!.version);
    socket.resume();
    await expect.poll(versionOf).toBe(feed.get(key)!.version);
    socket.destroy();
    await expect.poll(async () => (await ask(poolUrl)).counts).toEqual({});
  });

  test("knows no followers of a pool that there is not", async () => {
    const { poolUrl } = await serveFeed();
    expect((await fetch(`${poolUrl}/followers`)).status).toBe(404);
  });
});

test("the metrics count followers of pools that there are", async () => {
  const registry = new Registry();
  const feed = createFeed();
  const followers = createFollowers();
  const recording = await recordPlans(createMetrics(registry, { version: "test" })).start(feed, followers);
  feed.set(knownPool("shop", "checkout"));
  const following = followers.follow("xds", "edge-1", key);
  followers.follow("xds", "edge-1", "shop/none");
  followers.follow("sse", "edge-1", key);
  const read = async () =>
    (await registry.metrics()).split("\n").filter((line) => line.startsWith("evenkeel_pool_followers{"));
  expect(await read()).toEqual([
    'evenkeel_pool_followers{namespace="shop",pool="checkout",consumer="xds"} 1',
    'evenkeel_pool_followers{namespace="shop",pool="checkout",consumer="sse"} 1',
  ]);
  following.end();
  expect(await read()).toEqual(['evenkeel_pool_followers{namespace="shop",pool="checkout",consumer="sse"} 1']);
  feed.remove(key);
  expect(await read()).toEqual([]);
  await recording.stop();
});
