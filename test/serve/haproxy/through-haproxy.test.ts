import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import type { Excluded } from "../../../src/decide/planned.ts";
import { haproxyConfig } from "../../../src/lab/cli/demo/carried/haproxy-config.ts";
import { createFeed, type Feed } from "../../../src/serve/feed.ts";
import { createFollowers } from "../../../src/serve/followers.ts";
import { type AgentOptions, startAgent } from "../../../src/serve/haproxy/agent.ts";
import { describeHaproxy } from "../../rigs/haproxy/describe-haproxy.ts";
import { HaproxyServer } from "../../rigs/haproxy/haproxy-server.ts";
import { sendRequests } from "../../rigs/send-requests.ts";
import { findFreePorts } from "../../tools/control-plane/ports.ts";
import { waitFor } from "../../tools/control-plane/wait-for.ts";
import { endpointOf, knownPool, plannedOn } from "../known.ts";

const pods = ["a", "b", "c"];

/** A pod that answers with its name. */
async function servePod(name: string): Promise<number> {
  const server = createServer((_, response) => void response.end(`${name}\n`)).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** HAProxy before three pods of which it asks an agent that is still to come. */
async function startHaproxy(agentPort: number, balance = "roundrobin", more = "") {
  const [front] = await findFreePorts(1);
  const ports = await Promise.all(pods.map(servePod));
  const config = haproxyConfig({
    bind: `127.0.0.1:${front}`,
    backend: "checkout",
    pool: "shop/checkout",
    servers: pods.map((name, index) => ({ name, address: "127.0.0.1", port: ports[index]! })),
    agent: { host: "127.0.0.1", port: agentPort, inter: "200ms" },
    balance,
    serverOptions: more,
  });
  const haproxy = await HaproxyServer.start(config);
  onTestFinished(() => haproxy.stop());
  return { haproxy, url: `http://127.0.0.1:${front}/` };
}

async function start(feed: Feed, port: number, options: Partial<AgentOptions> = {}) {
  const answers: string[] = [];
  const agent = await startAgent({
    host: "127.0.0.1",
    port,
    now: Date.now,
    onAnswer: (kind) => answers.push(kind),
    feed,
    followers: createFollowers(),
    limits: { handOverMs: 0 },
    ...options,
  });
  onTestFinished(() => agent.stop());
  return { agent, answers };
}

/** Puts pods with these weights into the feed; whom it does not name is out. */
function plan(feed: Feed, weights: Readonly<Record<string, number>>, out: Excluded["reason"] = "Draining"): void {
  const endpoints = Object.entries(weights).map(([pod, weight], index) => endpointOf(pod, index + 1, { weight }));
  const excluded = pods.filter((pod) => !(pod in weights)).map((pod) => ({ pod, reason: out }) as Excluded);
  feed.set(plannedOn(knownPool("shop", "checkout", { endpoints, excluded }), Date.now()));
}

const share = (answers: ReadonlyMap<string, number>, pod: string): number => (answers.get(pod) ?? 0) / 20;

describeHaproxy("HAProxy", () => {
  let agentPort: number;

  beforeAll(async () => {
    [agentPort = 0] = await findFreePorts(1);
  });

  test("splits requests by weight, follows a change of it, and sends what drains nothing new", async () => {
    const feed = createFeed();
    const { answers } = await start(feed, agentPort);
    plan(feed, { a: 600, b: 1_800, c: 600 });
    const { haproxy, url } = await startHaproxy(agentPort);
    await haproxy.untilServers("checkout", ["a UP 60", "b UP 180", "c UP 60"]);
    const first = await sendRequests(url, 2_000);
    expect(first.failures.size).toBe(0);
    for (const [pod, percent] of [
      ["a", 20],
      ["b", 60],
      ["c", 20],
    ] as const)
      expect(Math.abs(share(first.byText, pod) - percent), pod).toBeLessThan(5);

    plan(feed, { a: 1_800, b: 600, c: 600 });
    await haproxy.untilServers("checkout", ["a UP 180", "b UP 60", "c UP 60"]);
    const second = await sendRequests(url, 2_000);
    expect(second.failures.size).toBe(0);
    for (const [pod, percent] of [
      ["a", 60],
      ["b", 20],
      ["c", 20],
    ] as const)
      expect(Math.abs(share(second.byText, pod) - percent), pod).toBeLessThan(5);

    plan(feed, { b: 600, c: 600 });
    // Told twice: two periods are over.
    await waitFor(() => answers.filter((kind) => kind === "drain").length >= 2, "two answers that drain");
    const third = await sendRequests(url, 500);
    expect([...third.byText.keys()].sort()).toEqual(["b", "c"]);
    expect(third.failures.size).toBe(0);
    await haproxy.untilServers("checkout", ["a DRAIN (agent) 180", "b UP 60", "c UP 60"]);
  });

  test("takes a pod that cannot serve for down, until it can", async () => {
    const feed = createFeed();
    await start(feed, agentPort);
    plan(feed, { a: 1_000, b: 1_000 }, "NotReady");
    const { haproxy } = await startHaproxy(agentPort);
    await haproxy.untilServers("checkout", ["a UP 100", "b UP 100", "c DOWN (agent) 100"]);
    plan(feed, { a: 1_000, b: 1_000 });
    await haproxy.untilServers("checkout", ["a UP 100", "b UP 100", "c DRAIN (agent) 100"]);
    plan(feed, { a: 1_000, b: 1_000, c: 1_000 });
    await haproxy.untilServers("checkout", ["a UP 100", "b UP 100", "c UP 100"]);
  });

  test("goes on while the agent is away, by its last word: everybody after a clean end, and again by plan when it is back", async () => {
    const feed = createFeed();
    const { agent } = await start(feed, agentPort);
    plan(feed, { a: 500, b: 1_500 });
    const { haproxy, url } = await startHaproxy(agentPort);
    const planned = ["a UP 50", "b UP 150", "c DRAIN (agent) 100"];
    await haproxy.untilServers("checkout", planned);
    await agent.stop();
    await haproxy.untilServers("checkout", ["a UP 100", "b UP 100", "c UP 100"]);
    const away = await sendRequests(url, 900);
    expect(away.failures.size).toBe(0);
    for (const pod of pods) expect(away.byText.get(pod)).toBe(300);
    // One that knows no pool yet changes nothing; it is the truth that does.
    const young = createFeed({ isComplete: () => false });
    const { answers } = await start(young, agentPort);
    await waitFor(() => answers.length >= 6, "questions");
    expect(new Set(answers)).toEqual(new Set(["silent"]));
    await haproxy.untilServers("checkout", ["a UP 100", "b UP 100", "c UP 100"]);
    plan(young, { a: 500, b: 1_500 });
    await haproxy.untilServers("checkout", planned);
    expect((await sendRequests(url, 300)).failures.size).toBe(0);
  });

  test("is let down by a static algorithm, which takes all or nothing: weights stay, drains do not", async () => {
    const feed = createFeed();
    await start(feed, agentPort);
    plan(feed, { a: 500, b: 1_500 });
    const { haproxy } = await startHaproxy(agentPort, "static-rr");
    await haproxy.untilServers("checkout", ["a UP 100", "b UP 100", "c DRAIN (agent) 100"]);
  });
});
