import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createPushBook } from "../../../src/observe/sampling/push-book.ts";
import type { Message } from "../../../src/serve/peers/message.ts";
import type { Delivery } from "../../../src/serve/peers/peer.ts";
import { createPeers, type Peers, type PeersOptions } from "../../../src/serve/peers/peers.ts";
import { findFreePorts } from "../../tools/control-plane/ports.ts";
import { patienceMs } from "../../tools/control-plane/wait-for.ts";
import { knownPush } from "../known-push.ts";
import { serveFeed } from "../serving.ts";

const key = "shop/checkout";
const path = "/v1/pools/shop/checkout/connections";
const put = (client: string, count: number): Message => ({
  method: "PUT",
  path,
  client,
  body: JSON.stringify({ connections: { "pod-a": count } }),
});

function meet(options: Partial<PeersOptions> & Pick<PeersOptions, "names">) {
  const deliveries: Delivery[] = [];
  const peers = createPeers({ replica: "us", onDelivery: (delivery) => deliveries.push(delivery), ...options });
  onTestFinished(() => peers.close());
  const count = (wanted: Delivery) => deliveries.filter((delivery) => delivery === wanted).length;
  return { peers, deliveries, count };
}

/** Replicas that know each other, and themselves, by one list of addresses. */
async function startReplicas(count: number) {
  const replicas = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const requests: string[] = [];
      const book = createPushBook({ now: Date.now });
      let peers: Peers | undefined;
      const forward = (message: Message) => peers?.forward(message);
      const replica = `replica-${index}`;
      const { feed, server, poolUrl } = await serveFeed({
        reporting: { taker: book, replica, forward },
        onRequest: ({ method, status }) => requests.push(`${method} ${status}`),
      });
      feed.set(knownPush());
      const join = (given: Peers) => {
        peers = given;
      };
      const sums = () => {
        const heard = book.read(key);
        return heard && Object.fromEntries(heard.connections);
      };
      return { replica, requests, server, poolUrl, join, sums };
    }),
  );
  const names = replicas.map(({ server }) => ({ host: "localhost", port: server.port }));
  const resolve = async () => ["127.0.0.1"];
  for (const { replica, join } of replicas) join(meet({ names, replica, resolve }).peers);
  return replicas;
}

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    await once(server.close(), "close");
  });
  return (server.address() as AddressInfo).port;
}

const local = (...ports: number[]) => ({
  names: ports.map((port) => ({ host: "127.0.0.1", port })),
  resolve: async (host: string) => [host],
});

test("a report to one replica is known to all, once, and so is its withdrawal", async () => {
  const replicas = await startReplicas(3);
  const [first, second, third] = replicas;
  const say = (to: { poolUrl: string }, client: string, connections: object) =>
    fetch(`${to.poolUrl}/connections?client=${client}`, { method: "PUT", body: JSON.stringify({ connections }) });
  await say(first!, "a", { "pod-a": 3 });
  await say(second!, "b", { "pod-a": 4, "pod-b": 1 });
  for (const { sums } of replicas) await expect.poll(sums).toEqual({ "pod-a": 7, "pod-b": 1 });
  await fetch(`${third!.poolUrl}/connections?client=a`, { method: "DELETE" });
  for (const { sums } of replicas) await expect.poll(sums).toEqual({ "pod-a": 4, "pod-b": 1 });
  // Each had its own client's word, that of each of the others, and once its own back, until it knew itself.
  for (const { requests } of replicas) expect(requests.length).toBeLessThanOrEqual(4);
});

test("an address that turns out to be our own, or of one that was told, is left alone from then on", async () => {
  const told: string[] = [];
  const replica = (name: string) =>
    listen((message, response) => {
      told.push(name);
      expect(message.headers["evenkeel-forwarded-by"]).toBe("us");
      message.resume();
      response.writeHead(204, { "evenkeel-replica": name }).end();
    });
  const ports = [await replica("us"), await replica("them"), await replica("them")];
  let now = 0;
  const { peers, count } = meet({ ...local(...ports), now: () => now });
  peers.forward(put("a", 1));
  await expect.poll(() => count("ok")).toBe(3);
  told.length = 0;
  peers.forward(put("a", 2));
  await expect.poll(() => count("ok")).toBe(4);
  expect(told).toEqual(["them"]);
  // Addresses pass from pod to pod: after a while each is asked again.
  now += 61_000;
  told.length = 0;
  peers.forward(put("a", 3));
  await expect.poll(() => count("ok")).toBe(7);
  expect(told.sort()).toEqual(["them", "them", "us"]);
});

