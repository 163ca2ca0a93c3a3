import { describe, expect, test } from "vitest";
import type { NextDocument, PoolDocument, ProblemDocument } from "../../../src/serve/documents.ts";
import type { Known } from "../../../src/serve/feed.ts";
import { asPool, endpointOf, knownPool, plannedAt, plannedOn } from "../known.ts";
import { serveFeed } from "../serving.ts";
import { readStream } from "../watch/read-stream.ts";

const names = ["a", "b", "c", "d", "e", "f"];

const known = (order: "Spread" | "Strict" = "Spread", weights = names.map(() => 1_000), at = plannedAt): Known => {
  const endpoints = names.map((name, index) =>
    endpointOf(name, index + 1, { weight: weights[index]!, connections: 3 }),
  );
  const pool = knownPool("shop", "checkout", { endpoints });
  const { spec } = pool.observation.pool;
  return plannedOn(asPool(pool, { spec: { ...spec, publish: { ...spec.publish, order } } }), at);
};

async function start(pool = known()) {
  const serving = await serveFeed();
  serving.feed.set(pool);
  const get = async (query = "") => (await (await fetch(`${serving.poolUrl}${query}`)).json()) as PoolDocument;
  const listOf = async (client: string) => (await get(`?client=${client}`)).list!.map(({ pod }) => pod).join("");
  return { ...serving, get, listOf };
}

const sorted = (text: string) => [...text].sort().join("");

describe("the list of a client", () => {
  test("is there for whoever says who it is, ready to be dialled, and leaves the endpoints in their order", async () => {
    const { get } = await start();
    expect(await get()).not.toHaveProperty("list");
    const { list, endpoints } = await get("?client=edge-1");
    expect(endpoints.map(({ pod }) => pod)).toEqual(names);
    expect(list).toHaveLength(names.length);
    const ports = [
      { name: "http", port: 8080 },
      { name: "admin", port: 9090 },
    ];
    expect(list).toContainEqual({ pod: "a", address: "10.0.0.1", port: 8080, ports });
  });

  test("differs from client to client, and stays while no weight moves", async () => {
    const { feed, listOf } = await start();
    const clients = Array.from({ length: 20 }, (_, number) => `client-${number}`);
    const lists = await Promise.all(clients.map(listOf));
    expect(new Set(lists).size).toBeGreaterThan(15);
    expect(new Set(lists.map(([first]) => first)).size).toBeGreaterThan(3);
    for (const list of lists) expect(sorted(list)).toBe("abcdef");

    feed.set(known("Spread", [1_010, 990, 1_000, 1_020, 980, 1_000], plannedAt + 2_000));
    expect(await Promise.all(clients.map(listOf))).toEqual(lists);
    feed.set(known("Spread", [1_600, 400, 1_000, 1_000, 1_000, 1_000], plannedAt + 4_000));
    expect(await Promise.all(clients.map(listOf))).not.toEqual(lists);
  });

  test("is the rank itself where the pool says Strict", async () => {
    const { listOf } = await start(known("Strict"));
    expect([await listOf("one"), await listOf("two")]).toEqual(["abcdef", "abcdef"]);
  });

  test("comes with a watch too, the same as with GET, and only to the client that named itself", async () => {
    const { poolUrl, get } = await start();
    const mine = await readStream(`${poolUrl}/watch?client=edge-1`);
    const plain = await readStream(`${poolUrl}/watch`);
    const first = async (stream: typeof mine) => {
      await expect.poll(stream.events).toHaveLength(1);
      return JSON.parse(/^data: (.*)$/m.exec(stream.events()[0]!)![1]!) as PoolDocument;
    };
    expect(await first(mine)).toEqual(await get("?client=edge-1"));
    expect(await first(plain)).not.toHaveProperty("list");
  });

  test.each(["", "a%20b", "a%0Ab", "-a", "x".repeat(129), "a&client=b", "%C3%A4"])(
    "client=%s is refused, with the form",
    async (client) => {
      const { poolUrl } = await start();
      for (const path of ["", "/watch"]) {
        const response = await fetch(`${poolUrl}${path}?client=${client}`);
        expect(response.status).toBe(400);
        const { reason, detail } = (await response.json()) as ProblemDocument;
        expect([reason, detail]).toEqual(["ParameterInvalid", expect.stringContaining("1 to 128 letters, digits")]);
      }
    },
  );
});

test("where clients report, `next` goes by weight: no one client's word may draw all to one pod", async () => {
  const pool = known("Spread", [1_200, 1_200, 1_200, 1_200, 600, 600]);
  const { spec } = pool.observation.pool;
  const metrics = { ...spec.metrics!, source: { type: "push", spec: { expiry: 30_000 } } as const };
  // The word of one client: all are full but the first.
  const endpoints = pool.plan.endpoints.map((endpoint, index) => ({ ...endpoint, connections: index * 1_000_000 }));
  const { server } = await start({
    ...asPool(pool, { spec: { ...spec, metrics } }),
    plan: { ...pool.plan, endpoints },
  });
  const picks = new Map<string, number>();
  for (let request = 0; request < 60; request += 1) {
    const answer = await fetch(`${server.url}/v1/pools/shop/checkout/next`);
    const [first] = ((await answer.json()) as NextDocument).endpoints;
    picks.set(first!.pod, (picks.get(first!.pod) ?? 0) + 1);
  }
  expect([...picks].sort()).toEqual([
    ["a", 12],
    ["b", 12],
    ["c", 12],
    ["d", 12],
    ["e", 6],
    ["f", 6],
  ]);
});
