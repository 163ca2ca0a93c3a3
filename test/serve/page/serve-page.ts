import { onTestFinished } from "vitest";
import { createFeed } from "../../../src/serve/feed.ts";
import { createFollowers } from "../../../src/serve/followers.ts";
import { startPage } from "../../../src/serve/page/start-page.ts";

/** The page over pools of the test's own, closed with the test. */
export async function servePage(port = 0) {
  const feed = createFeed();
  const followers = createFollowers();
  const errors: unknown[] = [];
  const server = await startPage({
    host: "127.0.0.1",
    port,
    feed,
    followers,
    now: Date.now,
    onError: (error) => errors.push(error),
    limits: { closeMs: 100 },
  });
  onTestFinished(() => server.stop());
  return { feed, followers, server, show: feed.set, errors, url: server.url, port: server.port };
}
