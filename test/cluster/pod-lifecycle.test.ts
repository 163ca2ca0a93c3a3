import { afterAll, beforeAll, expect, test } from "vitest";
import type { SliceEndpoint } from "../../src/act/slice.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { patchStatus, setReady } from "../rigs/pods/pod-status.ts";
import { conditionOf, Rig, type RigPod } from "../rigs/rig.ts";

const isReady = ({ conditions }: SliceEndpoint) => conditions.ready;
const serving = (count: number) => (endpoints: readonly SliceEndpoint[]) => endpoints.filter(isReady).length === count;
const nameOf = ({ targetRef }: SliceEndpoint) => targetRef.name;

describeCluster("a pool's slice", (cluster) => {
  let rig: Rig;
  let operator: RunningOperator;

  const has = (name: string, conditions: SliceEndpoint["conditions"]) => (endpoints: readonly SliceEndpoint[]) =>
    endpoints.some((e) => nameOf(e) === name && JSON.stringify(e.conditions) === JSON.stringify(conditions));

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    await rig.deploy("web", 2);
    operator = await rig.startOperator();
    await rig.applyPool("web");
    await rig.waitForEndpoints("web", serving(2), "2 ready ones");
  });
  afterAll(() => rig?.stop());

  test("gains a pod that becomes ready", async () => {
    await rig.setReplicas("web", 4);
    await rig.waitForEndpoints("web", serving(4), "4 ready ones");
    await rig.waitForStatus("web", ({ ready }) => ready === "4/4", "that of 4 ready pods");
  });

  test("is then written in the pool's order", async () => {
    const pods = await rig.pods("web");
    for (const [index, { fake }] of pods.entries()) fake.connections = 40 - 10 * index;
    const ordered = pods.map(({ name }) => name).reverse();
    const served = async () => {
      const path = `/v1/pools/${rig.namespace}/web`;
      const { body } = await operator.get<{ endpoints: { pod: string; connections: number }[] }>(path);
      return body.endpoints.map(({ pod, connections }) => [pod, connections]);
    };
    // All are sampled anew: a part of them may be in this order by chance.
    await expect.poll(served).toEqual(ordered.map((name, index) => [name, 10 * (index + 1)]));
    await setReady(rig.client, { namespace: rig.namespace, name: ordered[0]! }, false);
    const endpoints = await rig.waitForEndpoints("web", serving(3), "3 ready ones");
    // A pod that takes no traffic stands last.
    expect(endpoints.map(nameOf)).toEqual([...ordered.slice(1), ordered[0]]);
  });

  test("keeps a pod that turns unready, as neither ready nor serving, and takes it back", async () => {
    const [pod] = (await rig.endpoints("web")).filter((endpoint) => !isReady(endpoint));
    expect(pod!.conditions).toEqual({ ready: false, serving: false, terminating: false });
    await rig.waitForServed(operator, "web", ({ endpoints }) => endpoints.length === 3, "with 3 endpoints");
    expect((await operator.pool(rig.namespace, "web"))?.excluded).toEqual([{ pod: nameOf(pod!), reason: "NotReady" }]);
    await setReady(rig.client, { namespace: rig.namespace, name: nameOf(pod!) }, true);
    await rig.waitForEndpoints("web", serving(4), "4 ready ones");
  });

  test("shows a pod that terminates as serving until it is gone", async () => {
    rig.kubelet.terminationMs = 1_500;
    const [pod] = await rig.pods("web");
    await rig.client.call("DELETE", rig.path("v1", "pods", pod!.name));
    const serves = { ready: false, serving: true, terminating: true };
    await rig.waitForEndpoints("web", has(pod!.name, serves), "one that terminates");
    await setReady(rig.client, { namespace: rig.namespace, name: pod!.name }, false);
    const spent = { ready: false, serving: false, terminating: true };
    await rig.waitForEndpoints("web", has(pod!.name, spent), "one that no longer serves");
    await rig.waitForEndpoints("web", (all) => !all.some((e) => nameOf(e) === pod!.name), "without the pod");
    await rig.waitForEndpoints("web", serving(4), "4 ready ones, with the replacement");
    rig.kubelet.terminationMs = 0;
  });

  test("drops a pod that has failed", async () => {
    const [pod] = await rig.pods("web");
    await patchStatus(rig.client, { namespace: rig.namespace, name: pod!.name }, { phase: "Failed" });
    await rig.waitForEndpoints("web", (all) => !all.some((e) => nameOf(e) === pod!.name), "without the failed pod");
    await rig.waitForEndpoints("web", serving(4), "4 ready ones, with the replacement");
    await rig.client.call("DELETE", rig.path("v1", "pods", pod!.name));
  });

  test("is empty, not gone, when no pod is left, and says so", async () => {
    await rig.setReplicas("web", 0);
    await rig.waitForEndpoints("web", (all) => all.length === 0, "none");
    expect(await rig.slices("web")).toHaveLength(1);
    await rig.waitForStatus("web", (status) => conditionOf(status, "Ready")?.status === "False", "not ready");
    await rig.setReplicas("web", 2);
    await rig.waitForCondition("web", "Ready", "True/EndpointsReady");
    await rig.waitForEndpoints("web", serving(2), "2 ready ones");
  });
});

