import { once } from "node:events";
import { createServer } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { crd } from "../../../../src/api/crd.ts";
import { startEmbedded } from "../../../../src/lab/embedded/start-embedded.ts";
import { connectHttp } from "../../../suites/api-suite/connection.ts";
import { mergePatch, pod, Session } from "../../../suites/api-suite/session.ts";
import { findFreePorts } from "../../../tools/control-plane/ports.ts";
import { Plugin } from "../plugin.ts";

const poolsPath = "/apis/evenkeel.io/v1alpha1/namespaces/default/loadbalancerpools";

test("drain waits on while no API server is there", async () => {
  const plugin = await Plugin.build();
  onTestFinished(() => plugin.remove());
  const server = await startEmbedded({ crds: [crd()] });
  onTestFinished(() => server.close());
  const session = new Session(connectHttp(server.url, "default"));
  await session.create(`${session.core}/pods`, pod("web-1", {}, { labels: { app: "web" } }));
  await session.create(poolsPath, {
    apiVersion: "evenkeel.io/v1alpha1",
    kind: "LoadBalancerPool",
    metadata: { name: "web" },
    spec: { ports: [{ port: 8080 }], selector: { matchLabels: { app: "web" } }, strategy: { type: "Random" } },
  });
  const report = (endpoints: readonly object[]) =>
    session.patch(`${poolsPath}/web/status`, { status: { observedGeneration: 1, endpoints } }, mergePatch);
  await report([{ pod: "web-1", address: "127.0.0.2", weight: 1_000, reason: "equal" }]);

  const [port] = await findFreePorts(1);
  // Goes away as soon as the drain is asked for.
  const between = createServer(async (request, response) => {
    const chunks = await request.toArray();
    const { method = "GET", headers } = request;
    const body = method === "GET" ? null : Buffer.concat(chunks);
    const type = { "content-type": headers["content-type"] ?? "application/json" };
    const answer = await fetch(`${server.url}${request.url}`, { method, body, headers: type });
    const told = await answer.text();
    response.writeHead(answer.status, { "content-type": "application/json", connection: "close" }).end(told);
    if (method === "PATCH") between.close();
  }).listen(port, "127.0.0.1");
  await once(between, "listening");
  onTestFinished(() => void between.close());
  const config = await plugin.kubeconfig(`http://127.0.0.1:${port}`, "default");
  const ended = plugin.run(["drain", "web-1", "--kubeconfig", config, "--timeout", "60s"]);
  await once(between, "close");
  await report([]);
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  between.listen(port, "127.0.0.1");
  const { code, stdout, stderr } = await ended;
  expect(stderr).toContain("web-1: the API server does not answer, trying again\n");
  expect(code).toBe(0);
  expect(stdout).toContain("out of the list already, as it is not ready");
});
