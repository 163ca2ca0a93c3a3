import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bodyOf } from "../../../builders/pages/pages.ts";
import { PageCluster } from "../page-cluster.ts";

const poolsPath = "/apis/evenkeel.io/v1alpha1/namespaces/shop/loadbalancerpools";

let cluster: PageCluster;
let pages: Server;
let address: string;

const poolOf = (name: string, metrics: object, target = "web") => ({
  apiVersion: "evenkeel.io/v1alpha1",
  kind: "LoadBalancerPool",
  metadata: { name },
  spec: { targetRef: { name: target }, ports: [{ port: 8080 }], strategy: { type: "RoundRobin" }, metrics },
});

const fileOf = async (pool: object): Promise<string> => {
  const file = join(cluster.plugin.folder, `${crypto.randomUUID()}.json`);
  await writeFile(file, JSON.stringify(pool));
  return file;
};

const flat = (text: string): string => text.replace(/\s+/g, " ");

beforeAll(async () => {
  cluster = await PageCluster.start();
  await cluster.deploy("web", { "9090/metrics": bodyOf("spring") });
  pages = createServer((_, response) => response.end(bodyOf("haproxy")));
  pages.listen(0, "127.0.0.1");
  await once(pages, "listening");
  address = `http://127.0.0.1:${(pages.address() as AddressInfo).port}/metrics`;
});

afterAll(async () => {
  pages?.close();
  await cluster?.stop();
});

test("a pool whose pods can be read is told pod by pod", async () => {
  const connections = { name: "tomcat_threads_busy_threads" };
  const load = { ...connections, capacity: "200" };
  await cluster.session.create(poolsPath, poolOf("web", { source: { http: { connections, load } } }));
  const { code, stdout, stderr } = await cluster.run("check", "web");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^POD +CONNECTIONS +LOAD +READ\n(web-\S+ +3 +1.5% +ok\n){2}\nAll 2 pods can be read\.\n$/);
});

test("of a pool in a file that the API server would not take, every fault is told, and how to write a decimal", async () => {
  const load = { name: "tomcat_threads_busy_threads", capacity: 0.8 };
  const { spec, ...rest } = poolOf("web", { source: { http: { load } } });
  const file = await fileOf({ ...rest, spec: { ...spec, ports: [{ port: 0 }] } });
  const { code, stderr } = await cluster.run("check", "-f", file);
  expect(code).toBe(1);
  expect(stderr).toContain(
    'spec.metrics.source.http.load.capacity: must be a whole number, or a decimal in quotes, such as "1.5"',
  );
  expect(stderr).toContain("spec.ports.0.port: ");
});

test("a metric that is missing is told as the operator tells it, with what may have been meant", async () => {
  const file = await fileOf(
    poolOf("web", { source: { http: { connections: { name: "tomcat_threads_busi_threads" } } } }),
  );
  const { code, stdout } = await cluster.run("check", "-f", file);
  expect(code).toBe(1);
  expect(flat(stdout)).toContain("2 of 2 pods cannot be read.");
  expect(flat(stdout)).toMatch(
    /web-\S+ and 1 more: MetricMissing: no tomcat_threads_busi_threads, but tomcat_threads_busy_threads/,
  );
  expect(flat(stdout)).toContain("Check the names and labels in spec.metrics.source.http.");
});

test.each([
  ["a port that no container declares", { port: 7 }, /PortNotDeclared: declares http 8080, metrics 9090\. Check/],
  ["a path that is none", { path: "/nothing" }, /StatusNotOk: status 404\. Check spec.metrics.source.http.path/],
  [
    "a port where nothing answers",
    { port: "http" },
    /ConnectFailed\. Check spec.metrics.source.http.port: nothing answers on http/,
  ],
])("says what is wrong with %s", async (_, given, message) => {
  const http = { connections: { name: "c" }, ...given };
  const { code, stdout } = await cluster.run("check", "-f", await fileOf(poolOf("web", { source: { http } })));
  expect(code).toBe(1);
  expect(flat(stdout)).toMatch(message);
});

test("an address is told by what a pool could read there", async () => {
  const { code, stdout } = await cluster.run("check", address);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Recognised on this page: HAProxy\.$/m);
  expect(stdout).toMatch(/^connections +haproxy_frontend_current_sessions\{proxy=web\} +1 /m);
});

test("an address is read as the pool of a file would read it", async () => {
  const http = { connections: { name: "haproxy_frontend_current_sessions", matchLabels: { proxy: "web" } } };
  const { code, stdout } = await cluster.run("check", address, "-f", await fileOf(poolOf("web", { source: { http } })));
  expect(code).toBe(0);
  expect(stdout).toMatch(/^http:\S+ +1 +ok$/m);
});

test.each([
  [2, [], "name a pool, an address or --filename FILE"],
  [1, ["none"], "there is no pool shop/none"],
  [1, ["lbp/none"], "there is no pool shop/none"],
  [1, ["-f", "/nowhere.yaml"], "there is no file /nowhere.yaml"],
  [1, ["http://127.0.0.1:1/metrics"], "http://127.0.0.1:1/metrics cannot be read: nothing answers there"],
] as const)("ends with %i for %j", async (code, args, message) => {
  const ended = await cluster.run("check", ...args);
  expect(ended).toMatchObject({ code, stdout: "" });
  expect(ended.stderr).toContain(message);
});

test("a pool that the API server would not take is told by its fields", async () => {
  const file = await fileOf(poolOf("web", { source: { http: { path: "metrics", connections: { name: "c" } } } }));
  const { code, stderr } = await cluster.run("check", "-f", file);
  expect(code).toBe(1);
  expect(stderr).toContain("spec.metrics.source.http.path: must be an absolute path");
});

test("a pool that reads nothing of its pods is told where its figures come from", async () => {
  const file = await fileOf(poolOf("web", { interval: "15s", source: { resource: {} } }));
  expect(await cluster.run("check", "-f", file)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("kubectl top pods shows what the metrics API tells"),
  });
});