describeCluster("a pool of more than 100 pods", (cluster) => {
  let rig: Rig;
  let operator: RunningOperator;
  let pods: RigPod[];

  const versions = async () =>
    new Map((await rig.slices("many")).map(({ metadata }) => [metadata.name, metadata.resourceVersion]));

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    pods = await rig.deploy("many", 130);
    operator = await rig.startOperator();
    await rig.applyPool("many", { metrics: undefined, strategy: { type: "RoundRobin" } });
    await rig.waitForEndpoints("many", serving(130), "130 ready ones");
  });
  afterAll(() => rig?.stop());

  test("has slices of at most 100, and each pod once", async () => {
    const slices = await rig.slices("many");
    expect(slices.map(({ endpoints }) => endpoints.length).sort()).toEqual([100, 30]);
    const uids = slices.flatMap(({ endpoints }) => endpoints.map(({ targetRef }) => targetRef.uid));
    expect(new Set(uids)).toEqual(new Set(pods.map(({ uid }) => uid)));
  });

  test("changes one slice when one pod changes", async () => {
    const before = await versions();
    const since = performance.now();
    const [full] = (await rig.slices("many")).filter(({ endpoints }) => endpoints.length === 100);
    const pod = { namespace: rig.namespace, name: nameOf(full!.endpoints[50]!) };
    await setReady(rig.client, pod, false);
    await rig.waitForEndpoints("many", serving(129), "129 ready ones");
    await setReady(rig.client, pod, true);
    await rig.waitForEndpoints("many", serving(130), "130 ready ones");
    const after = await versions();
    expect([...after].filter(([name, version]) => before.get(name) !== version).map(([name]) => name)).toEqual([
      full!.metadata.name,
    ]);
    const slices = operator.writes(since).filter(({ resource }) => resource === "endpointslices");
    expect(slices).toHaveLength(2);
  });

  test("puts new pods where there is room", async () => {
    const before = await versions();
    await rig.setReplicas("many", 134);
    await rig.waitForEndpoints("many", serving(134), "134 ready ones");
    const after = await versions();
    expect([...after.keys()]).toEqual([...before.keys()]);
    expect([...after].filter(([name, version]) => before.get(name) !== version)).toHaveLength(1);
  });

  test("gives a slice up when none of its pods is left", async () => {
    const slices = await rig.slices("many");
    const small = slices.find(({ endpoints }) => endpoints.length === 34)!;
    const doomed = new Set(small.endpoints.map(nameOf));
    // The cheapest pods go first when a Deployment shrinks.
    const cost = { metadata: { annotations: { "controller.kubernetes.io/pod-deletion-cost": "-1" } } };
    for (const name of doomed) await rig.client.call("PATCH", rig.path("v1", "pods", name), { body: cost });
    await rig.setReplicas("many", 100);
    await rig.waitForEndpoints("many", (all) => all.length === 100, "100");
    const left = await rig.slices("many");
    expect(left.map(({ metadata }) => metadata.name)).toEqual(
      slices.filter((slice) => slice !== small).map(({ metadata }) => metadata.name),
    );
    expect(left.flatMap(({ endpoints }) => endpoints).some((endpoint) => doomed.has(nameOf(endpoint)))).toBe(false);
  });
});
