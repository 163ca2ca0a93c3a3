import { request } from "node:http";
import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { serverHooks } from "../../src/control/server-hooks.ts";
import { xdsHooks } from "../../src/control/xds-hooks.ts";
import { createLog } from "../../src/telemetry/log.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { knownPool } from "./known.ts";
import { serveFeed } from "./serving.ts";
import { serveXds } from "./xds/serving-xds.ts";

function observe() {
  const lines: string[] = [];
  const registry = new Registry();
  const metrics = createMetrics(registry, { version: "test" });
  const log = createLog({ level: "debug", pretty: false, destination: { write: (line) => lines.push(line) } });
  // Node's own come and go with what the process is at.
  const series = async () =>
    (await registry.metrics()).split("\n").filter((line) => line.startsWith("evenkeel_")).length;
  return { lines, registry, metrics, log, series };
}

/** Printed as they are, these clear the screen, and begin a line that looks like one of ours. */
const nasty = 'a\u001b[2J\n{"level":"info","message":"all is well"}\u009b31m\u202e';

test("what a client calls itself stays on its line of the log", async () => {
  const { lines, metrics, log } = observe();
  const { feed, open } = await serveXds(xdsHooks(metrics, log));
  feed.set(knownPool("shop", "checkout"));
  const stream = open("ads");
  stream.send({ node: { id: nasty }, resourceNames: ["shop/checkout", `shop/${nasty}`] });
  const { nonce } = await stream.response(0);
  stream.send({
    node: { id: nasty },
    resourceNames: ["shop/checkout"],
    responseNonce: nonce,
    errorDetail: { message: nasty },
  });
  stream.send({ typeUrl: nasty });
  await expect.poll(() => lines.length).toBeGreaterThanOrEqual(3);
  for (const line of lines) {
    expect(line).toMatch(/^[^\p{Cc}\p{Cf}]+\n$/u);
    expect((JSON.parse(line) as { node: string }).node).toBe(nasty);
  }
});

test("nothing that a client makes up becomes a series", async () => {
  const { metrics, log, series } = observe();
  const { feed, server } = await serveFeed(serverHooks(metrics, log));
  feed.set(knownPool("shop", "checkout"));
  const ask = (path: string, method = "GET", headers: Record<string, string> = {}) =>
    new Promise<void>((resolve, reject) => {
      const asking = request({ port: server.port, host: "127.0.0.1", path, method, headers }, (answer) => {
        answer.resume().on("end", resolve);
      });
      asking.on("error", reject).end();
    });
  const flood = async (round: number) => {
    for (let index = 0; index < 100; index += 1) {
      const name = `r${round}-${index}`;
      await ask(`/${name}`);
      await ask(`/v1/pools/shop/${name}`);
      await ask(`/v1/pools/shop/checkout?client=${name}`, "GET", { "user-agent": name, host: name });
      await ask(`/v1/pools/shop/checkout/next?n=${name}`);
    }
    for (const method of ["PATCH", "PUT", "DELETE", "OPTIONS", "PROPFIND", "M-SEARCH"]) await ask("/metrics", method);
  };
  await flood(0);
  const before = await series();
  await flood(1);
  expect(await series()).toBe(before);
});

test("there is nothing to debug the process by", async () => {
  const { server } = await serveFeed();
  for (const path of ["/debug/pprof/", "/debug", "/json/list", "/v1/debug", "/config", "/env", "/..%2f..%2fetc/passwd"])
    expect([path, (await fetch(`${server.url}${path}`)).status]).toEqual([path, 404]);
  expect(process.execArgv.filter((word) => word.startsWith("--inspect"))).toEqual([]);
});
