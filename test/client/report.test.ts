import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { type FollowOptions, followPool } from "../../src/client/client.ts";
import { createPushBook } from "../../src/observe/sampling/push-book.ts";
import { createFeed } from "../../src/serve/feed.ts";
import type { ReportPace } from "../../src/serve/reports/report-pace.ts";
import type { Reporting } from "../../src/serve/reports/reports.ts";
import type { HttpOptions } from "../../src/serve/start-http.ts";
import { endpointOf, knownPool, plannedOn } from "../serve/known.ts";
import { knownPush } from "../serve/known-push.ts";
import { serveFeed } from "../serve/serving.ts";
import { findFreePorts } from "../tools/control-plane/ports.ts";
import { patienceMs } from "../tools/control-plane/wait-for.ts";
import { seeded } from "./seeded.ts";

const key = "shop/checkout";
const path = "/v1/pools/shop/checkout";

/** An operator's server over a book of reports. */
async function serve(options: Partial<HttpOptions> = {}, reporting: Partial<Reporting> = {}) {
  const book = createPushBook({ now: Date.now });
  const requests: string[] = [];
  const { feed, server } = await serveFeed({
    feed: createFeed(),
    now: Date.now,
    reporting: { taker: book, replica: "test", ...reporting },
    onRequest: ({ method, status }) => method !== "GET" && requests.push(`${method} ${status}`),
    ...options,
    limits: { gapMs: 1, heartbeatMs: 50, closeMs: 500 },
  });
  /** Pods `a`, `b` and so on, at 10.0.0.1 and on. */
  const publish = (names = "abc", expiryMs = 30_000, from = 1) => {
    const known = knownPush(expiryMs);
    const endpoints = [...names].map((name, index) => endpointOf(name, from + index, { ageMs: 0 }));
    feed.set(plannedOn({ ...known, plan: { ...known.plan, endpoints } }, Date.now()));
  };
  const heard = () => {
    const told = book.read(key);
    return told && { clients: told.clients, ...Object.fromEntries(told.connections) };
  };
  return { feed, server, publish, heard, requests, url: server.url + path };
}

function follow(url: string, options: Partial<FollowOptions> = {}) {
  const errors: string[] = [];
  const followed = followPool({
    url,
    strategy: "RoundRobin",
    report: true,
    random: seeded(options.client?.length ?? 3),
    onError: (error) => errors.push(error.message),
    ...options,
    timing: { backoffMs: 20, mostBackoffMs: 100, reportMs: 20, ...options.timing },
  });
  onTestFinished(() => followed.close());
  return { ...followed, errors };
}

test("its requests in flight are known to the operator, as they begin and end, until it leaves", async () => {
  const { publish, heard, url, requests } = await serve();
  publish();
  const { balancer, ready, close } = follow(url);
  await ready;
  await expect.poll(heard).toEqual({ clients: 1 });
  const taken = Array.from({ length: 7 }, () => balancer.next()!);
  const first = taken[0]!;
  await expect.poll(heard).toEqual({ clients: 1, "10.0.0.1": 2, "10.0.0.2": 2, "10.0.0.3": 2, [first.address]: 3 });
  for (const endpoint of taken.slice(1)) balancer.release(endpoint);
  await expect.poll(heard).toEqual({ clients: 1, [first.address]: 1 });
  await close();
  expect(heard()).toBeUndefined();
  expect(requests.at(-1)).toBe("DELETE 204");
});

test("clients draw names of their own, and what they report adds up", async () => {
  const { publish, heard, url } = await serve();
  publish("a");
  const clients = [
    follow(url, { random: seeded(1) }),
    follow(url, { random: seeded(2) }),
    follow(url, { client: "x" }),
  ];
  for (const { ready, balancer } of clients) {
    await ready;
    balancer.next();
  }
  await expect.poll(heard).toEqual({ clients: 3, "10.0.0.1": 3 });
  await clients[1]!.close();
  await expect.poll(heard).toEqual({ clients: 2, "10.0.0.1": 2 });
});

test("who left the list, or gave its name to another pod, is reported while a request goes on", async () => {
  const { publish, heard, url } = await serve();
  publish("a");
  const { balancer, ready, pool } = follow(url);
  await ready;
  const taken = balancer.next()!;
  publish("b", 30_000, 2);
  await expect.poll(() => pool()?.endpoints[0]?.id).toBe("b");
  balancer.next();
  await expect.poll(heard).toEqual({ clients: 1, "10.0.0.1": 1, "10.0.0.2": 1 });
  // Another pod named a, at another address.
  publish("a", 30_000, 5);
  await expect.poll(() => pool()?.endpoints[0]?.address).toBe("10.0.0.5");
  await expect.poll(heard).toEqual({ clients: 1, "10.0.0.1": 1, "10.0.0.2": 1 });
  balancer.release(taken);
  await expect.poll(heard).toEqual({ clients: 1, "10.0.0.2": 1 });
});

