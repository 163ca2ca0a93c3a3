import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { crd } from "../../../src/api/crd.ts";
import { type Embedded, startEmbedded } from "../../../src/lab/embedded/start-embedded.ts";
import { connectHttp } from "../../suites/api-suite/connection.ts";
import { pod, Session } from "../../suites/api-suite/session.ts";
import { Plugin } from "./plugin.ts";

const poolsPath = "/apis/evenkeel.io/v1alpha1/namespaces/shop/loadbalancerpools";

let plugin: Plugin;
let server: Embedded;
let between: Server;
let config: string;

beforeAll(async () => {
  plugin = await Plugin.build();
  server = await startEmbedded({ crds: [crd()] });
  // Whatever is to be changed is deleted just before.
  between = createServer(async (request, response) => {
    const url = `${server.url}${request.url}`;
    if (request.method === "PATCH") await fetch(url.split("?")[0]!, { method: "DELETE" });
    const chunks = await request.toArray();
    const { method = "GET", headers } = request;
    const body = method === "GET" ? null : Buffer.concat(chunks);
    const type = { "content-type": headers["content-type"] ?? "application/json" };
    const answer = await fetch(url, { method, body, headers: type });
    response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
  }).listen(0, "127.0.0.1");
  await once(between, "listening");
  config = await plugin.kubeconfig(`http://127.0.0.1:${(between.address() as AddressInfo).port}`, "shop");
  const session = new Session(connectHttp(server.url, "shop"));
  await session.create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
  await session.create(`${session.core}/pods`, pod("web-1", {}, { labels: { app: "web" } }));
  for (const name of ["web", "other"])
    await session.create(poolsPath, {
      apiVersion: "evenkeel.io/v1alpha1",
      kind: "LoadBalancerPool",
      metadata: { name },
      spec: {
        ports: [{ port: 8080 }],
        ...(name === "web"
          ? { selector: { matchLabels: { app: "web" } }, strategy: { type: "Random" } }
          : {
              targetRef: { name: "other" },
              metrics: { source: { http: { connections: { name: "c" }, load: { name: "l" } } } },
              scaling: { maxReplicas: 3 },
            }),
      },
    });
});

afterAll(async () => {
  between?.close();
  await server?.close();
  await plugin?.remove();
});

test.each([
  [["drain", "web-1"], "pod shop/web-1 is gone"],
  [["pause", "other"], "pool shop/other is gone"],
])("%j of what is deleted meanwhile", async (args, message) => {
  const { code, stderr } = await plugin.run([...args, "--kubeconfig", config]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: `kubectl evenkeel: ${message}\n` });
});
