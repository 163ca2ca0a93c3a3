import { afterAll, beforeAll, expect, test } from "vitest";
import type { PoolDocument } from "../../src/serve/documents.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import { type FollowedHost, RunningIstiod } from "../rigs/istiod.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { setReady } from "../rigs/pods/pod-status.ts";
import { Rig, type RigPod } from "../rigs/rig.ts";
import { sampledEvery } from "../rigs/rig-pool.ts";
import { applyPatch } from "../tools/control-plane/client.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";
import { istioDefinitions } from "../tools/istio.ts";

// The real istiod reads the entries of a pool, and says by EDS what a sidecar is to go by.

const spec = {
  metrics: sampledEvery("500ms"),
  strategy: { type: "LeastConnections", slowStart: "0s" },
  publish: { to: [{ type: "Istio", period: "2s" }] },
};
const patient = { timeoutMs: 120_000 };

describeCluster("the real istiod", (cluster) => {
  let rig: Rig;
  let operator: RunningOperator;
  let istiod: RunningIstiod;
  let pods: readonly RigPod[];
  let followed: FollowedHost;

  const addressOf = ({ address }: RigPod): string => `${address}:8080`;
  const leadsTo = (wanted: readonly RigPod[]) => () =>
    [...followed.weights.keys()].sort().join() === wanted.map(addressOf).sort().join();
  const weightTo = (pod: RigPod): number => followed.weights.get(addressOf(pod)) ?? Number.NaN;

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    const found = await istioDefinitions();
    if (found.kind === "missing") throw new Error(found.reason);
    for (const body of found.all)
      await rig.client.call("PATCH", `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${body.metadata.name}`, {
        contentType: applyPatch,
        query: { fieldManager: "test", force: true },
        body,
      });
    operator = await rig.startOperator();
    pods = await rig.deploy("web", 3);
    for (const { fake } of pods) fake.connections = 10;
    await rig.applyPool("web", spec);
    await rig.waitForCondition("web", "WeightsPublished", "True/Written", patient);
    istiod = await RunningIstiod.start(cluster);
    followed = istiod.follow(rig.namespace, `web.${rig.namespace}.pool.internal`, 8080);
  });
  afterAll(async () => {
    followed?.close();
    await istiod?.stop();
    await rig?.stop();
  });

  test("tells a sidecar of every pod of the pool", async () => {
    await waitFor(leadsTo(pods), "istiod to lead to all pods", patient);
  });

  test("gives the pods the weights that the pool gives them, and follows them", async () => {
    const shareOf = (served: PoolDocument | undefined, pod: RigPod): number =>
      Number(served?.endpoints.find((endpoint) => endpoint.pod === pod.name)?.weight);
    for (const most of [pods[0]!, pods[2]!]) {
      for (const pod of pods) pod.fake.connections = pod === most ? 60 : 10;
      const isFollowed = async () => {
        const served = await operator.pool(rig.namespace, "web");
        return pods.every((pod) => {
          const [told, meant] = [weightTo(pod), shareOf(served, pod) / 10];
          // The dead band, and what has moved since.
          return (pod === most ? told < 80 : told > 100) && Math.abs(told - meant) <= 0.2 * Math.max(told, meant);
        });
      };
      await waitFor(isFollowed, `istiod to give ${most.name} less than the others`, patient);
    }
  });

  test("leaves out a pod that is not ready, and takes it in again", async () => {
    const pod = { namespace: rig.namespace, name: pods[1]!.name };
    await setReady(rig.client, pod, false);
    await waitFor(leadsTo([pods[0]!, pods[2]!]), "istiod to lead to the others", patient);
    await setReady(rig.client, pod, true);
    await waitFor(leadsTo(pods), "istiod to lead to all pods again", patient);
  });

  test("keeps what it knows while the operator is away, and after it is there again", async () => {
    await rig.stopOperator(operator);
    const before = new Map(followed.weights);
    operator = await rig.startOperator();
    await rig.morePlans(operator, "web", 3);
    for (const pod of pods) expect(before.has(addressOf(pod))).toBe(true);
    expect(leadsTo(pods)()).toBe(true);
  });

  test("leads to nobody once the pool asks no more", async () => {
    await rig.applyPool("web", { ...spec, publish: { to: [] } });
    await waitFor(() => followed.weights.size === 0, "istiod to lead to nobody", patient);
  });
});
