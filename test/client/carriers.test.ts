import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingHttpHeaders, type Server } from "node:http";
import { createServer as createHttpsServer, request as httpsRequest } from "node:https";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, interceptors, request as undiciRequest } from "undici";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  type Balancer,
  balancedFetch,
  balancedInterceptor,
  type CarryingBalancer,
  createBalancer,
} from "../../src/client/client.ts";
import { isUnreached } from "../../src/client/journey.ts";
import { balancedAgent, balancedHttpsAgent } from "../../src/client-node/client-node.ts";
import { hasOpenssl, useAuthority } from "../tools/authority.ts";

interface Seen {
  readonly headers: IncomingHttpHeaders;
  readonly method: string;
  readonly body: string;
}

/** A server on a port of its own that keeps what it was asked. */
async function serve(
  answer: (at: {
    readonly url: string;
    readonly end: (text: string) => void;
    readonly cut: () => void;
    readonly refuse: (status: number) => void;
  }) => void,
) {
  const seen: Seen[] = [];
  const server = createServer(async (message, response) => {
    const body = (await buffer(message)).toString();
    seen.push({ headers: message.headers, method: message.method!, body });
    answer({
      url: message.url!,
      end: (text) => response.end(text),
      cut: () => message.socket.destroy(),
      refuse: (status) => response.writeHead(status).end(),
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => close(server));
  return { id: `127.0.0.1:${(server.address() as AddressInfo).port}`, seen, server };
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  server.closeAllConnections();
  server.close();
  await once(server, "close");
}

const named = (name: string) => serve(({ end }) => end(name));

/** A place where nobody listens. */
async function nobody(): Promise<string> {
  const { id, server } = await named("gone");
  await close(server);
  return id;
}

const over = (...ids: string[]): Balancer =>
  createBalancer({ strategy: "RoundRobin", endpoints: ids.map((id) => ({ id })), random: () => 0 });

const inFlight = (balancer: Balancer): number => balancer.list().reduce((sum, entry) => sum + entry.inFlight, 0);

interface Answer {
  readonly text: string;
}
interface Sent {
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}
type Send = (url: string, sent?: Sent) => Promise<Answer>;

/** Each way to carry requests over a balancer. */
const carriers: readonly {
  readonly name: string;
  readonly over: (balancer: CarryingBalancer<{ id: string }>, attempts?: number) => Send;
}[] = [
  {
    name: "balancedFetch",
    over: (balancer, attempts) => {
      const send = balancedFetch(balancer, { ...(attempts && { attempts }) });
      return async (url, sent) => ({ text: await (await send(url, sent)).text() });
    },
  },
  {
    name: "balancedInterceptor",
    over: (balancer, attempts) => {
      const dispatcher = new Agent().compose(balancedInterceptor(balancer, { ...(attempts && { attempts }) }));
      onTestFinished(() => dispatcher.destroy());
      return async (url, sent) => {
        const { method = "GET", ...rest } = sent ?? {};
        return { text: await (await undiciRequest(url, { ...rest, method: method as "GET", dispatcher })).body.text() };
      };
    },
  },
  {
    name: "balancedAgent",
    over: (balancer, attempts) => {
      const agent = balancedAgent(balancer, { ...(attempts && { attempts }) });
      onTestFinished(() => agent.destroy());
      return (url, { body, ...sent } = {}) =>
        new Promise((resolve, reject) => {
          const request = httpRequest(url, { ...sent, agent }, async (response) => {
            resolve({ text: (await buffer(response)).toString() });
          });
          request.on("error", reject).end(body);
        });
    },
  },
];

const settled = (balancer: Balancer) => expect.poll(() => inFlight(balancer)).toBe(0);

describe.each(carriers)("$name", ({ name, over: carry }) => {
  /** `fetch` writes the header itself. */
  const keepsHost = name !== "balancedFetch";

  test("takes the next endpoint for each request, and keeps the host that was asked for where it can", async () => {
    const [a, b] = [await named("a"), await named("b")];
    const balancer = over(a.id, b.id);
    const send = carry(balancer);
    const texts: string[] = [];
    for (let n = 0; n < 4; n += 1) texts.push((await send("http://checkout.example/orders")).text);
    expect(texts.join("")).toBe("abab");
    const hosts = new Set([...a.seen, ...b.seen].map(({ headers }) => headers.host));
    expect(hosts).toEqual(new Set(keepsHost ? ["checkout.example"] : [a.id, b.id]));
    await settled(balancer);
  });

  test("sends what it is given: method, headers and body", async () => {
    const a = await named("a");
    const send = carry(over(a.id));
    await send("http://checkout/orders", {
      method: "POST",
      body: "two",
      headers: { "x-order": "2", host: "own.example" },
    });
    const host = keepsHost ? "own.example" : a.id;
    expect(a.seen).toMatchObject([{ method: "POST", body: "two", headers: { "x-order": "2", host } }]);
  });

  test("counts a request until its answer has ended", async () => {
    const held: ((text: string) => void)[] = [];
    const a = await serve(({ end }) => held.push(end));
    const balancer = over(a.id);
    const answer = carry(balancer)("http://checkout/");
    await expect.poll(() => held.length).toBe(1);
    expect(inFlight(balancer)).toBe(1);
    held[0]!("now");
    expect((await answer).text).toBe("now");
    await settled(balancer);
  });

  test("turns to the next where nobody listens, also with a POST, and leaves that one alone from then on", async () => {
    const [gone, b] = [await nobody(), await named("b")];
    const balancer = over(gone, b.id);
    const send = carry(balancer);
    for (let n = 0; n < 3; n += 1)
      expect(await send("http://checkout/", { method: "POST", body: "once" })).toEqual({ text: "b" });
    expect(b.seen.map(({ body }) => body)).toEqual(["once", "once", "once"]);
    expect(balancer.list().map(({ failed }) => failed)).toEqual([true, false]);
    await settled(balancer);
  });

  test("fails where nobody is left to try, or nobody is on the list", async () => {
    const balancer = over(await nobody(), await nobody(), await nobody());
    await expect(carry(balancer, 2)("http://checkout/")).rejects.toThrow();
    expect(balancer.list().filter(({ failed }) => failed)).toHaveLength(2);
    await settled(balancer);
    await expect(carry(over())("http://checkout/")).rejects.toThrow("the list has no endpoint");
  });

  test("does not send twice what somebody may have taken", async () => {
    const cutting = await serve(({ cut }) => cut());
    const b = await named("b");
    const balancer = over(cutting.id, b.id);
    await expect(carry(balancer)("http://checkout/", { method: "POST", body: "pay" })).rejects.toThrow();
    expect(b.seen).toEqual([]);
    await settled(balancer);
  });

  test("says whom it cannot find", async () => {
    const balancer = over("not-an-address");
    await expect(carry(balancer)("http://checkout/")).rejects.toThrow("not-an-address is not HOST:PORT");
    await settled(balancer);
  });

  test("tells the balancer how long an answer took", async () => {
    const slow = await serve(async ({ end }) => {
      await sleep(60);
      end("slow");
    });
    const balancer = over(slow.id);
    await carry(balancer)("http://checkout/");
    const [{ responseMs } = { responseMs: 0 }] = balancer.list();
    expect(responseMs).toBeGreaterThan(50);
  });
});

describe("balancedFetch", () => {
  test("repeats what may be repeated when its connection breaks, and nothing else", async () => {
    const cutting = await serve(({ cut }) => cut());
    const b = await named("b");
    const balancer = over(cutting.id, b.id);
    const send = balancedFetch(balancer);
    expect(await (await send("http://checkout/")).text()).toBe("b");
    expect(balancer.list().map(({ failed }) => failed)).toEqual([false, false]);
    const stream = new Blob(["once"]).stream();
    const streamed = { method: "PUT", body: stream, duplex: "half" } as RequestInit;
    const anew = over(cutting.id, b.id);
    await expect(balancedFetch(anew)("http://checkout/", streamed)).rejects.toThrow();
    expect(b.seen).toHaveLength(1);
    await settled(anew);
  });

  test("counts a request no more when nobody wants the rest, or it is aborted", async () => {
    const endless = await serve(() => {});
    const big = await serve(({ end }) => end("x".repeat(1_000_000)));
    const balancer = over(big.id);
    const response = await balancedFetch(balancer)("http://checkout/big");
    expect(response.url).toMatch(/^http:\/\/127\.0\.0\.1:[0-9]+\/big$/);
    await response.body!.cancel();
    await settled(balancer);
    const waiting = over(endless.id, big.id);
    const aborting = AbortSignal.timeout(100);
    await expect(balancedFetch(waiting)("http://checkout/", { signal: aborting })).rejects.toThrow(/aborted|timeout/);
    // Nobody is at fault who was not waited for.
    expect(waiting.list().map(({ failed }) => failed)).toEqual([false, false]);
    expect(big.seen).toHaveLength(1);
    await settled(waiting);
  });

  test("takes a Request, and reaches a pod's port by name", async () => {
    const a = await named("a");
    const port = Number(a.id.split(":")[1]);
    const pod = {
      id: "web-1",
      address: "127.0.0.1",
      port: 1,
      ports: [
        { name: "http", port: 1 },
        { name: "api", port },
      ],
    };
    const balancer = createBalancer({ strategy: "RoundRobin", endpoints: [pod] });
    const send = balancedFetch(balancer, { port: "api" });
    const asked = new Request("http://checkout/orders", { method: "POST", body: "three", headers: { "x-order": "3" } });
    expect(await (await send(asked)).text()).toBe("a");
    expect(a.seen).toMatchObject([{ method: "POST", body: "three", headers: { "x-order": "3" } }]);
    await expect(balancedFetch(balancer, { port: "grpc" })("http://checkout/")).rejects.toThrow(
      "web-1 has no port grpc",
    );
  });

  test("counts a request no more that is aborted after its head, though nobody reads on", async () => {
    const server = createServer((_, response) => void response.writeHead(503).write("not now, ")).listen(
      0,
      "127.0.0.1",
    );
    await once(server, "listening");
    onTestFinished(() => close(server));
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const balancer = over(host);
    const controller = new AbortController();
    const response = await balancedFetch(balancer)("http://checkout/", { signal: controller.signal });
    expect(response.status).toBe(503);
    // The server answers another request, after this one.
    const other = await fetch(`http://${host}/`);
    await other.body!.getReader().read();
    expect(inFlight(balancer)).toBe(1);
    controller.abort();
    await settled(balancer);
  });

  test("takes no endpoint for unreachable because a redirect leads nowhere, and repeats no POST for it", async () => {
    const gone = await nobody();
    const posts: string[] = [];
    const server = createServer((message, response) => {
      posts.push(message.method!);
      response.writeHead(303, { location: `http://${gone}/` }).end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => close(server));
    const b = await named("b");
    const balancer = over(`127.0.0.1:${(server.address() as AddressInfo).port}`, b.id);
    await expect(balancedFetch(balancer)("http://checkout/", { method: "POST", body: "pay" })).rejects.toThrow();
    expect(posts).toEqual(["POST"]);
    expect(b.seen).toEqual([]);
    expect(balancer.list().map(({ failed }) => failed)).toEqual([false, false]);
    await settled(balancer);
  });

  test("leaves an answer without a body as it is", async () => {
    const a = await serve(({ end }) => end(""));
    const balancer = over(a.id);
    const response = await balancedFetch(balancer)("http://checkout/", { method: "HEAD" });
    expect([response.status, response.body]).toEqual([200, null]);
    expect(inFlight(balancer)).toBe(0);
  });
});

describe("balancedInterceptor", () => {
  test("stands between others of undici: a retry goes to the next endpoint, and an answer ends as it would", async () => {
    const answers: string[] = [];
    const failing = await serve(({ end, refuse }) => {
      answers.push("no");
      if (answers.length > 1) return end("late");
      refuse(503);
    });
    const b = await named("b");
    const balancer = over(failing.id, b.id);
    const { retry, dump, decompress } = interceptors;
    const dispatcher = new Agent().compose(balancedInterceptor(balancer), decompress(), retry({ minTimeout: 1 }));
    onTestFinished(() => dispatcher.destroy());
    const { body, statusCode } = await undiciRequest("http://checkout/", { dispatcher });
    expect([statusCode, await body.text()]).toEqual([200, "b"]);
    const dumping = new Agent().compose(balancedInterceptor(balancer), dump());
    onTestFinished(() => dumping.destroy());
    for (let n = 0; n < 2; n += 1) {
      const dumped = await undiciRequest("http://checkout/", { dispatcher: dumping });
      expect(await dumped.body.text()).toBe("");
    }
    await settled(balancer);
  });
});

describe("whether anything was sent", () => {
  const target = { address: "10.0.0.1", port: 8080 };
  const system = (code: string, syscall: string, more: object = {}) =>
    Object.assign(new Error(`${syscall} ${code}`), { code, syscall, ...more });
  const there = { address: "10.0.0.1", port: 8080 };

  test.each([
    ["a connection that was refused", system("ECONNREFUSED", "connect", there), true],
    ["one to a name that there is not", system("ENOTFOUND", "getaddrinfo", { hostname: "pod" }), true],
    ["one that took too long", Object.assign(new Error("late"), { code: "UND_ERR_CONNECT_TIMEOUT" }), true],
    [
      "one within another error",
      new TypeError("fetch failed", { cause: system("ECONNREFUSED", "connect", there) }),
      true,
    ],
    ["a read after a request", system("ETIMEDOUT", "read"), false],
    ["a write to a host that went", system("EHOSTUNREACH", "write"), false],
    ["a connection to elsewhere", system("ECONNREFUSED", "connect", { address: "10.0.0.2", port: 8080 }), false],
    [
      "one of several that broke later",
      new AggregateError([system("ECONNREFUSED", "connect", there), system("ECONNRESET", "read")]),
      false,
    ],
    ["one that a library of its own words", Object.assign(new Error("refused"), { code: "ECONNREFUSED" }), true],
    ["a host that is not reached", system("EHOSTUNREACH", "connect", there), true],
    ["no port left of one's own", system("EADDRNOTAVAIL", "connect", there), false],
    ["a connection that was cut", system("ECONNRESET", "read"), false],
  ])("%s: %#", (_, error, isUnsent) => expect(isUnreached(error, target)).toBe(isUnsent));
});

test("one address of IPv6 is the same in all of its forms", () => {
  const refused = Object.assign(new Error("refused"), {
    code: "ECONNREFUSED",
    syscall: "connect",
    address: "2001:db8::1",
    port: 80,
  });
  expect(isUnreached(refused, { address: "2001:DB8:0:0::1", port: 80 })).toBe(true);
  expect(isUnreached(refused, { address: "2001:db8::2", port: 80 })).toBe(false);
});

describe("balancedAgent", () => {
  test("keeps no connection that it does not use, however requests overlap, and no more than it may", async () => {
    const [a, b] = [await serve(async ({ end }) => void setTimeout(() => end("a"), 5)), await named("b")];
    const balancer = over(a.id, b.id);
    for (const agentOptions of [{}, { maxSockets: 1 }]) {
      const agent = balancedAgent(balancer, { agent: agentOptions });
      const ask = async (n: number): Promise<void> => {
        await sleep(n % 20);
        const request = httpRequest("http://checkout/", { agent }).end();
        const [response] = await once(request, "response");
        await buffer(response);
      };
      await Promise.all(Array.from({ length: 100 }, (_, n) => ask(n)));
      await settled(balancer);
      const known = Object.values(agent.freeSockets).reduce((sum, sockets) => sum + (sockets?.length ?? 0), 0);
      if ("maxSockets" in agentOptions) expect(known).toBeLessThanOrEqual(2);
      const open = () =>
        Promise.all(
          [a, b].map(
            ({ server }) => new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count))),
          ),
        );
      await expect.poll(async () => (await open()).reduce((sum, count) => sum + count)).toBe(known);
      agent.destroy();
      await expect.poll(async () => (await open()).reduce((sum, count) => sum + count)).toBe(0);
    }
  });

  test("lets go of an answer that nobody reads, as Node does", async () => {
    const a = await named("a");
    const balancer = over(a.id);
    const agent = balancedAgent(balancer);
    onTestFinished(() => agent.destroy());
    for (let n = 0; n < 3; n += 1) httpRequest("http://checkout/", { agent }).end();
    await expect.poll(() => a.seen.length).toBe(3);
    await settled(balancer);
  });

  test("keeps connections, those of each endpoint apart", async () => {
    const connections: string[] = [];
    const servers = await Promise.all(["a", "b"].map(named));
    for (const { server, id } of servers) server.on("connection", () => connections.push(id));
    const balancer = over(...servers.map(({ id }) => id));
    const agent = balancedAgent(balancer);
    onTestFinished(() => agent.destroy());
    for (let n = 0; n < 8; n += 1) {
      const request = httpRequest("http://checkout/", { agent }).end();
      const [response] = await once(request, "response");
      await buffer(response);
      await settled(balancer);
    }
    expect(servers.map(({ seen }) => seen.length)).toEqual([4, 4]);
    expect(new Set(connections).size).toBe(2);
    expect(connections).toHaveLength(2);
  });
});

describe.skipIf(!hasOpenssl())("balancedHttpsAgent", () => {
  const authority = useAuthority();

  test("reaches pods over TLS by the name that is asked for, and turns to the next", async () => {
    const { cert, key } = await authority.sign({ name: "checkout", hosts: "DNS:checkout.example" });
    const server = createHttpsServer({ cert, key }, (_, response) => response.end("safe")).listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => close(server));
    const balancer = over(await nobody(), `127.0.0.1:${(server.address() as AddressInfo).port}`);
    const agent = balancedHttpsAgent(balancer, { agent: { ca: authority.ca } });
    onTestFinished(() => agent.destroy());
    const ask = async (url: string): Promise<string> => {
      const request = httpsRequest(url, { agent }).end();
      const [response] = await once(request, "response");
      return (await buffer(response)).toString();
    };
    for (let n = 0; n < 6; n += 1) expect(await ask("https://checkout.example/")).toBe("safe");
    await expect
      .poll(() => new Promise<number>((resolve) => server.getConnections((_, open) => resolve(open))))
      .toBe(1);
    await expect(ask("https://other.example/")).rejects.toThrow(/altnames|does not match/);
    await settled(balancer);
  });
});
