import { Registry } from "prom-client";
import { onTestFinished } from "vitest";
import { createFeed } from "../../src/serve/feed.ts";
import { type HttpOptions, startHttp } from "../../src/serve/start-http.ts";
import { plannedAt } from "./known.ts";

/** A server over the given feed, or an empty one, closed with the test. */
export async function serveFeed(options: Partial<HttpOptions> = {}) {
  const feed = options.feed ?? createFeed({ now: () => plannedAt });
  const server = await startHttp({
    host: "127.0.0.1",
    port: 0,
    feed,
    registry: new Registry(),
    live: [],
    ready: [],
    now: () => plannedAt,
    reporting: { taker: { take: () => true, withdraw: () => {} }, replica: "test" },
    ...options,
  });
  onTestFinished(() => server.stop());
  return { feed, server, poolUrl: `${server.url}/v1/pools/shop/checkout` };
}
