import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { type FollowedPool, type FollowOptions, followPool, type PublishedPool } from "../../src/client/client.ts";
import type { PlannedEndpoint } from "../../src/decide/planned.ts";
import { createFeed, type Feed } from "../../src/serve/feed.ts";
import type { HttpOptions } from "../../src/serve/start-http.ts";
import { endpointOf, knownPool, plannedOn } from "../serve/known.ts";
import { serveFeed } from "../serve/serving.ts";
import { findFreePorts } from "../tools/control-plane/ports.ts";
import { seeded } from "./seeded.ts";

const key = "shop/checkout";
const path = "/v1/pools/shop/checkout";
/** Short times of real clocks; none is near another. */
const timing = {
  silenceMs: 5_000,
  pollMs: 20,
  retryStreamMs: 60_000,
  backoffMs: 20,
  mostBackoffMs: 100,
  settledMs: 60_000,
};

const put = (feed: Feed, endpoints: readonly PlannedEndpoint[]): void =>
  feed.set(plannedOn(knownPool("shop", "checkout", { endpoints }), Date.now()));

const abc = (weight = 1_000): PlannedEndpoint[] =>
  ["a", "b", "c"].map((name, index) => endpointOf(name, index + 1, { connections: index, weight, ageMs: 0 }));

async function serve(options: Partial<HttpOptions> & { feed?: Feed } = {}) {
  const seen: string[] = [];
  const { feed, server } = await serveFeed({
    feed: createFeed(),
    now: Date.now,
    onRequest: ({ route, status }) => seen.push(`${route.split("/").at(-1)} ${status}`),
    ...options,
    limits: { gapMs: 1, heartbeatMs: 30, closeMs: 1_000, ...options.limits },
  });
  return { feed, server, seen, url: server.url + path };
}