test("a report is repeated before it expires, and no more often than it need be", async () => {
  const { publish, heard, url, requests } = await serve();
  publish("a", 3_000);
  const { balancer, ready } = follow(url);
  await ready;
  balancer.next();
  await expect.poll(heard).toEqual({ clients: 1, "10.0.0.1": 1 });
  const before = requests.length;
  const beganAt = performance.now();
  await expect.poll(() => requests.length - before).toBeGreaterThanOrEqual(3);
  expect(requests.length - before).toBeLessThanOrEqual(1 + (performance.now() - beganAt) / 600);
  expect(heard()).toEqual({ clients: 1, "10.0.0.1": 1 });
});

test("however much happens, reports keep their distance, and the last one is right", async () => {
  const { publish, heard, url, requests } = await serve();
  publish("abc");
  const { balancer, ready } = follow(url, { timing: { reportMs: 100 } });
  await ready;
  const beganAt = performance.now();
  for (let turn = 0; turn < 300; turn += 1) {
    balancer.release(balancer.next()!);
    balancer.next();
    await sleep(1);
  }
  expect(requests.length).toBeLessThanOrEqual(4 + (performance.now() - beganAt) / 100);
  const inFlight = () =>
    Object.fromEntries(balancer.list().map(({ endpoint, inFlight }) => [endpoint.address, inFlight]));
  await expect.poll(heard).toEqual({ clients: 1, ...inFlight() });
});

test("what is refused is told and tried again, and following goes on", async () => {
  const { feed, publish, heard, url } = await serve();
  feed.set(knownPool("shop", "checkout"));
  const { balancer, ready, errors, state } = follow(url);
  await ready;
  await expect.poll(() => errors.length).toBeGreaterThan(1);
  expect(errors[0]).toBe(
    "the operator answered 409: Pool shop/checkout takes no reports: its metrics.source is not push.",
  );
  expect(state()).toBe("streaming");
  publish("a");
  balancer.next();
  await expect.poll(heard).toMatchObject({ clients: 1 });
});

test("who is told to wait waits, and then says what is so by then", async () => {
  const waits: number[] = [];
  let refusedAt = 0;
  const pace: ReportPace = {
    size: 0,
    take: () => {
      if (refusedAt === 0) {
        refusedAt = performance.now();
        return 900;
      }
      waits.push(performance.now() - refusedAt);
      return 0;
    },
  };
  const { publish, heard, url, requests } = await serve({}, { pace });
  publish("a");
  const { balancer, ready, errors } = follow(url);
  await ready;
  balancer.next();
  await expect.poll(() => refusedAt).toBeGreaterThan(0);
  balancer.next();
  await expect.poll(heard).toEqual({ clients: 1, "10.0.0.1": 2 });
  expect(waits[0]).toBeGreaterThanOrEqual(990);
  expect(requests.slice(0, 2)).toEqual(["PUT 429", "PUT 200"]);
  expect(errors).toEqual([expect.stringContaining("429: Reports come too often")]);
});

test("an operator that comes back hears the report again", async () => {
  const [port = 0] = await findFreePorts(1);
  const before = await serve({ port });
  before.publish("a");
  const { balancer, ready } = follow(before.url);
  await ready;
  balancer.next();
  await expect.poll(before.heard).toEqual({ clients: 1, "10.0.0.1": 1 });
  await before.server.stop();
  balancer.next();
  const after = await serve({ port });
  after.publish("a");
  await expect.poll(after.heard).toEqual({ clients: 1, "10.0.0.1": 2 });
});

test("the end waits neither for an operator that is gone nor for one that hangs", async () => {
  const { publish, heard, url, server } = await serve();
  publish("a");
  const hanging: typeof fetch = (target, init) =>
    init?.method === "DELETE"
      ? new Promise((_, reject) => init.signal?.addEventListener("abort", () => reject(new Error("gave up"))))
      : fetch(target, init);
  const gone = follow(url, { client: "gone" });
  const hangs = follow(url, { client: "hangs", fetch: hanging });
  await Promise.all([gone.ready, hangs.ready]);
  await expect.poll(heard).toMatchObject({ clients: 2 });
  await server.stop();
  const beganAt = performance.now();
  await Promise.all([gone.close(), hangs.close()]);
  expect(performance.now() - beganAt).toBeLessThan(patienceMs);
});

test("without being asked it reports nothing", async () => {
  const { publish, heard, url, requests } = await serve();
  publish("a");
  const { balancer, ready, close } = follow(url, { report: false });
  await ready;
  balancer.next();
  // Who came later, and is asked, has told twice.
  const other = follow(url);
  await other.ready;
  await expect.poll(heard).toEqual({ clients: 1 });
  other.balancer.next();
  await expect.poll(heard).toEqual({ clients: 1, "10.0.0.1": 1 });
  await close();
  expect(new Set(requests)).toEqual(new Set(["PUT 200"]));
  expect(heard()).toEqual({ clients: 1, "10.0.0.1": 1 });
});
