import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { request } from "undici";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeCluster } from "../rigs/describe-cluster.ts";
import { createPods, deletePods } from "../rigs/pods/create-pods.ts";
import { FakeKubelet } from "../rigs/pods/fake-kubelet.ts";
import { deploymentManifest, serviceManifest } from "../rigs/pods/manifests.ts";
import { PodFarm } from "../rigs/pods/pod-farm.ts";
import { setReady } from "../rigs/pods/pod-status.ts";
import type { KubeObject } from "../tools/control-plane/client.ts";
import { TestClient } from "../tools/control-plane/client.ts";
import type { ControlPlane } from "../tools/control-plane/start.ts";
import { startControlPlane } from "../tools/control-plane/start.ts";
import { addUser } from "../tools/control-plane/users.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

interface List {
  readonly items: KubeObject[];
}

const isReady = (pod: KubeObject) =>
  pod.status?.conditions?.some((c: { type: string; status: string }) => c.type === "Ready" && c.status === "True");

describeCluster(
  "the shared control plane",
  { needs: ["RBAC", "endpoint controllers", "pods off loopback"] },
  (cluster) => {
    let client: TestClient;
    let farm: PodFarm;
    let kubelet: FakeKubelet;
    let namespace: string;
    const inNamespace = (group: string, kind: string) => `${group}/namespaces/${namespace}/${kind}`;
    const readyPods = async (app: string): Promise<KubeObject[]> => {
      const query = { labelSelector: `app=${app}` };
      const { items } = await client.call<List>("GET", inNamespace("/api/v1", "pods"), { query });
      return items.filter(isReady);
    };
    const endpoints = async (service: string) => {
      const query = { labelSelector: `kubernetes.io/service-name=${service}` };
      const { items } = await client.call<List>("GET", inNamespace("/apis/discovery.k8s.io/v1", "endpointslices"), {
        query,
      });
      return items.flatMap((slice) => slice.endpoints as { addresses: string[]; conditions: { ready: boolean } }[]);
    };

    beforeAll(async () => {
      client = new TestClient(cluster);
      farm = await PodFarm.start();
      namespace = await client.createNamespace();
      kubelet = await FakeKubelet.start({ client, farm, namespace });
    });
    afterAll(async () => {
      await kubelet.stop();
      await farm.stop();
      await client.close();
    });

    test("is the version that was built or chosen", async () => {
      const { gitVersion } = await client.call<{ gitVersion: string }>("GET", "/version");
      const binary = join(dirname(cluster.kubectl), "kube-apiserver");
      expect(execFileSync(binary, ["--version"], { encoding: "utf8" })).toContain(gitVersion);
      const { stdout } = await client.kubectl(["version", "--output=json"]);
      expect(JSON.parse(stdout).serverVersion.gitVersion).toBe(gitVersion);
    });

    test("rolls out a Deployment as pods that answer at their own addresses, behind a Service's slices", async () => {
      await client.call("POST", inNamespace("/apis/apps/v1", "deployments"), {
        body: deploymentManifest({ name: "web", replicas: 3 }),
      });
      await client.call("POST", inNamespace("/api/v1", "services"), { body: serviceManifest("web", { app: "web" }) });
      const pods = await waitFor(async () => {
        const ready = await readyPods("web");
        return ready.length === 3 && ready;
      }, "3 ready pods");

      const addresses = pods.map((pod) => pod.status.podIP as string);
      expect(new Set(addresses).size).toBe(3);
      for (const pod of pods) {
        const { podIP } = pod.status;
        expect(podIP).toMatch(/^10\.244\.\d+\.\d+$/);
        const traffic = await request(`http://${podIP}:${farm.ports.traffic}/`);
        expect(await traffic.body.text()).toBe(`${pod.metadata.name}\n`);
        kubelet.fakeOf(pod)!.connections = 7;
        const metrics = await request(`http://${podIP}:${farm.ports.metrics}/metrics`);
        expect(await metrics.body.text()).toContain("\napp_connections 7\n");
        expect(["node-a", "node-b"]).toContain(pod.spec.nodeName);
      }
      expect(new Set(pods.map((pod) => pod.spec.nodeName)).size).toBe(2);

      const listed = async () => (await endpoints("web")).filter(({ conditions }) => conditions.ready);
      await waitFor(async () => (await listed()).length === 3, "3 ready endpoints");
      expect((await listed()).flatMap((endpoint) => endpoint.addresses).sort()).toEqual(addresses.sort());

      const [first] = pods;
      await setReady(client, { namespace, name: first!.metadata.name }, false);
      await waitFor(async () => (await listed()).length === 2, "2 ready endpoints");
      await setReady(client, { namespace, name: first!.metadata.name }, true);
      await waitFor(async () => (await listed()).length === 3, "3 ready endpoints again");
    });

    test("scales down gracefully: pods stay while they terminate, and then their addresses are dead", async () => {
      kubelet.terminationMs = 700;
      const before = await readyPods("web");
      const scale = inNamespace("/apis/apps/v1", "deployments/web/scale");
      await client.call("PATCH", scale, { body: { spec: { replicas: 1 } } });
      const ending = await waitFor(async () => {
        const pods = (await readyPods("web")).filter((pod) => pod.metadata.deletionTimestamp);
        return pods.length === 2 && pods;
      }, "2 pods that terminate");
      const { podIP } = ending[0]!.status;
      expect(farm.at(podIP)).toBe(kubelet.fakeOf(ending[0]!));
      await waitFor(async () => (await readyPods("web")).length === 1, "1 pod");
      expect(before).toHaveLength(3);
      await expect(request(`http://${podIP}:${farm.ports.traffic}/`)).rejects.toThrow();
    });

    test("collects a Deployment's pods as garbage when it is deleted", async () => {
      kubelet.terminationMs = 0;
      await client.call("DELETE", inNamespace("/apis/apps/v1", "deployments/web"));
      await waitFor(async () => (await readyPods("web")).length === 0, "no pods");
      expect((await client.request("GET", inNamespace("/apis/apps/v1", "deployments/web"))).status).toBe(404);
    });

    test("creates many bare pods at once", async () => {
      const pods = await createPods(client, farm, { namespace, count: 100, labels: { app: "bare" } });
      expect(await readyPods("bare")).toHaveLength(100);
      const last = pods.at(-1)!;
      const { body } = await request(`http://${last.address}:${farm.ports.traffic}/`);
      expect(await body.text()).toBe(`${last.name}\n`);
      await deletePods(client, farm, pods);
      expect(await readyPods("bare")).toHaveLength(0);
    });

    test("streams a watch's events until it is told to stop", async () => {
      const stopping = new AbortController();
      const { metadata } = await client.call("GET", inNamespace("/api/v1", "configmaps"));
      const query = { resourceVersion: metadata.resourceVersion };
      await client.call("POST", inNamespace("/api/v1", "configmaps"), { body: { metadata: { name: "seen" } } });
      await client.call("DELETE", inNamespace("/api/v1", "configmaps/seen"));
      const seen: string[] = [];
      for await (const { type, object } of client.watch(inNamespace("/api/v1", "configmaps"), query, stopping.signal)) {
        if (object.metadata.name === "seen") seen.push(type);
        if (seen.length === 2) stopping.abort();
      }
      expect(seen).toEqual(["ADDED", "DELETED"]);
    });

    test("gives a user no more rights than RBAC grants", async () => {
      const user = new TestClient(await addUser(cluster, { name: "reader", groups: ["readers"] }));
      const path = inNamespace("/api/v1", "pods");
      expect((await user.request("GET", path)).status).toBe(403);
      const bound = ["--clusterrole=view", "--group=readers", "--namespace", namespace];
      expect(await client.kubectl(["create", "rolebinding", "readers", ...bound])).toMatchObject({ code: 0 });
      await waitFor(async () => (await user.request("GET", path)).status === 200, "the role to hold");
      expect((await user.request("DELETE", path)).status).toBe(403);
      await user.close();
    });
  },
);

