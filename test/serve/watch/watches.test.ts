import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import type { PoolDocument, ProblemDocument } from "../../../src/serve/documents.ts";
import type { ServedRequest } from "../../../src/serve/http/server.ts";
import { endpointOf, knownPool } from "../known.ts";
import { serveFeed } from "../serving.ts";
import { pass, stopTimers } from "./passing.ts";
import { readStream } from "./read-stream.ts";

const key = "shop/checkout";

const known = (connections: number, weight = 1_000) =>
  knownPool("shop", "checkout", { endpoints: [endpointOf("a", 1, { connections, weight, load: 20, ageMs: 0 })] });

function readEvent(block: string) {
  const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s, 2)));
  return { name: fields.event, id: fields.id, document: JSON.parse(fields.data!) as PoolDocument };
}

describe("a watch", () => {
  test("begins with the document that GET answers, and its version", async () => {
    const { feed, poolUrl } = await serveFeed();
    feed.set(known(1));
    const stream = await readStream(`${poolUrl}/watch`);
    expect(stream.response.status).toBe(200);
    expect(stream.response.headers.get("content-type")).toBe("text/event-stream");
    expect(stream.response.headers.get("cache-control")).toBe("no-store");
    await expect.poll(stream.events).toHaveLength(1);
    const { name, id, document } = readEvent(stream.events()[0]!);
    expect([name, id]).toEqual(["pool", feed.get(key)!.version]);
    expect(document).toEqual(await (await fetch(poolUrl)).json());
  });

  test("tells at once who takes writes now", async () => {
    const { feed, poolUrl } = await serveFeed({ limits: { gapMs: 1, heartbeatMs: 60_000 } });
    const writer = (pod: string) => ({ pod, uid: `uid-${pod}`, address: "10.0.0.1", ports: [], reason: "takes it" });
    feed.set(knownPool("shop", "checkout", { writers: [writer("a"), writer("b")] }));
    const stream = await readStream(`${poolUrl}/watch`);
    await expect.poll(stream.events).toHaveLength(1);
    feed.set(knownPool("shop", "checkout", { writers: [writer("a")] }));
    await expect.poll(stream.events).toHaveLength(2);
    const told = stream.events().map((block) => readEvent(block).document.writers?.map(({ pod }) => pod));
    expect(told).toEqual([["a", "b"], ["a"]]);
  });

  test("tells news at once and keeps noise to itself", async () => {
    const { feed, poolUrl } = await serveFeed({ limits: { gapMs: 1, heartbeatMs: 60_000 } });
    feed.set(known(10));
    const stream = await readStream(`${poolUrl}/watch`);
    await expect.poll(stream.events).toHaveLength(1);
    // Hears of everything, and of each plan later than the other would.
    const patient = await readStream(`${poolUrl}/watch?every=100ms`);
    const allHaveLooked = (): Promise<void> => {
      const { version } = feed.get(key)!;
      return expect.poll(() => patient.events().at(-1)).toContain(`id: ${version}`);
    };
    await allHaveLooked();
    feed.set(known(11, 1_030));
    feed.set({ ...known(90), key: "shop/other" });
    await allHaveLooked();
    feed.set(known(12));
    await expect.poll(stream.events).toHaveLength(2);
    await allHaveLooked();
    feed.set(known(12, 1_100));
    await expect.poll(stream.events).toHaveLength(3);
    await allHaveLooked();
    feed.set(knownPool("shop", "checkout", { endpoints: [] }));
    await expect.poll(stream.events).toHaveLength(4);
    const told = stream.events().map((block) => readEvent(block).document.endpoints);
    expect(told.map((endpoints) => endpoints.map(({ connections, weight }) => [connections, weight]))).toEqual([
      [[10, 1_000]],
      [[12, 1_000]],
      [[12, 1_100]],
      [],
    ]);
  });

  test("leaves out what a newer document overtook, and ends up with the newest", async () => {
    const { feed, poolUrl } = await serveFeed({ limits: { gapMs: 100, heartbeatMs: 60_000 } });
    feed.set(known(0));
    const stream = await readStream(`${poolUrl}/watch`);
    const beganAt = performance.now();
    for (let connections = 10; connections <= 500; connections += 10) {
      feed.set(known(connections));
      await sleep(2);
    }
    feed.set(known(5_000));
    const last = feed.get(key)!.version;
    await expect.poll(() => stream.events().at(-1)).toContain(`id: ${last}`);
    expect(stream.events().length).toBeLessThanOrEqual(2 + (performance.now() - beganAt) / 99);
  });

  test("with `every` tells noise as well, no more often than that", async () => {
    const { feed, poolUrl } = await serveFeed({ limits: { gapMs: 1, heartbeatMs: 60_000 } });
    feed.set(known(10));
    const stream = await readStream(`${poolUrl}/watch?every=200ms`);
    await expect.poll(stream.events).toHaveLength(1);
    const beganAt = performance.now();
    for (let turn = 0; turn < 60; turn += 1) {
      feed.set(known(10));
      await sleep(10);
    }
    const most = 1 + (performance.now() - beganAt) / 200;
    const { version } = feed.get(key)!;
    await expect.poll(() => stream.events().at(-1)).toContain(`id: ${version}`);
    expect(stream.events().length).toBeGreaterThanOrEqual(3);
    expect(stream.events().length).toBeLessThanOrEqual(most + 2);
  });

  test("with a client brings its list, in documents like those of GET", async () => {
    const { feed, poolUrl } = await serveFeed();
    feed.set(
      knownPool("shop", "checkout", { endpoints: ["a", "b", "c", "d"].map((pod, at) => endpointOf(pod, at + 1)) }),
    );
    for (const client of ["one", "two", "three"]) {
      const stream = await readStream(`${poolUrl}/watch?client=${client}`);
      await expect.poll(stream.events).toHaveLength(1);
      const { document } = readEvent(stream.events()[0]!);
      expect(document.list).toHaveLength(4);
      expect(document).toEqual(await (await fetch(`${poolUrl}?client=${client}`)).json());
    }
  });

  test("with a client rests longer the more lists there are to write, and others do not", async () => {
    stopTimers();
    const { feed, poolUrl } = await serveFeed({ limits: { gapMs: 1, heartbeatMs: 60_000, listedPerSecond: 10 } });
    feed.set(known(10));
    const listed = await readStream(`${poolUrl}/watch?client=one`);
    const second = await readStream(`${poolUrl}/watch?client=two`);
    const plain = await readStream(`${poolUrl}/watch`);
    const play = async () => {
      const before = listed.events().length;
      for (let turn = 1; turn <= 100; turn += 1) {
        feed.set(known(turn % 2 === 0 ? 10 : 90));
        await pass(10);
      }
      // By the last of it, all of it was heard.
      feed.set(known(5_000));
      await pass(200);
      const { version } = feed.get(key)!;
      await expect.poll(() => listed.events().at(-1)).toContain(`id: ${version}`);
      return listed.events().length - before - 1;
    };
    const both = await play();
    // Ten endpoints a second, of one endpoint each, for two: five each.
    expect(both).toBeGreaterThanOrEqual(2);
    expect(both).toBeLessThanOrEqual(5 + 2);
    expect(plain.events().length).toBeGreaterThan(2 * both);
    await second.leave();
    const alone = await play();
    expect(alone).toBeLessThanOrEqual(10 + 2);
    expect(alone).toBeGreaterThan(both);
  });

  test.each(["", "1", "0s", "99ms", "61s", "1m", "-1s", "1s&every=2s"])("refuses every=%s", async (every) => {
    const { feed, poolUrl } = await serveFeed();
    feed.set(known(10));
    const response = await fetch(`${poolUrl}/watch?every=${every}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      reason: "ParameterInvalid",
      detail: expect.stringContaining("every"),
    });
  });

  test("beats while nothing happens, past every timeout of the server, and brings figures up to date", async () => {
    const limits = {
      gapMs: 1,
      heartbeatMs: 100,
      stallMs: 1_000,
      requestMs: 1_000,
      headersMs: 1_000,
      keepAliveMs: 1_000,
    };
    const { feed, poolUrl } = await serveFeed({ limits });
    feed.set(known(10));
    const stream = await readStream(`${poolUrl}/watch`);
    await expect.poll(stream.events).toHaveLength(1);
    feed.set(known(11));
    await expect.poll(stream.events).toHaveLength(2);
    await expect.poll(() => stream.blocks.filter((block) => block.startsWith(":")).length).toBeGreaterThan(12);
    expect(stream.over()).toBe(false);
    expect(stream.events()).toHaveLength(2);
  });

  test("between heartbeats longer than the stall limit nothing is cut", async () => {
    const { feed, poolUrl } = await serveFeed({ limits: { gapMs: 1, heartbeatMs: 600, stallMs: 100 } });
    feed.set(known(1));
    const stream = await readStream(`${poolUrl}/watch`);
    await expect.poll(() => stream.blocks.length).toBeGreaterThanOrEqual(2);
    expect(stream.over()).toBe(false);
  });

  test("does not repeat what the reader has, and goes on from there", async () => {
    const { feed, poolUrl } = await serveFeed();
    feed.set(known(1));
    const { version } = feed.get(key)!;
    const stream = await readStream(`${poolUrl}/watch`, { "last-event-id": version });
    await expect.poll(() => stream.blocks.length).toBe(1);
    expect(stream.events()).toEqual([]);
    feed.set(known(50));
    await expect.poll(stream.events).toHaveLength(1);
    expect(stream.events()[0]).toContain(`id: ${feed.get(key)!.version}\n`);

    const late = await readStream(`${poolUrl}/watch`, { "last-event-id": version });
    await expect.poll(late.events).toHaveLength(1);
  });

  test("ends with `gone` when the pool is deleted", async () => {
    const { feed, poolUrl } = await serveFeed();
    feed.set(known(1));
    const stream = await readStream(`${poolUrl}/watch`);
    await expect.poll(stream.events).toHaveLength(1);
    feed.remove(key);
    await expect.poll(stream.over).toBe(true);
    expect(stream.events()[1]).toBe('event: gone\ndata: {"namespace":"shop","name":"checkout"}');
  });

  test("HEAD gets the headers alone", async () => {
    const { feed, poolUrl } = await serveFeed();
    feed.set(known(1));
    const response = await fetch(`${poolUrl}/watch`, { method: "HEAD" });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
    expect(await response.text()).toBe("");
  });

  test("is reported when it begins, not by how long it lasts", async () => {
    const seen: ServedRequest[] = [];
    const { feed, poolUrl } = await serveFeed({ onRequest: (request) => seen.push(request) });
    feed.set(known(1));
    const stream = await readStream(`${poolUrl}/watch`);
    const report = {
      method: "GET",
      route: "/v1/pools/{namespace}/{name}/watch",
      status: 200,
      durationMs: expect.any(Number),
    };
    expect(seen).toEqual([report]);
    await stream.leave();
    await fetch(poolUrl);
    await expect.poll(() => seen.length).toBe(2);
    expect(seen.filter(({ route }) => route === report.route)).toHaveLength(1);
  });
});

describe("what is refused", () => {
  test("a pool that nobody knows", async () => {
    const { poolUrl } = await serveFeed();
    const response = await fetch(`${poolUrl}/watch`);
    expect(response.status).toBe(404);
    expect(((await response.json()) as ProblemDocument).reason).toBe("PoolUnknown");
  });

  test("a stream too many, until one ends", async () => {
    const { feed, poolUrl } = await serveFeed({ limits: { streams: 2 } });
    feed.set(known(1));
    const first = await readStream(`${poolUrl}/watch`);
    await readStream(`${poolUrl}/watch`);
    const refused = await fetch(`${poolUrl}/watch`);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "10"]);
    expect(((await refused.json()) as ProblemDocument).reason).toBe("TooManyStreams");
    expect((await fetch(poolUrl)).status).toBe(200);
    await first.leave();
    await expect.poll(async () => (await readStream(`${poolUrl}/watch`)).response.status).toBe(200);
  });
});

test("streams of one address make room for those of others, up to an even part", async () => {
  const { feed, server } = await serveFeed({ limits: { streams: 4 } });
  feed.set(known(1));
  const over: string[] = [];
  const watch = (localAddress: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const path = "/v1/pools/shop/checkout/watch";
      const asked = request({ host: "127.0.0.1", port: server.port, path, localAddress }, (response) => {
        onTestFinished(() => void asked.destroy());
        response.resume().once("end", () => response.statusCode === 200 && over.push(localAddress));
        resolve(response.statusCode);
      });
      asked.on("error", reject).end();
    });
  for (let index = 0; index < 4; index += 1) expect(await watch("127.0.0.66")).toBe(200);
  expect(await watch("127.0.0.66")).toBe(503);
  expect([await watch("127.0.0.7"), await watch("127.0.0.7")]).toEqual([200, 200]);
  await expect.poll(() => over).toEqual(["127.0.0.66", "127.0.0.66"]);
  expect([await watch("127.0.0.7"), await watch("127.0.0.66")]).toEqual([503, 503]);
  expect([await watch("127.0.0.8"), await watch("127.0.0.8")]).toEqual([200, 503]);
  await expect.poll(() => over).toHaveLength(3);
});

describe("the end of a stream", () => {
  test("a reader that takes nothing is dropped, having cost one document at most", async () => {
    const { feed, server } = await serveFeed({ limits: { gapMs: 1, heartbeatMs: 20, stallMs: 200, streams: 1 } });
    const endpoints = Array.from({ length: 2_000 }, (_, index) => endpointOf(`pod-${index}`, index + 1));
    const large = (weight: number) =>
      knownPool("shop", "checkout", { endpoints: endpoints.map((endpoint) => ({ ...endpoint, weight })) });
    feed.set(large(1));
    const reader = connect(server.port, "127.0.0.1");
    const ended = new Promise<void>((resolve) => reader.on("error", () => {}).once("close", () => resolve()));
    await once(reader, "connect");
    reader.pause();
    reader.write("GET /v1/pools/shop/checkout/watch HTTP/1.1\r\nHost: x\r\n\r\n");
    let weight = 1;
    // Free again, and only then, when the slow reader was dropped.
    await expect
      .poll(async () => {
        weight += 1_000;
        feed.set(large(weight));
        const stream = await readStream(`${server.url}/v1/pools/shop/checkout/watch`);
        await stream.leave();
        return [weight, stream.response.status];
      })
      .toEqual([expect.any(Number), 200]);
    reader.destroy();
    await ended;
  });

  test("a reader that is slow for a while gets the newest when it reads on", async () => {
    const { feed, server } = await serveFeed({ limits: { gapMs: 1, heartbeatMs: 60_000, stallMs: 60_000 } });
    const endpoints = Array.from({ length: 2_000 }, (_, index) => endpointOf(`pod-${index}`, index + 1));
    const large = (weight: number) =>
      knownPool("shop", "checkout", { endpoints: endpoints.map((endpoint) => ({ ...endpoint, weight })) });
    feed.set(large(1));
    const reader = connect(server.port, "127.0.0.1");
    const ended = new Promise<void>((resolve) => reader.on("error", () => {}).once("close", () => resolve()));
    reader.pause();
    reader.write("GET /v1/pools/shop/checkout/watch HTTP/1.1\r\nHost: x\r\n\r\n");
    for (let round = 1; round <= 60; round += 1) {
      feed.set(large(round * 1_000));
      await sleep(5);
    }
    let ids: string[] = [];
    let text = "";
    reader.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
    });
    reader.resume();
    await expect
      .poll(() => {
        ids = [...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id!);
        return ids.at(-1);
      })
      .toBe(feed.get(key)!.version);
    expect(ids.length).toBeLessThan(50);
    reader.destroy();
    await ended;
  });

  test("closing the server ends the streams at once, and lets none in", async () => {
    const { feed, server, poolUrl } = await serveFeed({ limits: { closeMs: 60_000 } });
    feed.set(known(1));
    const streams = [await readStream(`${poolUrl}/watch`), await readStream(`${poolUrl}/watch`)];
    for (const stream of streams) await expect.poll(stream.events).toHaveLength(1);
    await server.stop();
    for (const stream of streams) await expect.poll(stream.over).toBe(true);
    // Nobody listens any more.
    feed.set(known(99));
    await expect(fetch(`${poolUrl}/watch`)).rejects.toThrow();
  });
});
