import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import type { Answer } from "../../suites/api-suite/connection.ts";
import { mergePatch, strategicPatch } from "../../suites/api-suite/session.ts";
import { type Cluster, startCluster, webDeployment } from "./cluster.ts";

const isReady = (pod: Answer): boolean =>
  pod.status.conditions?.some((condition: Answer) => condition.type === "Ready" && condition.status === "True") ??
  false;

function look({ session }: Cluster, name = "web") {
  const path = `${session.deployments}/${name}`;
  return {
    path,
    deployment: () => session.get(path),
    pods: async (): Promise<Answer[]> =>
      (await session.get(`${session.core}/pods`, { labelSelector: `app=${name}` })).items,
    scale: (replicas: number) => session.patch(`${path}/scale`, { spec: { replicas } }, mergePatch),
    settled: async (replicas: number) => {
      const counts = async () => {
        const { status } = await session.get(path);
        return [status.replicas ?? 0, status.updatedReplicas ?? 0, status.availableReplicas ?? 0];
      };
      await expect.poll(counts).toEqual([replicas, replicas, replicas]);
    },
  };
}

async function deploy(replicas: number, env: Readonly<Record<string, string>> = {}, spec: object = {}) {
  const cluster = await startCluster();
  const body = webDeployment("web", replicas, env);
  await cluster.session.create(cluster.session.deployments, { ...body, spec: { ...body.spec, ...spec } });
  return { cluster, ...look(cluster) };
}

describe("Deployment controller", () => {
  it("runs pods, and says so in the status", async () => {
    const { cluster, deployment, pods, settled } = await deploy(2);
    await settled(2);
    const { status, metadata } = await deployment();
    expect(status).toMatchObject({ observedGeneration: 1, replicas: 2, readyReplicas: 2, availableReplicas: 2 });
    expect(status.conditions).toMatchObject([
      { type: "Available", status: "True", reason: "MinimumReplicasAvailable" },
      { type: "Progressing", status: "True", reason: "NewReplicaSetAvailable" },
    ]);
    expect(metadata.annotations).toEqual({ "deployment.kubernetes.io/revision": "1" });
    const found = await pods();
    expect(new Set(found.map((pod) => pod.status.podIP)).size).toBe(2);
    for (const pod of found) {
      expect(pod.metadata.name).toMatch(/^web-[a-z0-9]{10}-[a-z0-9]{5}$/);
      expect(pod.metadata.labels).toMatchObject({ app: "web", "pod-template-hash": pod.metadata.name.split("-")[1] });
      expect(pod.metadata.ownerReferences).toMatchObject([{ kind: "ReplicaSet", controller: true }]);
      expect(pod).toMatchObject({ spec: { nodeName: "loopback" }, status: { phase: "Running" } });
      expect(pod.status.podIP).toMatch(/^127\./);
      expect(isReady(pod)).toBe(true);
    }
    expect(cluster.errors).toEqual([]);
  });

  it("is quiet once it is done", async () => {
    const { cluster, deployment, settled } = await deploy(2);
    await settled(2);
    const { session } = cluster;
    const versions = async (): Promise<string[]> => {
      const lists = [session.inNamespace("apps/v1", "replicasets"), `${session.core}/pods`];
      const answers = await Promise.all(lists.map((path) => session.get(path, { labelSelector: "app=web" })));
      const objects: Answer[] = [await deployment(), ...answers.flatMap(({ items }) => items)];
      return objects.map(({ metadata }) => metadata.resourceVersion);
    };
    const before = await versions();
    expect(before).toHaveLength(4);
    // All that another one needs comes after what was still to be done for this one.
    await session.create(session.deployments, webDeployment("other", 2));
    await look(cluster, "other").settled(2);
    expect(await versions()).toEqual(before);
  });

  it("scales up, down and to nothing", async () => {
    const { pods, scale, settled } = await deploy(1);
    for (const replicas of [3, 2, 0, 1]) {
      await scale(replicas);
      await settled(replicas);
      await expect.poll(async () => (await pods()).length).toBe(replicas);
    }
  });

  it("takes the pod that costs least to delete", async () => {
    const { cluster, pods, scale, settled } = await deploy(3);
    await settled(3);
    const [first, second, third] = await pods();
    const annotate = (pod: Answer, cost: string) => {
      const annotations = { "controller.kubernetes.io/pod-deletion-cost": cost };
      return cluster.session.patch(
        `${cluster.session.core}/pods/${pod.metadata.name}`,
        { metadata: { annotations } },
        mergePatch,
      );
    };
    await annotate(first, "10");
    await annotate(second, "-5");
    await scale(2);
    await settled(2);
    await expect
      .poll(async () => (await pods()).map((pod) => pod.metadata.name))
      .toEqual([first.metadata.name, third.metadata.name].sort());
  });

  it("replaces pods of an old template, a few at a time", async () => {
    const { cluster, path, pods, settled } = await deploy(4);
    await settled(4);
    const old = (await pods()).map((pod) => pod.metadata.name);
    const smallest: number[] = [];
    const stop = new AbortController();
    const watching = (async () => {
      const query = { fieldSelector: "metadata.name=web" };
      for await (const { object } of cluster.session.api.watch(cluster.session.deployments, query, stop.signal)) {
        smallest.push(object.status.availableReplicas ?? 0);
      }
    })().catch(() => undefined);
    const containers = [{ name: "web", image: "demo:2" }];
    await cluster.session.patch(path, { spec: { template: { spec: { containers } } } }, strategicPatch);
    await settled(4);
    await expect.poll(async () => (await pods()).length).toBe(4);
    stop.abort();
    await watching;
    for (const pod of await pods()) {
      expect(pod.spec.containers[0].image).toBe("demo:2");
      expect(old).not.toContain(pod.metadata.name);
    }
    expect(Math.min(...smallest)).toBeGreaterThanOrEqual(3);
    const { items } = await cluster.session.get(cluster.session.inNamespace("apps/v1", "replicasets"));
    expect(items.map((set: Answer) => set.spec.replicas).sort()).toEqual([0, 4]);
  });

  it("ends all old pods first when told to recreate", async () => {
    const { cluster, path, settled } = await deploy(2, {}, { strategy: { type: "Recreate" } });
    await settled(2);
    const { metadata } = await cluster.session.get(`${cluster.session.core}/pods`);
    const query = { resourceVersion: metadata.resourceVersion, labelSelector: "app=web" };
    const watching = cluster.session.watch(`${cluster.session.core}/pods`, query, 12);
    const containers = [{ name: "web", image: "demo:2" }];
    await cluster.session.patch(path, { spec: { template: { spec: { containers } } } }, strategicPatch);
    const types = (await watching).map(({ type }) => type);
    expect(types.lastIndexOf("DELETED")).toBeLessThan(types.indexOf("ADDED"));
    await settled(2);
  });

  it("deletes everything with the Deployment", async () => {
    const { cluster, path, pods, settled } = await deploy(2);
    await settled(2);
    await cluster.session.expect(200, "DELETE", path);
    await expect.poll(async () => (await pods()).length).toBe(0);
    expect(cluster.pods.pods()).toEqual([]);
    const { items } = await cluster.session.get(cluster.session.inNamespace("apps/v1", "replicasets"));
    expect(items).toEqual([]);
    expect(cluster.errors).toEqual([]);
  });

  it("makes a pod anew when one is deleted", async () => {
    const { cluster, pods, settled } = await deploy(1);
    await settled(1);
    const [pod] = await pods();
    await cluster.session.expect(200, "DELETE", `${cluster.session.core}/pods/${pod.metadata.name}`);
    await expect.poll(async () => (await pods()).map((found) => found.metadata.uid)).not.toContain(pod.metadata.uid);
    await settled(1);
  });

  it("empties and removes a deleted namespace", async () => {
    const cluster = await startCluster();
    await cluster.session.create("/api/v1/namespaces", { metadata: { name: "shop" } });
    await cluster.session.create("/apis/apps/v1/namespaces/shop/deployments", webDeployment("web", 2));
    const count = async () => (await cluster.session.get("/api/v1/namespaces/shop/pods")).items.length;
    await expect.poll(count).toBe(2);
    await cluster.session.expect(200, "DELETE", "/api/v1/namespaces/shop");
    const gone = async () => (await cluster.session.api.request("GET", "/api/v1/namespaces/shop")).status;
    await expect.poll(gone).toBe(404);
    expect(await count()).toBe(0);
  });
});

