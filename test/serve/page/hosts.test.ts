import { request } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { readFlags } from "../../../src/cli/flags/read-flags.ts";
import { runFlags } from "../../../src/cli/run-flags.ts";
import { createFeed } from "../../../src/serve/feed.ts";
import { startPage } from "../../../src/serve/page/start-page.ts";
import { serveFeed } from "../serving.ts";

async function start(names?: readonly string[]) {
  const page = await startPage({
    host: "127.0.0.1",
    port: 0,
    feed: createFeed(),
    now: Date.now,
    ...(names && { names }),
  });
  onTestFinished(() => page.stop());
  const ask = (host: string, path = "/v1/pools") => askAt(page.port, host, path);
  return { port: page.port, ask };
}

const askAt = (port: number, host: string, path: string) =>
  new Promise<{ readonly status: number | undefined; readonly body: string }>((resolve, reject) => {
    request({ host: "127.0.0.1", port, path, headers: { host } }, async (response) => {
      let body = "";
      for await (const chunk of response.setEncoding("utf8")) body += chunk;
      resolve({ status: response.statusCode, body });
    })
      .on("error", reject)
      .end();
  });

describe("the page's port answers to", () => {
  test.each([
    "127.0.0.1:8081",
    "localhost",
    "LOCALHOST:8081",
    "localhost.:8081",
    "evenkeel.localhost:8081",
    "[::1]:8081",
    "[fd00::7]",
    "10.96.0.17:8081",
  ])("%s", async (host) => {
    const { ask } = await start();
    expect((await ask(host)).status).toBe(200);
  });

  test("names that it was given, however they are written", async () => {
    const { ask } = await start(["Evenkeel.example.com", "evenkeel.evenkeel.svc"]);
    for (const host of [
      "evenkeel.example.com",
      "EVENKEEL.EXAMPLE.COM:443",
      "evenkeel.example.com.",
      "evenkeel.evenkeel.svc",
    ])
      expect((await ask(host)).status).toBe(200);
    expect((await ask("other.example.com")).status).toBe(421);
    expect((await ask("x.evenkeel.example.com")).status).toBe(421);
  });
});

describe("the page's port does not answer to", () => {
  test.each([
    "evil.example",
    "evil.example:8081",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "127.0.0.1@evil.example",
    "evenkeel",
    "xn--lcalhost-54a",
    "..",
    "a b",
  ])("%s, on any path, and says what to do", async (host) => {
    const { ask } = await start();
    for (const path of ["/", "/page.js", "/v1/pools", "/v1/pools/shop/checkout/history", "/nowhere"]) {
      const { status, body } = await ask(host, path);
      expect([path, status]).toEqual([path, 421]);
      const { reason, detail, instance } = JSON.parse(body);
      expect([reason, instance]).toEqual(["HostRefused", path]);
      expect(detail).toMatch(/an IP address or as localhost, or add the name \(flag --page-hosts, .* page\.hosts\)/);
    }
  });

  test("a whole URL with such a name, whatever the header says", async () => {
    const { ask } = await start();
    expect((await ask("localhost", "http://evil.example/v1/pools")).status).toBe(421);
    expect((await ask("evil.example", "http://localhost/v1/pools")).status).toBe(200);
  });
});

test("the operator's own port goes by many names, and gives nothing to a page of another origin", async () => {
  const { server } = await serveFeed();
  expect((await askAt(server.port, "evenkeel.evenkeel.svc:8080", "/v1/pools")).status).toBe(200);
  const { headers } = await fetch(`${server.url}/v1/pools`, { headers: { origin: "http://evil.example" } });
  expect(headers.get("access-control-allow-origin")).toBeNull();
});

test("names of the page are names, without ports", () => {
  const read = (text: string) => readFlags(runFlags, ["--page-hosts", text])["page-hosts"];
  expect(readFlags(runFlags, [])["page-hosts"]).toEqual([]);
  expect(read("evenkeel.example.com, evenkeel.evenkeel.svc")).toEqual([
    "evenkeel.example.com",
    "evenkeel.evenkeel.svc",
  ]);
  for (const wrong of ["http://evenkeel", "evenkeel:80", "*", "-x"])
    expect(() => readFlags(runFlags, [`--page-hosts=${wrong}`])).toThrow("--page-hosts: must be names without port");
});