test("of what a client says while its last word is under way, only the newest is sent, and after it", async () => {
  const seen: string[] = [];
  const release: (() => void)[] = [];
  const port = await listen((message, response) => {
    let text = "";
    message.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
    });
    message.on("end", () => {
      seen.push(`${new URL(message.url!, "http://x").searchParams.get("client")}:${text.replace(/\D/g, "")}`);
      release.push(() => response.writeHead(204).end());
    });
  });
  const { peers, count } = meet(local(port));
  peers.forward(put("a", 1));
  await expect.poll(() => seen).toEqual(["a:1"]);
  for (let word = 2; word <= 20; word += 1) peers.forward(put("a", word));
  peers.forward(put("b", 7));
  await expect.poll(() => seen).toEqual(["a:1", "b:7"]);
  for (const next of release.splice(0)) next();
  await expect.poll(() => seen).toEqual(["a:1", "b:7", "a:20"]);
  for (const next of release.splice(0)) next();
  await expect.poll(() => count("ok")).toBe(3);
});

test("a replica that hangs, refuses or is gone takes nothing from the others, and is tried again", async () => {
  const hanging = new Set<Socket>();
  const silent = createTcpServer((socket) => void hanging.add(socket.on("error", () => {}))).listen(0, "127.0.0.1");
  await once(silent, "listening");
  onTestFinished(() => void silent.close());
  const [closed = 0] = await findFreePorts(1);
  let heard = 0;
  const well = await listen((message, response) => {
    heard += 1;
    message.resume();
    response.writeHead(204, { "evenkeel-replica": "well" }).end();
  });
  const refusing = await listen((message, response) => {
    message.resume();
    response.writeHead(409, { "evenkeel-replica": "refusing" }).end("{}");
  });
  const busy = await listen((message, response) => {
    message.resume();
    response.writeHead(429, { "evenkeel-replica": "busy" }).end("{}");
  });
  const ports = [(silent.address() as AddressInfo).port, closed, refusing, busy, well];
  const { peers, count } = meet({ ...local(...ports), timeoutMs: patienceMs });
  const end = () => {
    for (const socket of hanging) socket.destroy();
    hanging.clear();
  };
  peers.forward(put("a", 1));
  await expect.poll(() => heard).toBe(1);
  await expect.poll(() => [count("failed"), hanging.size]).toEqual([2, 1]);
  peers.forward(put("a", 2));
  await expect.poll(() => heard).toBe(2);
  await expect.poll(() => count("failed")).toBe(4);
  end();
  await expect.poll(() => [count("failed"), hanging.size]).toEqual([5, 1]);
  end();
  await expect.poll(() => count("failed")).toBe(6);
  await expect.poll(() => count("refused")).toBe(2);
  const hasty = meet({ ...local(ports[0]!), timeoutMs: 50 });
  hasty.peers.forward(put("a", 1));
  await expect.poll(() => hasty.count("failed")).toBe(1);
});

test("what waits for a replica that hangs is bounded in number and in age", async () => {
  const seen: (string | null)[] = [];
  const cuts: (() => void)[] = [];
  const port = await listen((message) => {
    seen.push(new URL(message.url!, "http://x").searchParams.get("client"));
    message.resume();
    cuts.push(() => message.socket.destroy());
  });
  let now = 0;
  const { peers, count } = meet({ ...local(port), timeoutMs: patienceMs, now: () => now });
  for (let client = 0; client < 1_500; client += 1) peers.forward(put(`c${client}`, 1));
  await expect.poll(() => seen.length).toBe(4);
  expect(count("dropped")).toBe(1_500 - 1_024 - 4);
  now = 2_500;
  // Four fail; by then the rest is too old to be worth sending.
  for (const cut of cuts) cut();
  await expect.poll(() => [count("failed"), count("dropped")]).toEqual([4, 1_496]);
  expect(seen).toHaveLength(4);
});

test("replicas that come are told and those that went are not; names that fail to resolve keep their addresses", async () => {
  const told: string[] = [];
  const replica = (name: string) =>
    listen((message, response) => {
      told.push(name);
      message.resume();
      response.writeHead(204, { "evenkeel-replica": name }).end();
    });
  const [one, two] = [await replica("one"), await replica("two")];
  let now = 0;
  let asked = 0;
  let found: Record<string, readonly string[]> = { "one.svc": ["127.0.0.1"], "two.svc": [] };
  const { peers } = meet({
    names: [
      { host: "one.svc", port: one },
      { host: "two.svc", port: two },
    ],
    now: () => now,
    resolve: async (host) => {
      asked += 1;
      if (!found[host]) throw new Error("ENOTFOUND");
      return found[host];
    },
  });
  const tell = async (...wanted: string[]) => {
    told.length = 0;
    peers.forward(put("a", 1));
    await expect.poll(() => told.toSorted()).toEqual(wanted);
  };
  await tell("one");
  found = { "one.svc": ["127.0.0.1"], "two.svc": ["127.0.0.1"] };
  await tell("one");
  expect(asked).toBe(2);
  now += 5_000;
  await tell("one", "two");
  found = {};
  now += 5_000;
  await tell("one", "two");
});

