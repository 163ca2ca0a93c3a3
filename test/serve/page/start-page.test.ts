import { request } from "node:http";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { HistoryDocument } from "../../../src/serve/documents.ts";
import { knownPool, plannedOn } from "../known.ts";
import { servePage } from "./serve-page.ts";

/** An answer as it came, not unpacked. */
const getRaw = (url: string, headers: Record<string, string>) =>
  new Promise<{ readonly headers: NodeJS.Dict<string | string[]>; readonly body: Buffer }>((resolve, reject) => {
    request(url, { headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ headers: response.headers, body: Buffer.concat(chunks) }));
    })
      .on("error", reject)
      .end();
  });

const files = [
  ["/", "text/html", "<!doctype html>"],
  ["/page.js", "text/javascript", "Evenkeel"],
  ["/page.css", "text/css", "color-scheme"],
  ["/icon.svg", "image/svg+xml", "<svg"],
] as const;

describe("the page's files", () => {
  test.each(files)("%s is served as what it is, and asked for anew by its tag", async (path, type, part) => {
    const { url, errors } = await servePage();
    const response = await fetch(`${url}${path}`);
    expect(errors).toEqual([]);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe(`${type}; charset=utf-8`);
    expect(response.headers.get("cache-control")).toBe("no-cache");
    expect(await response.text()).toContain(part);
    const tag = response.headers.get("etag")!;
    const again = await fetch(`${url}${path}`, { headers: { "if-none-match": tag } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
  });

  test("are packed for those who can unpack", async () => {
    const { url } = await servePage();
    const plain = await getRaw(`${url}/page.js`, {});
    const packed = await getRaw(`${url}/page.js`, { "accept-encoding": "br, gzip" });
    const refused = await getRaw(`${url}/page.js`, { "accept-encoding": "gzip;q=0, identity" });
    expect(packed.headers["content-encoding"]).toBe("gzip");
    expect(packed.headers.vary).toBe("accept-encoding");
    expect(gunzipSync(packed.body)).toEqual(plain.body);
    expect(refused.body).toEqual(plain.body);
  });

  test("are less than 100 kB in all, even for those who cannot unpack", async () => {
    const { url } = await servePage();
    const sizes = await Promise.all(files.map(async ([path]) => (await getRaw(`${url}${path}`, {})).body.length));
    const all = sizes.reduce((sum, size) => sum + size, 0);
    expect(all).toBeGreaterThan(30_000);
    expect(all).toBeLessThan(100_000);
  });

  test("name no other origin", async () => {
    const { url } = await servePage();
    for (const [path] of files) {
      const text = await (await fetch(`${url}${path}`)).text();
      const origins = text.match(/(?:https?:)?\/\/[\w.-]+\.[a-z]{2,}[^\s"'`)]*/g) ?? [];
      // The name of an XML namespace is no address, though it looks like one.
      expect(origins.filter((origin) => !origin.startsWith("http://www.w3.org/"))).toEqual([]);
    }
  });
});

test.each(["/", "/v1/pools", "/v1/pools/shop/checkout/history", "/nowhere"])(
  "%s forbids the browser what the page does not need",
  async (path) => {
    const { url, show } = await servePage();
    show(knownPool("shop", "checkout"));
    const { headers } = await fetch(`${url}${path}`);
    expect(headers.get("content-security-policy")).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self'; /,
    );
    expect(headers.get("content-security-policy")).not.toContain("unsafe");
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(headers.get("content-security-policy")).toContain("require-trusted-types-for 'script'");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
    expect(headers.get("set-cookie")).toBeNull();
  },
);

describe("beside its files the page's port", () => {
  test("tells the pools and their history", async () => {
    const { url, show } = await servePage();
    show(plannedOn(knownPool("shop", "checkout"), Date.now()));
    const list = await (await fetch(`${url}/v1/pools`)).json();
    expect(list).toMatchObject({ pools: [{ namespace: "shop", name: "checkout" }] });
    const pool = await (await fetch(`${url}/v1/pools/shop/checkout`)).json();
    expect(pool).toMatchObject({ maxReplicas: 5, limit: 50, endpoints: [{ pod: "a" }, { pod: "b" }] });
    const history = (await (await fetch(`${url}/v1/pools/shop/checkout/history`)).json()) as HistoryDocument;
    expect(history).toMatchObject({ averageLoad: [46.67], decisions: [{ reason: "WithinLimit" }], scales: [] });
    const [at] = history.times;
    const later = await (await fetch(`${url}/v1/pools/shop/checkout/history?since=${at}`)).json();
    expect(later).toMatchObject({ times: [], pods: [], decisions: [] });
    const unknown = await fetch(`${url}/v1/pools/shop/other/history`);
    expect(unknown.status).toBe(404);
    expect(await unknown.json()).toMatchObject({ reason: "PoolUnknown" });
  });

  test.each(["", "-1", "1.5", "yesterday", "1&since=2"])("refuses a history since=%s", async (since) => {
    const { url, show } = await servePage();
    show(knownPool("shop", "checkout"));
    const response = await fetch(`${url}/v1/pools/shop/checkout/history?since=${since}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      reason: "ParameterInvalid",
      detail: expect.stringContaining("since"),
    });
  });

  test.each(["", "2h", "1h&span=5m"])("refuses a history of span=%s", async (span) => {
    const { url, show } = await servePage();
    show(knownPool("shop", "checkout"));
    const response = await fetch(`${url}/v1/pools/shop/checkout/history?span=${span}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ reason: "ParameterInvalid", detail: expect.stringContaining("1h") });
  });

  test("has neither what counts a dispatch, nor metrics, nor health", async () => {
    const { url, show } = await servePage();
    show(knownPool("shop", "checkout"));
    for (const path of ["/v1/pools/shop/checkout/next", "/metrics", "/readyz", "/page.tsx", "/../package.json"]) {
      expect((await fetch(`${url}${path}`)).status).toBe(404);
    }
  });

  test.each(["POST", "PUT", "PATCH", "DELETE"])("refuses %s everywhere", async (method) => {
    const { url, show } = await servePage();
    show(knownPool("shop", "checkout"));
    for (const path of ["/", "/page.js", "/v1/pools", "/v1/pools/shop/checkout", "/v1/pools/shop/checkout/history"]) {
      const response = await fetch(`${url}${path}`, { method });
      expect([path, response.status, response.headers.get("allow")]).toEqual([path, 405, "GET, HEAD"]);
    }
  });
});
