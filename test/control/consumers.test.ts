import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { startConsumers } from "../../src/control/consumers.ts";
import type { Consumer } from "../../src/serve/consumer.ts";
import { createFeed } from "../../src/serve/feed.ts";
import { page } from "../../src/serve/page/start-page.ts";
import { createLog } from "../../src/telemetry/log.ts";
import { EmbeddedStage, poolOf, poolsPath, workload } from "../rigs/embedded-stage.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { knownPool, plannedAt } from "../serve/known.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const host = "127.0.0.1";
const shop = knownPool("shop", "checkout");

const portOf = (url: string | undefined): number => Number(new URL(url!).port);

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, host);
  await once(server, "listening");
  return (server.address() as { port: number }).port;
}

interface LinesOptions extends Partial<Pick<Consumer, "name" | "vital">> {
  readonly port?: number;
  /** Called with each change before it is sent. */
  readonly trouble?: (key: string) => void;
  /** In the place of a stop. */
  readonly stop?: () => Promise<void>;
}

/** Sends a line to whoever is connected for each change of a pool, and for each pool known to whoever connects. */
const lines = ({ name = "lines", port = 0, trouble = () => {}, stop, ...rest }: LinesOptions = {}): Consumer => ({
  name,
  ...rest,
  async start(feed) {
    const sockets = new Map<Socket, () => void>();
    const server = createServer((socket) => {
      const unsubscribe = feed.subscribeAll(async (key, entry) => {
        trouble(key);
        if (!socket.write(`${key} ${entry ? `up ${entry.plan.endpoints.length}` : "down"}\n`))
          await once(socket, "drain");
      });
      sockets.set(socket, unsubscribe);
      socket.once("close", unsubscribe);
    });
    const taken = await listen(server, port);
    onTestFinished(() => void server.close());
    const close = async (): Promise<void> => {
      for (const [socket, unsubscribe] of sockets) {
        unsubscribe();
        socket.destroy();
      }
      await new Promise((resolve) => server.close(resolve));
    };
    return { url: `tcp://${host}:${taken}`, stop: stop ?? close };
  },
});

async function follow(url: string | undefined) {
  const socket = connect(portOf(url), host).on("error", () => {});
  onTestFinished(() => void socket.destroy());
  let text = "";
  socket.setEncoding("utf8").on("data", (more: string) => {
    text += more;
  });
  await once(socket, "connect");
  return { socket, heard: () => text.split("\n").slice(0, -1) };
}

const isListening = async (url: string | undefined): Promise<boolean> => {
  const socket = connect(portOf(url), host);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
};

/** A feed with one pool, whose followers' errors are logged as the operator's are. */
function house(patienceMs?: number) {
  const log: { readonly message: string; readonly consumer?: string; readonly error?: { readonly message: string } }[] =
    [];
  const destination = { write: (line: string) => void log.push(JSON.parse(line)) };
  const errors: unknown[] = [];
  const feed = createFeed({ now: () => plannedAt, onError: (error) => errors.push(error) });
  feed.set(shop);
  const start = async (...consumers: readonly Consumer[]) => {
    const options = { feed, log: createLog({ level: "debug", pretty: false, destination }) };
    const running = await startConsumers(consumers, { ...options, ...(patienceMs !== undefined && { patienceMs }) });
    onTestFinished(running.stop);
    return running;
  };
  return { feed, log, errors, start };
}

const thePage = (port = 0): Consumer => page({ host, port, now: () => plannedAt, limits: { closeMs: 100 } });
const pageOf = async (url: string | undefined) => (await fetch(`${url}/v1/pools/shop/checkout/history`)).status;

describe("consumers", () => {
  test("are told of the pools from their start on, each by its own name and address", async () => {
    const { feed, start } = house();
    const running = await start(lines(), thePage());
    expect(Object.keys(running.urls)).toEqual(["lines", "page"]);
    const { heard } = await follow(running.urls.lines);
    await waitFor(() => heard().length === 1, "what is known");
    feed.set(knownPool("shop", "basket", { endpoints: [] }));
    feed.remove("shop/checkout");
    await waitFor(() => heard().length === 3, "what changed");
    expect(heard()).toEqual(["shop/checkout up 2", "shop/basket up 0", "shop/checkout down"]);
    expect(await pageOf(running.urls.page)).toBe(404);
  });

  test("stop all at once, and listen no more", async () => {
    const { start } = house();
    const { urls, stop } = await start(lines(), thePage());
    const { socket } = await follow(urls.lines);
    await stop();
    await once(socket, "close");
    for (const url of Object.values(urls)) expect(await isListening(url), url).toBe(false);
  });
});