describe("pod runner", () => {
  it("keeps a deleted pod until its connections are gone", async () => {
    const { cluster, pods, scale, settled } = await deploy(1);
    await settled(1);
    const [pod] = await pods();
    const socket = connect(8080, pod.status.podIP);
    await expect.poll(() => cluster.pods.connections(pod.metadata.name)).toBe(1);
    await scale(0);
    await expect.poll(async () => (await pods())[0]?.metadata.deletionTimestamp).toBeDefined();
    expect(cluster.pods.connections(pod.metadata.name)).toBe(1);
    socket.end();
    await expect.poll(async () => (await pods()).length).toBe(0);
  });

  it("ends a pod at once when it is deleted without grace", async () => {
    const { cluster, pods, settled } = await deploy(1);
    await settled(1);
    const [pod] = await pods();
    const socket = connect(8080, pod.status.podIP);
    const cut = new Promise((resolve) => socket.once("close", resolve));
    await expect.poll(() => cluster.pods.connections(pod.metadata.name)).toBe(1);
    const query = { gracePeriodSeconds: "0" };
    await cluster.session.expect(200, "DELETE", `${cluster.session.core}/pods/${pod.metadata.name}`, { query });
    await cut;
    await expect.poll(() => cluster.pods.connections(pod.metadata.name)).toBeUndefined();
  });

  it("makes a pod ready only when it has started", async () => {
    const { pods, deployment, settled } = await deploy(1, { START_DELAY_MS: "600" });
    await expect.poll(async () => (await pods())[0]?.status.phase).toBe("Running");
    expect(isReady((await pods())[0])).toBe(false);
    expect((await deployment()).status).toMatchObject({ replicas: 1, unavailableReplicas: 1 });
    await settled(1);
    expect(isReady((await pods())[0])).toBe(true);
  });

  it("says why a pod can't run, and tries again", async () => {
    const { cluster, pods } = await deploy(1, { CAPACITY: "lots" });
    const waiting = async () => (await pods())[0]?.status.containerStatuses?.[0].state.waiting;
    const message = "CAPACITY is not a number of 0 or more";
    await expect.poll(waiting).toEqual({ reason: "RunContainerError", message });
    const failures = async () => {
      const { items } = await cluster.session.get(`${cluster.session.core}/events`, { fieldSelector: "reason=Failed" });
      return items[0]?.count ?? 0;
    };
    await expect.poll(failures).toBeGreaterThan(1);
  });
});
