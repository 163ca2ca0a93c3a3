import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { proxySettings } from "../../src/config.ts";
import { loadConnection } from "../../src/kube/connection.ts";
import { ProxyError, type ProxySettings, proxyFor, shownProxy } from "../../src/kube/proxy.ts";
import { Transport, type TransportOptions, target } from "../../src/kube/transport.ts";
import { pods } from "../../src/kube/types.ts";
import { ConnectProxy, type ConnectProxyOptions } from "../rigs/connect-proxy.ts";
import { createAuthority, createCertificate } from "../tools/control-plane/certificates.ts";
import { findProgram, requirePart } from "../tools/require-part.ts";
import { until } from "./faulty-server.ts";

afterEach(() => vi.unstubAllEnvs());

const proxy = "http://proxy:3128/";
const by = (server: string, settings: ProxySettings) => proxyFor(new URL(server), settings);

describe("which proxy", () => {
  test("a server has, its scheme says, and nothing falls back to the other one", () => {
    expect(by("https://api.example:6443", { httpsProxy: "http://proxy:3128" })).toBe(proxy);
    expect(by("http://api.example", { httpProxy: "http://proxy:3128" })).toBe(proxy);
    expect(by("https://api.example", { httpProxy: "http://proxy:3128" })).toBeUndefined();
    expect(by("http://api.example", { httpsProxy: "http://proxy:3128" })).toBeUndefined();
    expect(by("https://api.example", {})).toBeUndefined();
  });

  test("may be written without a scheme, with a password, or as one of TLS or SOCKS", () => {
    const read = (httpsProxy: string) => by("https://api.example", { httpsProxy });
    expect(read("proxy:3128")).toBe(proxy);
    expect(read("10.0.0.1:3128")).toBe("http://10.0.0.1:3128/");
    expect(read("http://me:s%40cret@proxy:3128")).toBe("http://me:s%40cret@proxy:3128/");
    expect(read("https://proxy")).toBe("https://proxy/");
    expect(read("socks5h://proxy:1080")).toBe("socks5://proxy:1080");
    for (const wrong of ["http://", "ftp://proxy", "http://a b"]) {
      expect(() => read(wrong)).toThrow(ProxyError);
      expect(() => read(wrong)).toThrow("HTTPS_PROXY names no proxy: write http://HOST:PORT");
    }
    expect(() => by("http://x", { httpProxy: "ftp://me:secret@x" })).toThrow(/^HTTP_PROXY (?!.*secret)/);
  });

  test("loopback never has one", () => {
    for (const host of ["localhost", "LOCALHOST", "127.0.0.1", "127.64.0.9", "[::1]", "localhost."])
      expect(by(`https://${host}:6443`, { httpsProxy: proxy })).toBeUndefined();
    expect(by("https://localhost.example", { httpsProxy: proxy })).toBe(proxy);
  });

  test("is shown without its password", () => {
    expect(shownProxy("http://me:s3cret@proxy:3128/")).toBe("http://proxy:3128");
  });
});

describe("NO_PROXY", () => {
  const service = "https://10.96.0.1:443";
  const named = "https://kubernetes.default.svc";
  const rows: [string, string, boolean][] = [
    ["10.96.0.1", service, true],
    ["10.96.0.0/12", service, true],
    ["10.0.0.0/16", service, false],
    ["example.com, 10.96.0.0/12 ,x", service, true],
    ["a b 10.96.0.1", service, true],
    ["10.96.0.1:443", service, true],
    ["10.96.0.1:6443", service, false],
    ["10.96.0.0/33", service, false],
    ["10.96.0.0/", service, false],
    [".svc", named, true],
    ["svc", named, true],
    ["*.svc", named, true],
    ["kubernetes.default.svc", named, true],
    ["KUBERNETES.default.SVC.", named, true],
    ["kubernetes.default.svc:443", named, true],
    ["kubernetes.default.svc:6443", named, false],
    [".kubernetes.default.svc", named, false],
    ["default.sv", named, false],
    ["rnetes.default.svc", named, false],
    ["10.0.0.0/8", named, false],
    ["*", named, true],
    ["*", service, true],
    [",,", named, false],
    [".", named, false],
    ["kubernetes.default.svc", "https://kubernetes.default.svc.:443", true],
    ["fd00::/8", "https://[fd00:10:96::1]", true],
    ["fd00:10:96::1", "https://[fd00:10:96::1]:6443", true],
    ["[fd00:10:96::1]", "https://[fd00:10:96::1]:6443", true],
    ["[fd00:10:96::1]:6443", "https://[fd00:10:96::1]:6443", true],
    ["[fd00:10:96::1]:443", "https://[fd00:10:96::1]:6443", false],
    ["fd00:10:96:0:0:0:0:1", "https://[fd00:10:96::1]", true],
    ["fc00::/8", "https://[fd00:10:96::1]", false],
  ];

  test.each(rows)("%s: %s goes without: %s", (noProxy, server, without) => {
    expect(by(server, { httpsProxy: proxy, noProxy }) === undefined).toBe(without);
  });
});