/** A server that is no operator. */
async function impersonate(answer: (message: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
}

function follow(url: string, options: Partial<FollowOptions> = {}) {
  const changes: PublishedPool[] = [];
  const errors: string[] = [];
  const followed = followPool({
    url,
    random: seeded(1),
    onChange: (pool) => changes.push(pool),
    onError: (error) => errors.push(error.message),
    ...options,
    timing: { ...timing, ...options.timing },
  });
  onTestFinished(() => followed.close());
  const ids = (): string =>
    followed.balancer
      .list()
      .map(({ endpoint }) => endpoint.id)
      .sort()
      .join("");
  return { ...followed, changes, errors, ids };
}

describe("in step with the operator", () => {
  test("the first list makes it ready; endpoints come, change and go with the next ones", async () => {
    const { feed, url } = await serve();
    put(feed, abc());
    const followed = follow(url);
    expect(followed.state()).toBe("connecting");
    expect(followed.balancer.next()).toBeUndefined();
    expect((await followed.ready).endpoints.map(({ id }) => id)).toEqual(["a", "b", "c"]);
    expect(followed.state()).toBe("streaming");
    expect(followed.balancer.next()).toMatchObject({ address: /^10\.0\.0\./, port: 8080, weight: 1_000 });

    put(feed, [...abc(), endpointOf("d", 4)]);
    await expect.poll(followed.ids).toBe("abcd");
    put(feed, abc().slice(1));
    await expect.poll(followed.ids).toBe("bc");
    put(feed, []);
    await expect.poll(followed.ids).toBe("");
    expect(followed.balancer.next()).toBeUndefined();
    expect(followed.pool()).toEqual(followed.changes.at(-1));
    expect(followed.errors).toEqual([]);
  });

  test("by weight, each endpoint gets its share of many picks", async () => {
    const { feed, url } = await serve();
    put(feed, [endpointOf("a", 1, { weight: 1_500 }), endpointOf("b", 2, { weight: 500 })]);
    const { ready, balancer } = follow(url);
    await ready;
    const picks = Array.from({ length: 400 }, () => balancer.next()!.id);
    expect(Math.abs(picks.filter((id) => id === "a").length - 300)).toBeLessThanOrEqual(1);
  });

  test("by response time, one that answers the operator no more is as slow as the slowest", async () => {
    const { feed, url } = await serve();
    const measured = (...times: (number | undefined)[]): PlannedEndpoint[] =>
      times.map((responseMs, index) =>
        endpointOf("abc"[index]!, index + 1, responseMs === undefined ? {} : { responseMs }),
      );
    put(feed, measured(5, 5, 20));
    const { ready, changes, balancer } = follow(url, { strategy: "FastestResponse" });
    await ready;
    put(feed, measured(undefined, 5, 20));
    await expect.poll(() => changes.length).toBe(2);
    expect(balancer.list().find(({ endpoint }) => endpoint.id === "a")!.responseMs).toBeGreaterThan(15);
    expect(balancer.next()!.id).toBe("b");
  });

  test("by connections, own requests since the reading are added to what it read", async () => {
    const { feed, url } = await serve();
    put(feed, abc());
    const { ready, balancer, changes } = follow(url, { strategy: "LeastConnections" });
    await ready;
    expect(Array.from({ length: 4 }, () => balancer.next()!.id).sort()).toEqual(["a", "a", "b", expect.any(String)]);
    await sleep(60);
    // A reading that is 10 s old cannot have seen them; a new one has.
    const [a, b, c] = abc() as [PlannedEndpoint, PlannedEndpoint, PlannedEndpoint];
    const counts = () =>
      balancer
        .list()
        .map(({ endpoint, connections }) => `${endpoint.id}${connections}`)
        .sort();
    put(feed, [{ ...a, connections: 20, ageMs: 10_000 }, b, c]);
    await expect.poll(counts).toContain("a22");
    put(feed, [{ ...a, connections: 40, ageMs: 0 }, b, c]);
    await expect.poll(counts).toContain("a40");
    expect(changes.length).toBeGreaterThanOrEqual(3);
  });

  test("requests in flight stay counted through news, but not for another pod of the name", async () => {
    const { feed, url } = await serve();
    put(feed, abc().slice(0, 1));
    const { ready, balancer } = follow(url);
    await ready;
    const given = balancer.next()!;
    const [a] = abc() as [PlannedEndpoint];
    const inFlight = () => balancer.list().map((entry) => [entry.endpoint.address, entry.inFlight]);
    put(feed, [{ ...a, connections: 50 }]);
    await expect.poll(() => balancer.list()[0]!.endpoint.connections).toBe(50);
    expect(inFlight()).toEqual([["10.0.0.1", 1]]);
    put(feed, [{ ...a, address: "10.9.9.9" }]);
    await expect.poll(inFlight).toEqual([["10.9.9.9", 0]]);
    balancer.release(given);
    expect(inFlight()).toEqual([["10.9.9.9", 0]]);
  });

  test("clients turn to equal endpoints in orders of their own", async () => {
    const { feed, url } = await serve();
    put(
      feed,
      Array.from({ length: 12 }, (_, index) => endpointOf(`p${index}`, index + 1)),
    );
    const orders = await Promise.all(
      [1, 2, 3].map(async (seed) => {
        const { ready, balancer } = follow(url, { strategy: "RoundRobin", random: seeded(seed) });
        await ready;
        return Array.from({ length: 12 }, () => balancer.next()!.id).join();
      }),
    );
    expect(new Set(orders).size).toBe(3);
  });
});

describe("when the operator goes", () => {
  test("the last list stands, and the next replica is found and believed", async () => {
    const [port = 0] = await findFreePorts(1);
    const first = await serve({ port });
    put(first.feed, abc());
    const { state, ids, ready, errors, balancer } = follow(first.url);
    await ready;
    await first.server.stop();
    await expect.poll(() => errors.length).toBeGreaterThan(1);
    expect([state(), ids()]).toEqual(["lost", "abc"]);
    expect(balancer.next()).toBeDefined();
    const second = await serve({ port });
    put(second.feed, abc().slice(0, 2));
    await expect.poll(ids).toBe("ab");
    expect(state()).toBe("streaming");
  });

  test("a stream that breaks goes on where it was, and nothing is told twice", async () => {
    const { feed } = await serve();
    put(feed, abc());
    const { version } = feed.get(key)!;
    const asked: (string | undefined)[] = [];
    const responses: ServerResponse[] = [];
    const url = await impersonate((message, response) => {
      asked.push(message.headers["last-event-id"] as string | undefined);
      responses.push(response);
      response.writeHead(200, { "content-type": "text/event-stream" });
      if (asked.length > 1) return void response.write(": nothing new\n\n");
      const document = {
        ...knownPool("shop", "checkout"),
        namespace: "shop",
        name: "checkout",
        strategy: "RoundRobin",
      };
      const data = JSON.stringify({ ...document, endpoints: abc() });
      response.write(`event: pool\nid: ${version}\ndata: ${data}\n\n`);
    });
    const { state, changes, ready, errors } = follow(url);
    await ready;
    responses[0]!.destroy();
    await expect.poll(() => asked).toEqual([undefined, version]);
    await expect.poll(state).toBe("streaming");
    expect(changes).toHaveLength(1);
    expect(errors).toHaveLength(1);
  });

  test("silence is noticed, also when the connection looks well", async () => {
    let streams = 0;
    const { feed, url: operator } = await serve();
    put(feed, abc());
    const document = await (await fetch(operator)).text();
    const url = await impersonate((_, response) => {
      streams += 1;
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`event: pool\nid: 1\ndata: ${document.trim()}\n\n`);
    });
    // Long enough for a busy machine to answer at all in that time.
    const { errors, ids } = follow(url, { timing: { silenceMs: 1_000 } });
    await expect.poll(() => errors).toContain("heard nothing for 1000 ms");
    await expect.poll(() => streams).toBeGreaterThan(1);
    expect(ids()).toBe("abc");
  });

  test("heartbeats are no silence", async () => {
    const { feed, url, seen } = await serve({ limits: { heartbeatMs: 50 } });
    put(feed, abc());
    const timing = { silenceMs: 1_500 };
    const { ready, state, errors } = follow(url, { timing });
    await ready;
    // Who came later, and hears none, has missed them.
    const mute = await impersonate((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    });
    const other = follow(mute, { timing });
    await expect.poll(() => other.errors).toContain("heard nothing for 1500 ms");
    expect([state(), errors, seen]).toEqual(["streaming", [], ["watch 200"]]);
  });

  test("a pool that is deleted leaves its last list, and is found again under its name", async () => {
    const { feed, url } = await serve();
    put(feed, abc());
    const { ready, state, ids, errors } = follow(url);
    await ready;
    feed.remove(key);
    await expect.poll(() => errors).toContain("the pool is gone");
    await expect.poll(() => errors.join()).toContain("the operator answered 404: ");
    expect([state(), ids()]).toEqual(["lost", "abc"]);
    put(feed, abc().slice(2));
    await expect.poll(ids).toBe("c");
    // The list may have come by a poll before the stream was there again.
    await expect.poll(state).toBe("streaming");
  });

  test("attempts grow rarer, up to the longest wait", async () => {
    const times: number[] = [];
    const url = await impersonate((_, response) => {
      times.push(performance.now());
      response.destroy();
    });
    follow(url, { random: () => 0.99, timing: { backoffMs: 40, mostBackoffMs: 160 } });
    await expect.poll(() => times.length).toBeGreaterThanOrEqual(6);
    const gaps = times.slice(1).map((time, index) => time - times[index]!);
    for (const [index, least] of [35, 70, 150, 150, 150].entries()) expect(gaps[index]).toBeGreaterThan(least);
  });
});