describeCluster("a control plane of a test's own", { needs: ["a control plane to stop"] }, (cluster) => {
  let plane: ControlPlane;
  let client: TestClient;

  beforeAll(async () => {
    plane = await startControlPlane({ controllerManager: ["deployment-controller", "replicaset-controller"] });
    client = new TestClient(plane.cluster);
  });
  afterAll(async () => {
    await client?.close();
    await plane?.stop();
  });

  test("shares nothing with the other one", async () => {
    const other = new TestClient(cluster);
    const namespace = await client.createNamespace();
    expect((await other.request("GET", `/api/v1/namespaces/${namespace}`)).status).toBe(404);
    await other.close();
  });

  test("keeps its data, its controllers and its kubelets through a crash of the API server", async () => {
    const namespace = await client.createNamespace();
    const farm = await PodFarm.start({ traffic: 8081, metrics: 9101 });
    const kubelet = await FakeKubelet.start({ client, farm, namespace });
    const pid = plane.apiServer.pid;
    await plane.apiServer.kill();
    expect(plane.apiServer.isRunning).toBe(false);
    await expect(client.request("GET", "/readyz")).rejects.toThrow();

    await plane.restartApiServer();
    expect(plane.apiServer.pid).not.toBe(pid);
    await client.call("POST", `/apis/apps/v1/namespaces/${namespace}/deployments`, {
      body: deploymentManifest({ name: "after", replicas: 2, ports: farm.ports }),
    });
    const path = `/api/v1/namespaces/${namespace}/pods`;
    const ready = async () => (await client.call<List>("GET", path)).items.filter(isReady).length === 2;
    await waitFor(ready, "2 pods after the restart");
    await kubelet.stop();
    await farm.stop();
  });

  test("does not answer while etcd is frozen, and does again afterwards", async () => {
    await plane.etcd.pause();
    try {
      const write = client.request("POST", "/api/v1/namespaces", {
        body: { metadata: { name: "frozen" } },
        signal: AbortSignal.timeout(1_000),
      });
      await expect(write).rejects.toThrow();
    } finally {
      plane.etcd.resume();
    }
    await waitFor(async () => (await client.request("GET", "/readyz")).status === 200, "readiness after the freeze");
    await client.createNamespace();
  });
});
