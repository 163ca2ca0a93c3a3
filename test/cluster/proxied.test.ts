import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Plugin } from "../cli/kubectl/plugin.ts";
import { ConnectProxy } from "../rigs/connect-proxy.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import { OperatorProcess } from "../rigs/operator-process.ts";
import { Rig } from "../rigs/rig.ts";
import { sampledEvery } from "../rigs/rig-pool.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const host = "kubernetes.default.svc";

describeCluster("an API server that a proxy alone leads to", { needs: ["TLS", "pods off loopback"] }, (cluster) => {
  let rig: Rig;
  let proxy: ConnectProxy;
  let plugin: Plugin;
  let kubeconfig: string;
  let operator: OperatorProcess;
  let environment: Record<string, string>;

  beforeAll(async () => {
    const { port } = new URL(cluster.server);
    rig = await Rig.start(cluster);
    plugin = await Plugin.build();
    proxy = await ConnectProxy.start({
      resolve: () => ({ host: "127.0.0.1", port: Number(port) }),
      credentials: "me:secret",
    });
    const config = JSON.parse(await readFile(cluster.kubeconfigPath, "utf8"));
    Object.assign(config.clusters[0].cluster, { server: `https://${host}:${port}`, "tls-server-name": "localhost" });
    kubeconfig = join(plugin.folder, "proxied.kubeconfig");
    await writeFile(kubeconfig, JSON.stringify(config));
    // Node itself would send all that it can by the proxy, too.
    const url = `http://me:secret@${proxy.host}`;
    environment = { HTTPS_PROXY: url, HTTP_PROXY: url, NO_PROXY: "10.96.0.0/12,.example.com", NODE_USE_ENV_PROXY: "1" };
    await rig.deploy("web", 2);
    rig.setLoad(30, 4);
    await rig.applyPool("web", {
      metrics: {
        ...sampledEvery("500ms"),
        probe: { type: "HTTP", port: "metrics", path: "/metrics", interval: "500ms", timeout: "400ms" },
      },
      scaling: { maxReplicas: 6, down: { enabled: false } },
    });
    const flags = {
      kubeconfig,
      namespaces: rig.namespace,
      "lease-namespace": rig.namespace,
      peers: "10.244.200.1:8080",
    };
    operator = await OperatorProcess.start(flags, environment);
  });
  afterAll(async () => {
    await operator?.end("SIGTERM");
    await rig?.stop();
    await proxy?.[Symbol.asyncDispose]();
    await plugin?.remove();
  });

  const tunnels = () => new Set(proxy.tunnels);
  const apiServer = () => new Set([`${host}:${new URL(cluster.server).port}`]);

  test("is read, watched and written through it", async () => {
    await rig.waitForEndpoints("web", (endpoints) => endpoints.length === 2, "2");
    await rig.setReplicas("web", 3);
    await rig.waitForEndpoints("web", (endpoints) => endpoints.length === 3, "3");
    expect(tunnels()).toEqual(apiServer());
    expect(operator.began).toContain(`"proxy":"${proxy.url}"`);
    expect(operator.began).not.toContain("secret");
  });

  test("and nothing else is: pods are read and probed, and replicas told, without it", async () => {
    rig.setLoad(30, 4);
    await rig.waitForStatus("web", ({ averageLoad }) => averageLoad === 30, "measured");
    const probed = async () => {
      const served = await operator.pool(rig.namespace, "web");
      return served?.conditions.some(({ type, status }) => type === "PodsHealthy" && status === "True");
    };
    await waitFor(probed, "probed pods");
    await rig.applyPool("web", { metrics: { interval: "500ms", timeout: "400ms", source: { push: {} } } });
    const url = `${operator.url}/v1/pools/${rig.namespace}/web/connections?client=a`;
    const body = JSON.stringify({ connections: { [(await rig.pods("web"))[0]!.name]: 3 } });
    await waitFor(async () => (await fetch(url, { method: "PUT", body })).status === 200, "a report to be taken");
    const lost = /^evenkeel_reports_forwarded_total\{outcome="failed"\} [1-9]/m;
    const metrics = async () => (await fetch(`${operator.url}/metrics`)).text();
    await waitFor(async () => lost.test(await metrics()), "the report to be sent on in vain");
    expect([tunnels(), proxy.plain]).toEqual([apiServer(), []]);
  });

  test("is asked by kubectl's plugin through it, too, or not, as NO_PROXY says", async () => {
    await rig.waitForStatus("web", ({ ready }) => ready === "3/3", "of three pods");
    const words = ["status", "web", "--kubeconfig", kubeconfig, "--namespace", rig.namespace];
    const asked = await plugin.run(words, environment);
    expect({ code: asked.code, stderr: asked.stderr }).toEqual({ code: 0, stderr: "" });
    expect(asked.stdout).toContain("3/3");
    const without = await plugin.run(words, { ...environment, NO_PROXY: ".svc" });
    expect([without.code, without.stderr]).toEqual([1, expect.stringMatching(/cannot be reached \(E/)]);
    const wrong = await plugin.run(words, { ...environment, HTTPS_PROXY: `http://me:wrong@${proxy.host}` });
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain(`cannot be reached by the proxy ${proxy.url} (`);
    expect(wrong.stderr).not.toContain("me:wrong");
    const none = await plugin.run(words, { ...environment, NODE_USE_ENV_PROXY: "", HTTPS_PROXY: "ftp://me:wrong@x" });
    expect(none.stderr).toBe(
      "kubectl evenkeel: HTTPS_PROXY names no proxy: write http://HOST:PORT, with USER:PASSWORD@ before HOST if need be\n",
    );
  });
});
