import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { type Balancer, createBalancer, type Endpoint } from "../../src/client/client.ts";
import { findFreePorts } from "../tools/control-plane/ports.ts";

interface Database extends Endpoint {
  readonly url: string;
}

/** A server that keeps what is written to it, and says how long it takes to be read. */
async function startDatabase(delayMs: number, port = 0, rows: string[] = []) {
  const server = createServer((request, response) => {
    if (request.method === "PUT") rows.push(decodeURIComponent(request.url!.slice(1)));
    response.setHeader("took", delayMs).end(JSON.stringify(rows));
  }).listen(port, "127.0.0.1");
  await once(server, "listening");
  const own = (server.address() as AddressInfo).port;
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    if (server.listening) await once(server, "close");
  };
  return { url: `http://127.0.0.1:${own}`, port: own, rows, stop };
}

const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const { stop } of running.splice(0)) await stop().catch(() => {});
});

async function attempt(balancer: Balancer<Database>, database: Database, init?: RequestInit): Promise<boolean> {
  try {
    const answer = await fetch(`${database.url}/${init ? "row" : ""}`, init);
    await answer.text();
    // Writes say nothing of reads.
    if (!init) balancer.updateResponseTime(database.id, Number(answer.headers.get("took")));
    return true;
  } catch {
    balancer.fail(database);
    return false;
  } finally {
    balancer.release(database);
  }
}

const write = (balancer: Balancer<Database>): Promise<boolean[]> =>
  Promise.all(balancer.all().map((database) => attempt(balancer, database, { method: "PUT" })));

async function read(balancer: Balancer<Database>): Promise<string> {
  for (;;) {
    const database = balancer.next()!;
    if (await attempt(balancer, database)) return database.id;
  }
}

test("writes go to all databases, reads to the fastest; one that falls is out, and comes back by itself", async () => {
  let now = 0;
  const [port = 0] = await findFreePorts(1);
  const servers = [await startDatabase(300), await startDatabase(0, port), await startDatabase(1_500)];
  running.push(...servers);
  const endpoints = servers.map(({ url }, index) => ({ id: "abc"[index]!, url }));
  const balancer = createBalancer<Database>({ strategy: "FastestResponse", endpoints, now: () => now });
  expect([await read(balancer), await read(balancer), await read(balancer)].sort()).toEqual(["a", "b", "c"]);
  expect([await read(balancer), await read(balancer)]).toEqual(["b", "b"]);
  expect(await write(balancer)).toEqual([true, true, true]);

  const [, fast] = servers as [unknown, (typeof servers)[0], unknown];
  await fast!.stop();
  expect(await read(balancer)).toBe("a");
  expect(balancer.list().map(({ failed }) => failed)).toEqual([false, true, false]);
  expect(await write(balancer)).toEqual([true, true]);
  expect(servers.map(({ rows }) => rows.length)).toEqual([2, 1, 2]);

  const again = await startDatabase(0, port, fast!.rows);
  running.push(again);
  expect(await write(balancer)).toEqual([true, true]);
  now += 10_000;
  expect(await read(balancer)).toBe("b");
  expect(await write(balancer)).toEqual([true, true, true]);
  expect(again.rows.length).toBeGreaterThan(1);
  expect(balancer.list().map(({ failed }) => failed)).toEqual([false, false, false]);
});