describe("where there is no stream to be had", () => {
  /** Passes requests on to an operator, except for streams. */
  async function withoutStreams(url: string, refuse: (response: ServerResponse) => void) {
    const statuses: number[] = [];
    const front = await impersonate(async (message, response) => {
      if (message.url!.endsWith("/watch")) return refuse(response);
      const { "if-none-match": tag } = message.headers;
      const asked = fetch(url, tag ? { headers: { "if-none-match": tag } } : {});
      // The operator may close first when the test ends.
      const answer = await asked.catch(() => undefined);
      if (!answer) return void response.destroy();
      statuses.push(answer.status);
      response.writeHead(answer.status, { etag: answer.headers.get("etag")! });
      response.end(await answer.text());
    });
    return { front, statuses };
  }

  test.each<[string, (response: ServerResponse) => void, silenceMs?: number]>([
    ["it is not found", (response) => response.writeHead(404).end("<html>")],
    [
      "something else is answered",
      (response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>"),
    ],
    // Polls have as long as the stream has, and a machine may be busy.
    [
      "it is held back",
      (response) => response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders(),
      2_000,
    ],
  ])("because %s, the pool is polled, and asked for only when it is new", async (_, refuse, silenceMs = 5_000) => {
    const { feed, url } = await serve();
    put(feed, abc());
    const { front, statuses } = await withoutStreams(url, refuse);
    const { ready, state, ids, errors, changes } = follow(front, { timing: { silenceMs } });
    await ready;
    await expect.poll(state).toBe("polling");
    await expect.poll(() => statuses.length).toBeGreaterThan(3);
    expect(statuses.slice(0, 3)).toEqual([200, 304, 304]);
    expect(changes).toHaveLength(1);
    put(feed, abc().slice(1));
    await expect.poll(ids).toBe("bc");
    expect(errors).toEqual([]);
  });

  test("a stream is tried again after a while", async () => {
    const { feed, url, seen } = await serve({ limits: { streams: 0 } });
    put(feed, abc());
    const { state, changes } = follow(url, { timing: { retryStreamMs: 100 } });
    await expect.poll(() => seen.filter((line) => line === "watch 503").length).toBeGreaterThan(1);
    expect(seen).toContain("{name} 200");
    expect([state(), changes.length]).toEqual(["polling", 1]);
  });

  test("while polls fail, the last list stands", async () => {
    const { feed, url, server } = await serve({ limits: { streams: 0 } });
    put(feed, abc());
    const { ready, state, ids, errors } = follow(url);
    await ready;
    await expect.poll(state).toBe("polling");
    await server.stop();
    await expect.poll(() => errors.length).toBeGreaterThan(0);
    await expect.poll(state).toBe("lost");
    expect(ids()).toBe("abc");
  });
});

describe("what cannot be believed", () => {
  const wrong: [string, unknown, RegExp][] = [
    ["no JSON", "<html>", /not a pool's document/],
    ["no list", { namespace: "shop" }, /it has no endpoints/],
    ["an endpoint without address", { endpoints: [{ ...abc()[0], address: undefined }] }, /address is no text/],
    ["a weight below zero", { endpoints: [{ ...abc()[0], weight: -1 }] }, /weight is no number/],
    ["connections in words", { endpoints: [{ ...abc()[0], connections: "many" }] }, /connections is no number/],
    ["a pod twice", { endpoints: [abc()[0], abc()[0]] }, /a pod twice/],
    ["no port", { endpoints: [{ ...abc()[0], ports: [] }] }, /a has no port/],
  ];

  test.each(wrong)("%s changes nothing", async (_, document, words) => {
    const { feed, url: operator } = await serve();
    put(feed, abc());
    const good = await (await fetch(operator)).text();
    let asked = 0;
    const url = await impersonate((_message, response) => {
      asked += 1;
      response.writeHead(200, { "content-type": "text/event-stream" });
      if (asked === 1) response.write(`event: pool\nid: 1\ndata: ${good.trim()}\n\n`);
      response.write(
        `event: pool\nid: 2\ndata: ${typeof document === "string" ? document : JSON.stringify(document)}\n\n`,
      );
    });
    const { errors, ids, changes } = follow(url);
    await expect.poll(() => errors[0]).toMatch(words);
    await expect.poll(() => asked).toBeGreaterThan(1);
    expect([ids(), changes.length]).toEqual(["abc", 1]);
  });

  const identity = { namespace: "shop", name: "checkout", strategy: "Weighted" };
  const [a, b, c] = abc();
  /** Of one endpoint, what lies, and what is to be seen of it. */
  const odd: [what: string, changes: object, seen: object][] = [
    ["a response time of null", { responseMs: null }, { responseMs: undefined }],
    ["a response time in words", { responseMs: "fast" }, { responseMs: undefined }],
    ["connections in words", { connections: "many" }, { connections: undefined }],
    ["connections below zero", { connections: -1 }, { connections: undefined }],
    ["an age of null", { ageMs: null }, { ageMs: undefined }],
    ["a load in a list", { load: [1] }, { load: undefined }],
    ["a node that is no text", { node: 7 }, { node: undefined }],
    ["a mark in words", { full: "yes" }, { full: undefined }],
    ["a weight of null", { weight: null }, { weight: 1_000 }],
    ["a weight below zero", { weight: -1 }, { weight: 1_000 }],
    ["no rank", { rank: undefined }, { rank: 2 }],
    ["a port among its ports that is none", { ports: [null, ...b!.ports] }, { ports: b!.ports }],
  ];
  const documentWith = (changes: object) => JSON.stringify({ ...identity, endpoints: [a, { ...b, ...changes }, c] });
  const streaming = (document: string) =>
    impersonate((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`event: pool\nid: 1\ndata: ${document}\n\n`);
    });

  test.each(odd)("%s takes away nothing else", async (_, changes, seen) => {
    const { ready, balancer, errors } = follow(await streaming(documentWith(changes)));
    const { endpoints } = await ready;
    expect(endpoints).toHaveLength(3);
    const told = new Map(Object.entries(endpoints[1]!));
    expect(Object.fromEntries(Object.keys(seen).map((field) => [field, told.get(field)]))).toEqual(seen);
    const given = Array.from({ length: 3 }, () => balancer.next()!.id).sort();
    expect([given, errors]).toEqual([["a", "b", "c"], []]);
  });

  test("that an endpoint is full for a Service is told, and takes no traffic from it here", async () => {
    const { ready, balancer, errors } = follow(await streaming(documentWith({ full: true })));
    const { endpoints } = await ready;
    expect(endpoints.map(({ full }) => full)).toEqual([undefined, true, undefined]);
    const given = Array.from({ length: 3 }, () => balancer.next()!.id).sort();
    expect([given, errors]).toEqual([["a", "b", "c"], []]);
  });

  test.each(["1e999", "1e308", "9007199254740993"])("a number as large as %s is none", async (number) => {
    const document = documentWith({ weight: "LARGE", connections: "LARGE", responseMs: "LARGE" });
    const { ready, errors } = follow(await streaming(document.replaceAll('"LARGE"', number)));
    expect((await ready).endpoints[1]).toMatchObject({ weight: 1_000 });
    expect((await ready).endpoints[1]).not.toHaveProperty("connections");
    expect((await ready).endpoints[1]).not.toHaveProperty("responseMs");
    expect(errors).toEqual([]);
  });

  test.each([
    ["without an address", { address: null }],
    ["without a name", { pod: 7 }],
    ["without a port", { ports: [{ name: "http", port: "80" }] }],
  ])("an endpoint %s is left out, and no other", async (_, changes) => {
    const { ready, ids, errors } = follow(await streaming(documentWith(changes)));
    await ready;
    expect([ids(), errors]).toEqual(["ac", []]);
  });

  test("a poll is read as a stream is", async () => {
    const url = await impersonate(({ url: asked }, response) => {
      if (asked?.endsWith("/watch")) response.writeHead(404).end();
      else response.writeHead(200, { "content-type": "application/json" }).end(documentWith({ responseMs: null }));
    });
    const { ready, ids, state } = follow(url);
    await ready;
    await expect.poll(state).toBe("polling");
    expect(ids()).toBe("abc");
  });

  test("a write list of which one cannot be read is no write list", async () => {
    const writers = [a, { ...b, address: null }];
    const url = await streaming(JSON.stringify({ ...identity, endpoints: [a, b, c], writers }));
    const { errors, ids } = follow(url);
    await expect.poll(() => errors[0]).toBe("not a pool's document: address is no text");
    expect(ids()).toBe("");
  });

  test("a listener that throws is told as an error and ends nothing", async () => {
    const { feed, url } = await serve();
    put(feed, abc());
    const { ready, ids, errors } = follow(url, {
      onChange: () => {
        throw new Error("mine");
      },
    });
    await ready;
    put(feed, abc().slice(1));
    await expect.poll(ids).toBe("bc");
    expect(errors).toEqual(["mine", "mine"]);
  });
});

describe("the end", () => {
  test("closes the connection and leaves the list", async () => {
    const { feed, url, server } = await serve({ limits: { streams: 1 } });
    put(feed, abc());
    const { ready, close, balancer, state, errors } = follow(url);
    await ready;
    await Promise.all([close(), close()]);
    expect([state(), errors]).toEqual(["lost", []]);
    expect(balancer.next()).toBeDefined();
    // Its place is free.
    const asked = () =>
      fetch(`${server.url}${path}/watch`, { method: "HEAD" }).then(
        ({ status }) => status,
        () => 0,
      );
    await expect.poll(asked).toBe(200);
  });

  test("comes with the signal too, before or after the start", async () => {
    const { url, seen } = await serve();
    const leaving = new AbortController();
    const waiting = follow(url, { signal: leaving.signal });
    leaving.abort();
    await expect(waiting.ready).rejects.toThrow("following ended before the first list");
    await waiting.close();
    const never = follow(url, { signal: AbortSignal.abort() });
    await expect(never.ready).rejects.toThrow("following ended");
    expect(seen.length).toBeLessThanOrEqual(1);
  });

  test("that is not ready in time says why, and goes on", async () => {
    const { feed, url } = await serve();
    const followed = follow(url, { readyMs: 3_000 });
    await expect(followed.ready).rejects.toThrow(
      /^no list of http:.*\/v1\/pools\/shop\/checkout within 3000 ms: the operator answered 404/,
    );
    await expect(followed.ready).rejects.toMatchObject({ cause: { status: 404 } });
    put(feed, abc());
    await expect.poll(followed.ids).toBe("abc");
    expect(followed.errors.length).toBeGreaterThan(0);
  });

  test("that waits without end is told by its end alone", async () => {
    const refusing = await impersonate((_, response) => void response.writeHead(403).end());
    const followed = follow(refusing, { readyMs: Number.POSITIVE_INFINITY });
    await expect.poll(() => followed.errors.length).toBeGreaterThan(1);
    await followed.close();
    await expect(followed.ready).rejects.toThrow("following ended before the first list: the operator answered 403");
  });

  test("ends with the block that uses it", async () => {
    const { feed, url } = await serve();
    put(feed, abc());
    let used: FollowedPool;
    {
      await using followed = followPool({ url, timing });
      await followed.ready;
      used = followed;
    }
    expect(used.state()).toBe("lost");
    expect(used.balancer.next()).toBeDefined();
  });

  test("sends the headers that it was given, with every request", async () => {
    const authorized: (string | undefined)[] = [];
    const url = await impersonate((message, response) => {
      authorized.push(message.headers.authorization);
      response.writeHead(401).end();
    });
    const { errors } = follow(url, { headers: { authorization: "Bearer of news" } });
    await expect.poll(() => authorized.length).toBeGreaterThan(1);
    expect(new Set(authorized)).toEqual(new Set(["Bearer of news"]));
    await expect.poll(() => errors[0]).toBe("the operator answered 401");
  });
});
