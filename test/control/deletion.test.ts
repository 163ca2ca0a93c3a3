import { describe, expect, test } from "vitest";
import { loopbackMetrics, poolsPath } from "../rigs/embedded-stage.ts";
import { Publishing } from "../rigs/publishing.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const hold = { metadata: { finalizers: ["example.com/hold"] } };
const release = { metadata: { finalizers: null } };
const made = (writes: readonly string[]) =>
  writes.filter((write) =>
    /^POST .*\/(services|endpointslices)$|^PATCH .*\/(services\/[^/]+|[^/]+\/scale)$/.test(write),
  );

async function start(spec: Readonly<Record<string, unknown>> = {}) {
  const at = await Publishing.start();
  await at.createPool("web", spec);
  const operator = await at.stage.startOperator();
  await at.waitForReady("web", 2);
  await at.waitForCondition("web", "True/EndpointsReady");
  return { at, operator };
}

describe("a pool that is being deleted", () => {
  test("makes nothing anew that the garbage collector takes, and says what it waits for", async () => {
    const { at } = await start();
    await at.patchService("web", hold);
    const since = performance.now();
    await at.remove(`${poolsPath}/web`, { propagationPolicy: "Foreground" });
    const message = await at.waitForCondition("web", "False/PoolTerminating");
    expect(message).toBe(
      "The pool is being deleted: nothing is made or scaled for it any more. It waits for what it owns to go.",
    );
    await waitFor(async () => (await at.slices("web")).length === 0, "the slice to go");
    await at.patchService("web", release);
    await waitFor(async () => !(await at.find(`${poolsPath}/web`)), "the pool to go");
    expect(await at.service("web")).toBeUndefined();
    expect(made(at.writes(since))).toEqual([]);
  });

  test("loses pods that are gone, gets none, and is not scaled", async () => {
    const source = { metrics: loopbackMetrics, strategy: { type: "LeastConnections" } };
    const { at } = await start({ ...source, scaling: { minReplicas: 2, maxReplicas: 9 } });
    await at.patchPool("web", hold);
    await at.remove(`${poolsPath}/web`);
    const message = await at.waitForCondition("web", "False/PoolTerminating");
    expect(message).toContain("It waits for the finalizer example.com/hold.");
    await at.waitForCondition("web", "False/PoolTerminating", "ScalingActive");
    const since = performance.now();
    await at.patch(`${at.session.deployments}/web`, { spec: { replicas: 1 } });
    // Fewer than minReplicas: another pool of the same kind would add one at once.
    await waitFor(async () => (await at.ready("web")).length === 1, "the pod that went to leave");
    await waitFor(async () => (await at.pods()).join() === (await at.ready("web")).join(), "the one that stayed");
    await at.patch(`${at.session.deployments}/web`, { spec: { replicas: 2 } });
    const [first] = await at.ready("web");
    await waitFor(async () => (await at.pods()).length === 2, "another pod");
    await at.remove(`${at.session.core}/pods/${first}`);
    await waitFor(async () => (await at.ready("web")).length === 0, "the last of its pods to leave");
    expect(made(at.writes(since))).toEqual([]);
    await at.patchPool("web", release);
    await waitFor(async () => !(await at.service("web")), "the Service to go");
    expect(made(at.writes(since))).toEqual([]);
  });

  test("that never published makes nothing", async () => {
    const at = await Publishing.start();
    await at.createPool();
    await at.patchPool("web", hold);
    await at.remove(`${poolsPath}/web`);
    await at.stage.startOperator();
    await at.waitForCondition("web", "False/PoolTerminating");
    expect(made(at.writes())).toEqual([]);
  });

  test("leaves its Service's name to another", async () => {
    const { at } = await start();
    await at.patchPool("web", hold);
    await at.createPool("next", { publish: { service: "web" } });
    await at.waitForCondition("next", "False/ServiceTaken");
    await at.remove(`${poolsPath}/web`);
    await at.waitForCondition("web", "False/PoolTerminating");
    await at.remove(`${at.session.core}/services/web`);
    await at.waitForCondition("next", "True/EndpointsReady");
    const owners = async () =>
      (await at.slices("web")).map(({ metadata }) => metadata.ownerReferences?.[0]?.name).sort();
    await waitFor(async () => (await owners()).join() === "next", "the slices to be the other's alone");
    await at.waitForReady("web", 2);
  });
});

