import { connect } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { printExplanation } from "../../../src/decide/explain/print.ts";
import { plan } from "../../../src/decide/plan.ts";
import type { ExplanationDocument, ProblemDocument } from "../../../src/serve/documents.ts";
import type { Feed, Known } from "../../../src/serve/feed.ts";
import { connected, observation, observedAt, pool, unmeasured } from "../../builders/builders.ts";
import { explain } from "../../builders/explain.ts";
import { serveFeed } from "../serving.ts";

/** A pool of so many pods, as planned so long after the first. */
function knownOf(count: number, afterMs = 0): Known {
  const pods = Array.from({ length: count }, (_, index) => connected(`web-${index + 1}`, (index * 7) % 40));
  const seen = observation({
    now: observedAt + afterMs,
    pool: pool({ scaling: { maxReplicas: 9_000 } }),
    pods: [...pods, unmeasured("gone-2", { ready: false }), unmeasured("gone-1", { ready: false })],
    target: { uid: "uid-target", replicas: count },
  });
  return { key, observation: seen, plan: plan(seen).plan, status: {} };
}

const key = "shop/web";

async function start(options: Parameters<typeof serveFeed>[0] = {}) {
  const { feed, server } = await serveFeed(options);
  const ask = async (name = "web", query = ""): Promise<Response> => {
    const response = await fetch(`${server.url}/v1/pools/shop/${name}/explain${query}`);
    // What is not read keeps the connection.
    return new Response(await response.arrayBuffer(), response);
  };
  const plannedAt = async (response: Promise<Response>): Promise<number> =>
    Date.parse(((await (await response).json()) as ExplanationDocument).plannedAt) - observedAt;
  return { feed, server, ask, plannedAt };
}

/** Counts how often the endpoints of a plan are asked for. */
function counting(known: Known) {
  let looks = 0;
  const { endpoints } = known.plan;
  const counted = Object.defineProperty({ ...known.plan }, "endpoints", {
    get: () => {
      looks += 1;
      return endpoints;
    },
  });
  return { known: { ...known, plan: counted }, looks: () => looks };
}

describe("an explanation that is written in parts", () => {
  test.each([0, 1, 40])("of %i pods says what it says as a whole, as JSON and as text", async (count) => {
    const { feed, ask } = await start();
    const known = knownOf(count);
    feed.set(known);
    const { namespace, name, generation } = known.observation.pool;
    const whole = {
      ...{ namespace, name, generation, plannedAt: new Date(known.observation.now).toISOString() },
      ...explain(known.observation, known.plan),
    };
    expect(await (await ask()).text()).toBe(`${JSON.stringify(whole)}\n`);
    expect(await (await ask("web", "?format=text")).text()).toBe(`${printExplanation(whole).join("\n")}\n`);
    expect(whole.excluded.map(({ pod }) => pod)).toEqual(["gone-1", "gone-2"]);
  });

  test("lets the event loop go round, however many pods there are", async () => {
    const { feed, ask } = await start();
    feed.set(knownOf(2_000));
    let isDone = false;
    const asking = ask().then(async (response) => {
      await response.arrayBuffer();
      isDone = true;
    });
    // Whatever the client takes, it takes few turns: what is counted is that of the explanation.
    let turns = 0;
    for (; !isDone; turns += 1) await nextTurn();
    await asking;
    expect(turns).toBeGreaterThan(10);
  });
});

describe("who asks about the same plan", () => {
  test("gets the same text, which is written once", async () => {
    const { feed, ask } = await start();
    const { known, looks } = counting(knownOf(300));
    feed.set(known);
    const texts = await Promise.all(Array.from({ length: 6 }, async () => (await ask()).text()));
    const first = looks();
    texts.push(await (await ask()).text());
    expect(new Set(texts).size).toBe(1);
    expect(looks()).toBe(first);
  });

  test("while another is written, waits for its turn together, and gets the newest plan", async () => {
    const { feed, ask, plannedAt } = await start();
    const { known, looks } = counting(knownOf(2_000));
    feed.set(known);
    const before = looks();
    const first = plannedAt(ask());
    await expect.poll(looks, { interval: 1 }).toBeGreaterThan(before);
    feed.set(knownOf(10, 1_000));
    const waiting = [plannedAt(ask()), plannedAt(ask())];
    feed.set(knownOf(10, 2_000));
    waiting.push(plannedAt(ask()));
    expect(await first).toBe(0);
    expect(new Set(await Promise.all(waiting))).toEqual(new Set([2_000]));
  });
});

const refusal = async (response: Response) => [
  response.status,
  response.headers.get("retry-after"),
  ((await response.json()) as ProblemDocument).reason,
];

describe("explanations", () => {
  const other = (feed: Feed): void => feed.set({ ...knownOf(1), key: "shop/other" });

  test("beyond those that may wait are refused for a while", async () => {
    const { feed, ask } = await start({ limits: { explaining: 1 } });
    feed.set(knownOf(2_000));
    other(feed);
    const first = ask();
    const refused = [503, "2", "TooManyExplanations"];
    await expect.poll(async () => refusal(await ask("other"))).toEqual(refused);
    expect((await first).status).toBe(200);
    await expect.poll(async () => (await ask("other")).status).toBe(200);
  });

  test("that nobody takes keep their room until they are cut off", async () => {
    const { feed, server, ask } = await start({ limits: { explainedBytes: 1_000, answerMs: 5_000 } });
    feed.set(knownOf(4_000));
    other(feed);
    /** Asks and takes nothing. */
    const ignore = (): void => {
      const slow = connect(server.port, "127.0.0.1").on("error", () => {});
      onTestFinished(() => void slow.destroy());
      slow.pause();
      slow.write("GET /v1/pools/shop/web/explain HTTP/1.1\r\nHost: x\r\n\r\n");
    };
    ignore();
    const askAnew = (): Promise<Response> => {
      other(feed);
      return ask("other");
    };
    const refused = [503, "2", "TooManyExplanations"];
    const askWhileOneIsSlow = async (): Promise<Response> => {
      const answer = await askAnew();
      // On a busy machine one may have been cut off before anybody asked, which a socket that takes nothing never hears.
      if (answer.status === 200) ignore();
      return answer;
    };
    await expect.poll(async () => refusal(await askWhileOneIsSlow())).toEqual(refused);
    await expect.poll(async () => (await askAnew()).status).toBe(200);
  });

  test("of a pool that goes while they wait are not made up", async () => {
    const { feed, ask } = await start();
    feed.set(knownOf(2_000));
    other(feed);
    const first = ask();
    const waiting = ask("other");
    await expect.poll(async () => (await ask("nobody")).status).toBe(404);
    feed.remove("shop/other");
    expect([(await first).status, (await waiting).status].sort()).toEqual([200, 404]);
  });
});