test("replicas are known by their addresses, those too that have just come", async () => {
  let now = 0;
  let asked = 0;
  let found = ["10.0.0.1", "fd00::1"];
  const { peers } = meet({
    names: [{ host: "peers.svc", port: 8080 }],
    now: () => now,
    resolve: async () => {
      asked += 1;
      return found;
    },
  });
  const known = (...given: string[]) => Promise.all(given.map((address) => peers.includes(address)));
  expect(await known("10.0.0.1", "fd00::1", "10.0.0.2")).toEqual([true, true, false]);
  found = ["10.0.0.2"];
  // Whoever is none does not make us ask without end.
  for (let index = 0; index < 50; index += 1) await known("10.0.0.66");
  expect(asked).toBe(1);
  now += 1_000;
  expect([await known("10.0.0.2"), await known("10.0.0.1")]).toEqual([[true], [false]]);
  expect(asked).toBe(2);
});

test("words of the same name from two addresses are two, and each tells where it came from", async () => {
  const told: string[] = [];
  const port = await listen((message, response) => {
    told.push(String(message.headers["evenkeel-reporter"]));
    message.resume();
    response.writeHead(204).end();
  });
  const { peers } = meet(local(port));
  for (const from of ["10.0.0.7", "fd00::7"]) peers.forward({ ...put("a", 1), from });
  await expect.poll(() => told.toSorted()).toEqual(["10.0.0.7", "fd00::7"]);
});

test("the end cuts what is under way", async () => {
  let seen = 0;
  const port = await listen((message) => {
    seen += 1;
    message.resume();
  });
  const { peers, deliveries } = meet({ ...local(port), timeoutMs: patienceMs });
  for (let client = 0; client < 10; client += 1) peers.forward(put(`c${client}`, 1));
  await expect.poll(() => seen).toBe(4);
  await peers.close();
  peers.forward(put("late", 1));
  expect(deliveries).toEqual(["failed", "failed", "failed", "failed"]);
});

test("the end does not wait for names that are being looked up, and nothing comes of them", async () => {
  const seen: (string | null)[] = [];
  const port = await listen((message, response) => {
    seen.push(new URL(message.url!, "http://x").searchParams.get("client"));
    message.resume();
    response.writeHead(204).end();
  });
  const found = Promise.withResolvers<readonly string[]>();
  const { peers, deliveries } = meet({ names: [{ host: "slow.svc", port }], resolve: () => found.promise });
  peers.forward(put("a", 1));
  await peers.close();
  found.resolve(["127.0.0.1"]);
  // What is sent later than the other would have been, arrives.
  const later = meet(local(port));
  later.peers.forward(put("later", 1));
  await expect.poll(() => later.count("ok")).toBe(1);
  expect([deliveries, seen]).toEqual([[], ["later"]]);
});

test("an address is told to be gone once nothing is under way to it", async () => {
  const asked: string[] = [];
  const cuts: (() => void)[] = [];
  const port = await listen((message) => {
    asked.push(message.url!);
    cuts.push(() => message.socket.destroy());
  });
  const events: string[] = [];
  let now = 0;
  let found = ["127.0.0.1"];
  const { peers } = meet({
    names: [{ host: "one.svc", port }],
    now: () => now,
    timeoutMs: patienceMs,
    resolve: async () => found,
    onDelivery: (delivery, origin) => void events.push(`${delivery} ${origin}`),
    onGone: (origin) => void events.push(`gone ${origin}`),
  });
  peers.forward(put("a", 1));
  await expect.poll(() => asked.length).toBe(1);
  found = ["127.0.0.2"];
  now += 5_000;
  peers.forward(put("b", 1));
  const first = `http://127.0.0.1:${port}`;
  const ofFirst = () => events.filter((event) => event.endsWith(first));
  await expect.poll(() => events).not.toEqual([]);
  expect(ofFirst()).toEqual([]);
  for (const cut of cuts) cut();
  await expect.poll(ofFirst).toEqual([`failed ${first}`, `gone ${first}`]);
});
