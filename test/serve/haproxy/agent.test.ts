import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { createFeed } from "../../../src/serve/feed.ts";
import { createFollowers } from "../../../src/serve/followers.ts";
import { type AgentOptions, type Doubt, startAgent } from "../../../src/serve/haproxy/agent.ts";
import { endpointOf, knownPool, plannedAt } from "../known.ts";

async function serve({ isComplete = true, ...options }: Partial<AgentOptions> & { isComplete?: boolean } = {}) {
  const feed = createFeed({ isComplete: () => isComplete });
  const followers = createFollowers();
  const doubts: Doubt[] = [];
  const answers: string[] = [];
  const agent = await startAgent({
    host: "127.0.0.1",
    port: 0,
    now: () => plannedAt,
    onDoubt: (doubt) => doubts.push(doubt),
    onAnswer: (kind) => answers.push(kind),
    feed,
    followers,
    ...options,
    limits: { handOverMs: 0, releaseMs: 0, ...options.limits },
  });
  onTestFinished(() => agent.stop());
  return { feed, followers, agent, doubts, answers, port: Number(new URL(agent.url).port) };
}

async function open(port: number) {
  const socket = connect(port, "127.0.0.1").on("error", () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  let text = "";
  socket.setEncoding("utf8").on("data", (more: string) => {
    text += more;
  });
  return { socket, said: () => text, over: once(socket, "close") };
}

async function ask(port: number, sent: string): Promise<string> {
  const { socket, said, over } = await open(port);
  socket.write(sent);
  await over;
  return said();
}

const known = (weight = 1_500) =>
  knownPool("shop", "checkout", { endpoints: [endpointOf("a", 1, { weight }), endpointOf("b", 2, { weight: 500 })] });

describe("the agent", () => {
  test("answers a line with a line and closes, whatever follows", async () => {
    const { feed, port, answers } = await serve();
    feed.set(known());
    expect(await ask(port, "shop/checkout a\n")).toBe("up ready 150%\n");
    expect(await ask(port, "shop/checkout b\r\nmore\nand more\n")).toBe("up ready 50%\n");
    expect(await ask(port, "shop/checkout c\n")).toBe("down #NotReady\n");
    // The runtime API takes no line feed.
    expect(await ask(port, "shop/checkout b;")).toBe("up ready 50%\n");
    feed.set(known(2_500));
    expect(await ask(port, "shop/checkout a\n")).toBe("up ready 250%\n");
    expect(answers).toEqual(["weight", "weight", "down", "weight", "weight"]);
  });

  test("takes a line in pieces", async () => {
    const { feed, port } = await serve();
    feed.set(known());
    const { socket, said, over } = await open(port);
    for (const piece of ["sho", "p/check", "out a", "\n"]) socket.write(piece);
    await over;
    expect(said()).toBe("up ready 150%\n");
  });

  test("says that everybody is up where it knows no better, and why it does, once", async () => {
    const { port, doubts, feed } = await serve();
    feed.set(known());
    for (let turn = 0; turn < 3; turn += 1) {
      expect(await ask(port, "shop/basket a\n")).toBe("up ready 100%\n");
      expect(await ask(port, "shop/checkout z\n")).toBe("up ready 100%\n");
      expect(await ask(port, "shop/checkout a write\n")).toBe("");
    }
    expect(doubts).toEqual([
      { client: "127.0.0.1", question: "shop/basket a", why: "there is no such pool" },
      { client: "127.0.0.1", question: "shop/checkout z", why: "the pool has no such pod" },
      { client: "127.0.0.1", question: "shop/checkout a write", why: "the pool has no write list" },
    ]);
  });

  test("says nothing of pools that it may not know yet, so that a restart lets no drained pod back", async () => {
    const { port, feed } = await serve({ isComplete: false });
    expect(await ask(port, "shop/checkout a\n")).toBe("");
    feed.set(known());
    expect(await ask(port, "shop/checkout a\n")).toBe("up ready 150%\n");
  });

  test("drains a pod that was in the pool and is no more", async () => {
    const { port, feed } = await serve();
    feed.set(known());
    expect(await ask(port, "shop/checkout b\n")).toBe("up ready 50%\n");
    feed.set(knownPool("shop", "checkout", { endpoints: [endpointOf("a", 1)] }));
    expect(await ask(port, "shop/checkout b\n")).toBe("up drain\n");
    feed.remove("shop/checkout");
    expect(await ask(port, "shop/checkout b\n")).toBe("up ready 100%\n");
  });

  test("tells who asks, once for each pool, with the version that was told", async () => {
    const { port, feed, followers } = await serve();
    feed.set(known());
    for (const pod of ["a", "b", "z"]) await ask(port, `shop/checkout ${pod}\n`);
    await ask(port, "shop/basket a\n");
    expect(followers.list("shop/checkout", 10)).toEqual([
      {
        consumer: "haproxy",
        client: "127.0.0.1",
        since: expect.any(Number),
        version: feed.get("shop/checkout")!.version,
      },
    ]);
    expect(followers.counts("shop/basket").size).toBe(0);
  });

  test("answers nothing to what is no question, and keeps it no longer than it must", async () => {
    const { port, answers, doubts } = await serve({ limits: { exchangeMs: 200 } });
    expect(await ask(port, "\n")).toBe("");
    expect(await ask(port, "GET / HTTP/1.1\r\n\r\n")).toBe("");
    expect(await ask(port, "x".repeat(2_000))).toBe("");
    expect(answers).toEqual(["unreadable", "unreadable"]);
    expect(doubts).toHaveLength(2);
    // Neither one that never says anything, nor one that never ends.
    const mute = await open(port);
    await mute.over;
    expect(mute.said()).toBe("");
  });

  test("is not filled by one address: its oldest connections make room", async () => {
    const { port, feed } = await serve({ limits: { connections: 10, exchangeMs: 60_000 } });
    feed.set(known());
    const mute = [];
    for (let turn = 0; turn < 30; turn += 1) mute.push(await open(port));
    await Promise.all(mute.slice(0, 20).map(({ over }) => over));
    expect(await ask(port, "shop/checkout a\n")).toBe("up ready 150%\n");
    for (const { socket } of mute) socket.destroy();
  });
});

describe("at its end", () => {
  test("goes at once where nobody asks", async () => {
    const { agent, port } = await serve({ limits: { handOverMs: 60_000 } });
    await agent.stop();
    await expect(ask(port, "shop/checkout a\n")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  test("tells the truth while others may take over, and then everybody who still asks that all are up, readers alone", async () => {
    const { agent, port, feed } = await serve({
      limits: { handOverMs: 300, releaseMs: 30_000 },
      now: () => plannedAt + performance.now(),
    });
    const pool = knownPool("shop", "checkout", {
      writers: [],
      endpoints: [endpointOf("a", 1)],
      excluded: [{ pod: "b", reason: "Draining" }],
    });
    feed.set({ ...pool, observation: { ...pool.observation, now: plannedAt + performance.now() } });
    expect(await ask(port, "shop/checkout b\n")).toBe("up drain\n");
    expect(await ask(port, "shop/checkout a\n")).toBe("up ready 100%\n");
    let hasStopped = false;
    const stopping = agent.stop().then(() => {
      hasStopped = true;
    });
    expect(await ask(port, "shop/checkout b\n")).toBe("up drain\n");
    await expect.poll(() => ask(port, "shop/checkout b\n")).toBe("up ready 100%\n");
    expect(await ask(port, "shop/checkout b write\n")).toBe("");
    // The other server was not told yet.
    expect(hasStopped).toBe(false);
    expect(await ask(port, "shop/checkout a\n")).toBe("up ready 100%\n");
    await stopping;
  });
});