test("a Service that is being deleted is not written to, and another is made when it is gone", async () => {
  const { at } = await start();
  await at.patchService("web", hold);
  await at.remove(`${at.session.core}/services/web`);
  const message = await at.waitForCondition("web", "False/ServiceTerminating");
  expect(message).toContain("It waits for the finalizer example.com/hold. The pool makes another when it is gone.");
  const since = performance.now();
  await at.patchPool("web", { spec: { ports: [{ port: 8080 }, { name: "metrics", port: 9090 }] } });
  const observed = async () => (await at.find(`${poolsPath}/web`))?.status?.observedGeneration === 2;
  await waitFor(observed, "the spec to be looked at");
  expect(made(at.writes(since))).toEqual([]);
  const { metadata } = await at.service("web");
  await at.patchService("web", release);
  await at.waitForCondition("web", "True/EndpointsReady");
  expect((await at.service("web")).metadata.uid).not.toBe(metadata.uid);
  await at.waitForReady("web", 2);
});

test("a workload that is being deleted is not scaled", async () => {
  const source = { metrics: loopbackMetrics, strategy: { type: "LeastConnections" } };
  const { at } = await start({ ...source, scaling: { minReplicas: 2, maxReplicas: 9 } });
  await at.patch(`${at.session.deployments}/web`, hold);
  await at.remove(`${at.session.deployments}/web`);
  const message = await at.waitForCondition("web", "False/TargetTerminating", "ScalingActive");
  expect(message).toBe("Deployment web is being deleted: it is not scaled any more.");
  const since = performance.now();
  await at.patchPool("web", { spec: { scaling: { minReplicas: 3 } } });
  const observed = async () => (await at.find(`${poolsPath}/web`))?.status?.observedGeneration === 2;
  await waitFor(observed, "the spec to be looked at");
  expect(made(at.writes(since))).toEqual([]);
  expect((await at.session.get(`${at.session.deployments}/web`)).spec.replicas).toBe(2);
});

test("a namespace that is being deleted is not written to again and again", async () => {
  const at = await Publishing.start();
  const there = "/apis/evenkeel.io/v1alpha1/namespaces/leaving/loadbalancerpools";
  await at.session.create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "leaving" } });
  await at.session.create(there, {
    apiVersion: "evenkeel.io/v1alpha1",
    kind: "LoadBalancerPool",
    metadata: { name: "web", ...hold.metadata },
    spec: { selector: { matchLabels: { app: "web" } }, ports: [{ port: 8080 }], strategy: { type: "RoundRobin" } },
  });
  await at.stage.startOperator();
  const slices = "/apis/discovery.k8s.io/v1/namespaces/leaving/endpointslices";
  await waitFor(async () => (await at.session.get(slices)).items.length === 1, "a slice");
  const since = performance.now();
  await at.remove("/api/v1/namespaces/leaving");
  const reason = async () => {
    const { status } = (await at.find(`${there}/web`)) ?? {};
    return status?.conditions?.find(({ type }: { type: string }) => type === "Ready")?.reason;
  };
  await waitFor(async () => (await reason()) === "PoolTerminating", "the pool to be told of as going");
  expect((await at.session.get(slices)).items).toEqual([]);
  expect(made(at.writes(since)).length).toBeLessThanOrEqual(2);
  await at.patch(`${there}/web`, release);
  await waitFor(async () => !(await at.find("/api/v1/namespaces/leaving")), "the namespace to go");
});