describe("a consumer that does not start", () => {
  const other = createServer();
  const unable: [string, () => Promise<LinesOptions & { readonly start?: Consumer["start"] }>, RegExp][] = [
    ["for its port is taken", async () => ({ port: await listen(other, 0) }), /EADDRINUSE/],
    ["and never says why", async () => ({ start: () => new Promise(() => {}) }), /not done after 200 ms/],
    [
      "and throws at once",
      async () => ({
        start() {
          throw new Error("no certificate");
        },
      }),
      /no certificate/,
    ],
  ];

  test.each(unable)("%s: is gone without", async (_, make, why) => {
    onTestFinished(() => void other.close());
    const { log, start } = house(200);
    const made = await make();
    const { urls } = await start(thePage(), { ...lines({ ...made, name: "broken" }), ...made }, lines({ vital: true }));
    expect(Object.keys(urls)).toEqual(["page", "lines"]);
    expect(await pageOf(urls.page)).toBe(200);
    const { heard } = await follow(urls.lines);
    await waitFor(() => heard().length === 1, "what is known");
    expect(log).toMatchObject([{ level: "error", consumer: "broken", error: { message: expect.stringMatching(why) } }]);
  });

  test("in time is stopped when it has, after all", async () => {
    const { start } = house(50);
    const ready = Promise.withResolvers<void>();
    const stopped = Promise.withResolvers<void>();
    const late: Consumer = {
      name: "late",
      async start() {
        await ready.promise;
        return { stop: async () => stopped.resolve() };
      },
    };
    expect((await start(late)).urls).toEqual({});
    ready.resolve();
    await stopped.promise;
  });

  test("and is vital: none stays, and its error is thrown", async () => {
    const { start } = house();
    const taken = createServer();
    onTestFinished(() => void taken.close());
    const port = await listen(taken, 0);
    let first: string | undefined;
    const noted: Consumer = {
      name: "noted",
      async start(feed, followers) {
        const running = await lines().start(feed, followers);
        first = running.url;
        return running;
      },
    };
    await expect(start(noted, thePage(port))).rejects.toMatchObject({ code: "EADDRINUSE", port });
    expect(await isListening(first)).toBe(false);
  });
});

test.each([
  ["never ends", () => new Promise<void>(() => {}), /not done after 200 ms/],
  ["is refused", () => Promise.reject(new Error("not now")), /not now/],
])("a stop that %s holds up no other", async (_, stop, why) => {
  const { log, start } = house(200);
  const running = await start(lines({ name: "stubborn", stop }), thePage());
  await running.stop();
  expect(await isListening(running.urls.page)).toBe(false);
  const error = { message: expect.stringMatching(why) };
  expect(log.find(({ consumer }) => consumer === "stubborn")).toMatchObject({ level: "error", error });
});

test("what a subscriber throws reaches neither the others nor who plans", async () => {
  const { feed, errors, start } = house();
  const failing = (key: string): void => {
    if (key === "shop/basket") throw new Error("cannot carry a basket");
  };
  const { urls } = await start(lines({ name: "broken", trouble: failing }), lines(), thePage());
  const [broken, sound] = [await follow(urls.broken), await follow(urls.lines)];
  await waitFor(() => broken.heard().length === 1 && sound.heard().length === 1, "what is known");
  feed.set(knownPool("shop", "basket"));
  feed.remove("shop/checkout");
  await waitFor(() => broken.heard().length === 2 && sound.heard().length === 3, "what changed");
  expect(broken.heard()).toEqual(["shop/checkout up 2", "shop/checkout down"]);
  expect(sound.heard()).toEqual(["shop/checkout up 2", "shop/basket up 2", "shop/checkout down"]);
  expect((await fetch(`${urls.page}/v1/pools/shop/basket`)).status).toBe(200);
  expect(errors).toEqual([new Error("cannot carry a basket")]);
});

test("an operator serves on, whatever becomes of a consumer, and leaves none behind", async () => {
  const stage = await EmbeddedStage.start();
  const { session } = stage;
  await session.create(session.deployments, workload("web", { replicas: 2 }));
  await session.create(poolsPath, poolOf("web"));
  const broken: Consumer = { name: "broken", start: () => Promise.reject(new Error("no certificate")) };
  const failing = lines({
    name: "failing",
    trouble: () => {
      throw new Error("out of order");
    },
  });
  const operator = await stage.startOperator({ consumers: [broken, failing, lines()], page: { host, port: 0 } });
  await follow(operator.urls.failing);
  const { heard } = await follow(operator.urls.lines);
  await waitFor(() => heard().at(-1) === "default/web up 2", "two pods");
  expect(await operator.get("/readyz")).toMatchObject({ status: 200 });
  expect((await fetch(`${operator.pageUrl}/v1/pools/default/web`)).status).toBe(200);
  const said = operator.log.map((line) => JSON.parse(line)).filter(({ level }) => level === "error");
  expect(said[0]).toMatchObject({ consumer: "broken", error: { message: "no certificate" } });
  expect(said.length).toBeGreaterThan(1);
  for (const { error } of said.slice(1)) expect(error.message).toBe("out of order");
  await session.expect(200, "DELETE", `${poolsPath}/web`);
  await waitFor(() => heard().at(-1) === "default/web down", "its end");
  await stage.stopOperator(operator);
  for (const url of Object.values(operator.urls)) expect(await isListening(url), url).toBe(false);
});

test("a replica that does not lead tells its consumers of the pools all the same", async () => {
  const stage = await EmbeddedStage.start();
  const { session } = stage;
  await session.create(session.deployments, workload("web", { replicas: 2 }));
  await session.create(poolsPath, poolOf("web"));
  const lease = { namespace: "default", name: "evenkeel" };
  const leads = async (operator: RunningOperator) =>
    (await operator.get<string>("/metrics")).body.includes("\nevenkeel_leader 1\n");
  const leader = await stage.startOperator({ lease, identity: "leader" });
  await waitFor(() => leads(leader), "a leader");
  const other = await stage.startOperator({ lease, identity: "other", consumers: [lines()] });
  const { heard } = await follow(other.urls.lines);
  await waitFor(() => heard().at(-1) === "default/web up 2", "two pods");
  expect([await leads(leader), await leads(other)]).toEqual([true, false]);
});
