import { onTestFinished } from "vitest";
import { createFeed, type Known } from "../../../src/serve/feed.ts";
import { createHistory } from "../../../src/serve/page/history.ts";
import { startPage } from "../../../src/serve/page/start-page.ts";

/** The page over pools of the test's own, closed with the test. */
export async function servePage(port = 0) {
  const feed = createFeed();
  const history = createHistory();
  const errors: unknown[] = [];
  const server = await startPage({
    host: "127.0.0.1",
    port,
    feed,
    history,
    now: Date.now,
    onError: (error) => errors.push(error),
    limits: { closeMs: 100 },
  });
  onTestFinished(() => server.close());
  /** Makes a plan known, as the operator does after each pass. */
  const show = (known: Known): void => {
    const key = `${known.pool.namespace}/${known.pool.name}`;
    history.record(key, known);
    feed.set(key, known);
  };
  return { feed, history, server, show, errors, url: server.url, port: server.port };
}