test("the variables are read in capitals, else in small letters, and empty ones are none", () => {
  for (const name of ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"])
    vi.stubEnv(name, "");
  expect(proxySettings()).toEqual({});
  vi.stubEnv("https_proxy", "http://small");
  vi.stubEnv("no_proxy", "small");
  expect(proxySettings()).toEqual({ httpsProxy: "http://small", noProxy: "small" });
  vi.stubEnv("HTTPS_PROXY", "http://capital");
  vi.stubEnv("HTTP_PROXY", "http://plain");
  vi.stubEnv("NO_PROXY", "capital");
  expect(proxySettings()).toEqual({ httpsProxy: "http://capital", httpProxy: "http://plain", noProxy: "capital" });
});

const hasOpenssl = requirePart("openssl", findProgram("openssl") !== undefined);

describe.skipIf(!hasOpenssl)("an API server that wants client certificates, behind a proxy", () => {
  let folder: string;
  let server: Server;
  let kubeconfig: string;
  const seen: { readonly url: string; readonly user: string; readonly servername: string | false | null }[] = [];
  const host = "kubernetes.default.svc";

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "proxied-"));
    await createAuthority(folder);
    const ca = await readFile(join(folder, "ca.crt"), "utf8");
    const own = await createCertificate({ folder, file: "server", name: host, hosts: `DNS:${host}` });
    const user = await createCertificate({ folder, file: "user", name: "evenkeel" });
    server = createServer({ ...own, ca, requestCert: true, rejectUnauthorized: true }, (message, response) => {
      const socket = message.socket as TLSSocket;
      const { url = "" } = message;
      seen.push({ url, user: String(socket.getPeerCertificate().subject?.CN), servername: socket.servername });
      response.writeHead(200, { "content-type": "application/json" });
      if (!url.includes("watch=true")) return void response.end('{"items":[]}');
      response.write('{"type":"BOOKMARK"}\n');
      setTimeout(() => response.write('{"type":"LATER"}\n'), 200);
    });
    server.on("tlsClientError", () => {});
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const data = (text: string) => Buffer.from(text).toString("base64");
    kubeconfig = join(folder, "kubeconfig");
    await writeFile(
      kubeconfig,
      JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        "current-context": "main",
        clusters: [
          { name: "c", cluster: { server: `https://${host}:${port}`, "certificate-authority-data": data(ca) } },
        ],
        contexts: [{ name: "main", context: { cluster: "c", user: "u" } }],
        users: [{ name: "u", user: { "client-certificate-data": data(user.cert), "client-key-data": data(user.key) } }],
      }),
    );
  });
  afterAll(async () => {
    server?.closeAllConnections();
    server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const port = () => (server.address() as AddressInfo).port;
  /** Nobody but the proxy knows where the API server is. */
  async function open(options: ConnectProxyOptions = {}, settings: Partial<ProxySettings> = {}, credentials = "") {
    const resolve = () => ({ host: "127.0.0.1", port: port() });
    const between = await ConnectProxy.start({ resolve, ...options });
    const httpsProxy = `http://${credentials && `${credentials}@`}${between.host}`;
    const connection = await loadConnection({ kubeconfig, proxies: { httpsProxy, ...settings } });
    const reports: Parameters<NonNullable<TransportOptions["onRequest"]>>[0][] = [];
    const transport = new Transport({ connection, onRequest: (report) => reports.push(report) });
    onTestFinished(async () => {
      await transport.close();
      await between[Symbol.asyncDispose]();
    });
    const list = (lane?: "lease", deadlineMs = 5_000) =>
      transport.request<{ items: unknown[] }>({
        verb: "list",
        target: target(pods),
        retry: false,
        deadlineMs,
        ...(lane && { lane }),
      });
    return { between, transport, list, connection };
  }

  test("is asked, and watched, through a tunnel, with our certificate and its own name", async () => {
    const { between, transport, list } = await open();
    expect(await list()).toEqual({ items: [] });
    const body = await transport.watch({
      target: target(pods),
      query: { watch: true },
      signal: AbortSignal.timeout(5_000),
    });
    let text = "";
    for await (const chunk of body) {
      text += chunk;
      if (text.includes("LATER")) break;
    }
    expect(text).toBe('{"type":"BOOKMARK"}\n{"type":"LATER"}\n');
    expect(new Set(between.tunnels)).toEqual(new Set([`${host}:${port()}`]));
    expect(between.plain).toEqual([]);
    expect(new Set(seen.map(({ user, servername }) => `${user} ${servername}`))).toEqual(new Set([`evenkeel ${host}`]));
  });

  test("needs few tunnels for many requests, and keeps the lease's apart", async () => {
    const { between, list } = await open();
    await Promise.all(Array.from({ length: 200 }, () => list()));
    await list("lease");
    expect(between.tunnels.length).toBeLessThanOrEqual(49);
  });

  test("is asked without it where NO_PROXY names it", async () => {
    const { between, connection, list } = await open({}, { noProxy: ".svc" });
    expect(connection.proxy).toBeUndefined();
    // The name means nothing here.
    await expect(list()).rejects.toMatchObject({ reason: "Unreachable" });
    expect(between.tunnels).toEqual([]);
  });

  test("is asked by one that wants a password", async () => {
    const { list } = await open({ credentials: "me:s@cret" }, {}, "me:s%40cret");
    expect(await list()).toEqual({ items: [] });
    const refused = await open({ credentials: "me:s@cret" });
    await expect(refused.list()).rejects.toMatchObject({ status: 0, message: expect.stringContaining("407") });
  });

  test("comes back when a proxy that hung, refused or was cut off does", async () => {
    const { between, list } = await open();
    between.mode = "refusing";
    await expect(list()).rejects.toMatchObject({ message: expect.stringContaining("403") });
    between.mode = "silent";
    // One connection is all that a lease has.
    await expect(list("lease", 300)).rejects.toMatchObject({ reason: "DeadlineExceeded" });
    between.mode = "open";
    await until(() => between.tunnels.length >= 2, "the tunnel that hangs");
    await expect.poll(() => list("lease", 2_000).catch(() => undefined)).toEqual({ items: [] });
    between.cut();
    await expect.poll(() => list().catch(() => undefined)).toEqual({ items: [] });
  });

  test("has the kubeconfig's own proxy before that of the environment", async () => {
    const own = await ConnectProxy.start({ resolve: () => ({ host: "127.0.0.1", port: port() }) });
    onTestFinished(() => own[Symbol.asyncDispose]());
    const path = join(folder, "own.kubeconfig");
    const parsed = JSON.parse(await readFile(kubeconfig, "utf8"));
    parsed.clusters[0].cluster["proxy-url"] = own.url;
    await writeFile(path, JSON.stringify(parsed));
    const proxies = { httpsProxy: "http://127.0.0.1:9", noProxy: "*" };
    const connection = await loadConnection({ kubeconfig: path, proxies });
    const transport = new Transport({ connection });
    onTestFinished(() => transport.close());
    expect(await transport.request({ verb: "list", target: target(pods) })).toEqual({ items: [] });
    expect(own.tunnels).toHaveLength(1);
  });
});
