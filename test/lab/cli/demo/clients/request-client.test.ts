import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { type Chooser, RequestClient } from "../../../../../src/lab/cli/demo/clients/request-client.ts";
import { Random } from "../../../../../src/lab/sim/random.ts";

/** A pod, and where it is. */
async function serve(answer: RequestListener): Promise<ReturnType<Chooser["choose"]>> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, "listening");
  return { pod: "web-0", address: "127.0.0.1", port: (server.address() as AddressInfo).port };
}

/** A client at work, until the test ends. */
function run(choose: Chooser["choose"]): RequestClient {
  const client = new RequestClient({ name: "a", by: "chance", choose }, new Random(1, 1), () => performance.now());
  const ending = new AbortController();
  const running = client.run(ending.signal);
  onTestFinished(() => {
    ending.abort();
    return running;
  });
  return client;
}

test("a client takes for a failure what is not answered, and not what its own process sleeps through", async () => {
  const asked: string[] = [];
  const pod = await serve((_, response) => {
    asked.push("asked");
    const wakesAt = performance.now() + (asked.length === 1 ? 1_500 : 0);
    while (performance.now() < wakesAt);
    if (asked.length !== 5) response.end();
  });
  const client = run(() => pod);
  await expect.poll(() => client.figures.failed, { timeout: 30_000 }).toBe(1);
  expect(asked.length).toBeGreaterThanOrEqual(5);
  // All others were answered, the one that waited for the whole process included.
  await expect.poll(() => client.figures.sent).toBeGreaterThan(20);
  expect(client.figures.failed).toBe(1);
});

test("a request that finds nobody to go to has failed", async () => {
  const client = run(() => undefined);
  await expect.poll(() => client.figures.sent).toBeGreaterThan(3);
  const { sent, failed, recent } = client.figures;
  expect(failed).toBe(sent);
  expect(recent.shares).toEqual(new Map());
});
