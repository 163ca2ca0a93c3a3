import { networkInterfaces } from "node:os";
import { Registry } from "prom-client";
import { describe, expect, onTestFinished, test } from "vitest";
import { createPushBook } from "../../../src/observe/sampling/push-book.ts";
import { createFeed } from "../../../src/serve/feed.ts";
import { startHealth } from "../../../src/serve/http/health.ts";
import { startPage } from "../../../src/serve/page/start-page.ts";
import { createPeers, type Peers } from "../../../src/serve/peers/peers.ts";
import { requirePart } from "../../tools/require-part.ts";
import { knownPush } from "../known-push.ts";
import { serveFeed } from "../serving.ts";

const hasIPv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"));
const isThere = requirePart("IPv6 on loopback", hasIPv6);

describe.skipIf(!isThere)("without an address to serve on", () => {
  const status = async (url: string) => (await fetch(url)).status;

  test("every port is reached by IPv4 and by IPv6", async () => {
    const sources = { feed: createFeed(), now: Date.now, registry: new Registry(), live: [], ready: [] };
    const { server } = await serveFeed({ host: undefined });
    const health = await startHealth({ port: 0, ...sources });
    const page = await startPage({ port: 0, ...sources });
    onTestFinished(async () => void (await Promise.all([health.stop(), page.stop()])));
    for (const host of ["127.0.0.1", "[::1]"]) {
      expect(await status(`http://${host}:${server.port}/livez`)).toBe(200);
      expect(await status(`http://${host}:${health.port}/readyz`)).toBe(200);
      expect(await status(`http://${host}:${page.port}/v1/pools`)).toBe(200);
    }
    expect([server.url, health.url]).toEqual([`http://[::]:${server.port}`, `http://[::]:${health.port}`]);
  });

  test("replicas tell each other of reports by IPv6", async () => {
    const start = async (replica: string) => {
      const book = createPushBook({ now: Date.now });
      let peers: Peers | undefined;
      const reporting = {
        taker: book,
        replica,
        forward: (message: Parameters<Peers["forward"]>[0]) => peers?.forward(message),
      };
      const { feed, server } = await serveFeed({ host: undefined, reporting });
      feed.set(knownPush());
      return {
        server,
        heard: () => Object.fromEntries(book.read("shop/checkout")?.connections ?? []),
        join: (given: Peers) => {
          peers = given;
        },
      };
    };
    const [one, two] = [await start("one"), await start("two")];
    const names = [one, two].map(({ server: { port } }) => ({ host: "replicas", port }));
    for (const [replica, { join }] of [
      ["one", one],
      ["two", two],
    ] as const) {
      const peers = createPeers({ names, replica, resolve: async () => ["::1"] });
      onTestFinished(() => peers.close());
      join(peers);
    }
    const url = `http://[::1]:${one.server.port}/v1/pools/shop/checkout/connections?client=a`;
    const body = JSON.stringify({ connections: { "fd00:0:0:0:0:0:0:1": 3 } });
    expect((await fetch(url, { method: "PUT", body })).status).toBe(200);
    await expect.poll(two.heard).toEqual({ "fd00::1": 3 });
  });
});
