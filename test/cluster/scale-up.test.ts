import { afterAll, beforeAll, expect, test } from "vitest";
import type { PoolDocument } from "../../src/serve/documents.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { patchStatus } from "../rigs/pods/pod-status.ts";
import { conditionOf, Rig } from "../rigs/rig.ts";

const up = { polls: 2, period: "2s", maxStepPods: 2, maxStepPercent: 100 };

describeCluster("load above the limit", (cluster) => {
  let rig: Rig;
  let operator: RunningOperator;
  const scaling = (status: Awaited<ReturnType<Rig["status"]>>) => conditionOf(status, "ScalingActive");

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    operator = await rig.startOperator();
  });
  afterAll(() => rig?.stop());

  test("adds the replicas that bring it within the limit, and holds when they share it", async () => {
    await rig.deploy("web", 2);
    // So low that the first of the two to be read at 90 % does not pass the limit alone.
    rig.setLoad(5);
    await rig.applyPool("web", { scaling: { minReplicas: 2, maxReplicas: 6, maxAverageLoad: 50, up } });
    await rig.waitForCondition("web", "ScalingActive", "True/WithinLimit");
    expect(await rig.replicas("web")).toBe(2);

    // 2 pods at 90 % are 180 %, which takes 4 pods at 50 %.
    rig.setLoad(90);
    const scaled = await rig.waitForStatus("web", ({ lastScale }) => lastScale?.to === 4, "that of a scale to 4");
    expect(scaled.lastScale).toMatchObject({ from: 2, to: 4, reason: "LoadAboveLimit" });
    expect(scaled.lastScale!.message).toBe(
      "4 replicas instead of 2, 4 needed: average load 90.0% of 2 measured pods, limit 50%, on 2 polls.",
    );
    const pods = await rig.waitForPods("web", 4);
    for (const { fake } of pods) fake.load = 45;
    const isSettled = ({ averageLoad, coverage, decision }: PoolDocument) =>
      averageLoad === 45 && coverage.fresh === 4 && decision.reason === "WithinLimit";
    const settled = await rig.waitForServed(operator, "web", isSettled, "at 45 %, of 4 pods");
    expect(settled.decision).toMatchObject({ kind: "hold", reason: "WithinLimit" });
    expect(settled.endpoints).toHaveLength(4);
    expect(await rig.replicas("web")).toBe(4);
    expect(operator.writes().filter(({ resource }) => resource === "deployments/scale")).toHaveLength(1);
  });

  test("is told of by an Event", async () => {
    const { items } = await rig.client.call<{ items: { reason: string; note: string; regarding: { name: string } }[] }>(
      "GET",
      rig.path("events.k8s.io/v1", "events"),
    );
    const told = items.filter(({ reason, regarding }) => reason === "LoadAboveLimit" && regarding.name === "web");
    expect(told.map(({ note }) => note.slice(0, 27))).toEqual(["4 replicas instead of 2, 4 "]);
  });

  test("is never answered with more than maxReplicas", async () => {
    rig.setLoad(400);
    const held = await rig.waitForDecision(operator, "web", "AtMaximum");
    expect(held).toMatchObject({ replicas: 6, decision: { kind: "hold" } });
    await rig.waitForPods("web", 6);
    rig.setLoad(400);
    await rig.moreSamples(await rig.pods("web"));
    await rig.morePlans(operator, "web");
    expect(await rig.replicas("web")).toBe(6);
  });

  test("does not ask again for pods that are on their way", async () => {
    rig.kubelet.startMs = 3_000;
    rig.setLoad(0);
    await rig.createDeployment({ name: "slow", replicas: 2 });
    const pods = await rig.waitForPods("slow", 2);
    for (const { fake } of pods) fake.load = 90;
    const scaling = { maxReplicas: 20, maxAverageLoad: 50, warmUp: "0s", up: { ...up, period: "0s" } };
    await rig.applyPool("slow", { scaling });
    await rig.waitForStatus("slow", ({ lastScale }) => lastScale?.to === 4, "that of a scale to 4");
    await rig.waitForDecision(operator, "slow", "PodsOnTheirWay");
    await rig.waitForPods("slow", 4);
    // Two idle pods are enough for the average, though they take nothing off the others.
    await rig.waitForDecision(operator, "slow", "WithinLimit");
    expect(await rig.replicas("slow")).toBe(4);
    rig.kubelet.startMs = 0;
  });

  test("brings a replacement for a pod that has not been ready for over a minute, and none before", async () => {
    const pods = await rig.deploy("lost", 3);
    for (const { fake } of pods) fake.load = 60;
    await rig.applyPool("lost", { scaling: { maxReplicas: 20, maxAverageLoad: 65, up } });
    await rig.waitForDecision(operator, "lost", "WithinLimit");
    const unreadySince = (agoMs: number) => {
      const at = (ms: number) => `${new Date(Date.now() - ms).toISOString().slice(0, 19)}Z`;
      const condition = { type: "Ready", status: "False", lastTransitionTime: at(agoMs) };
      const name = { namespace: rig.namespace, name: pods[0]!.name };
      return patchStatus(rig.client, name, { startTime: at(600_000), conditions: [condition] });
    };
    await unreadySince(5_000);
    for (const { fake } of pods.slice(1)) fake.load = 80;
    // 160 % are 3 pods, of which one may be back any moment.
    await rig.waitForDecision(operator, "lost", "PodsOnTheirWay");
    expect(await rig.replicas("lost")).toBe(3);
    await unreadySince(61_000);
    const { lastScale } = await rig.waitForStatus("lost", (status) => status.lastScale, "that of a scale");
    expect(lastScale).toMatchObject({ from: 3, to: 4, reason: "LoadAboveLimit" });
    expect(lastScale!.message).toContain("average load 80.0% of 2 measured pods, 1 more out for over a minute");
  });

  test("on one poll alone adds nothing", async () => {
    const [pod, ...others] = await rig.deploy("spiky", 2);
    for (const { fake } of [pod!, ...others]) fake.load = 30;
    await rig.applyPool("spiky", {
      metrics: {
        interval: "1s",
        timeout: "800ms",
        source: { http: { connections: { name: "app_connections" }, load: { name: "app_load" } } },
      },
      scaling: { maxReplicas: 20, maxAverageLoad: 50, up: { ...up, polls: 10 } },
    });
    await rig.waitForDecision(operator, "spiky", "WithinLimit");
    for (const { fake } of [pod!, ...others]) fake.load = 100;
    await rig.moreSamples([pod!, ...others], 3);
    for (const { fake } of [pod!, ...others]) fake.load = 30;
    await rig.moreSamples([pod!, ...others]);
    await rig.morePlans(operator, "spiky");
    expect(await rig.replicas("spiky")).toBe(2);
    expect((await rig.status("spiky")).lastScale).toBeUndefined();
  });

  test("does not have to come for minReplicas to hold", async () => {
    await rig.deploy("few", 1);
    await rig.applyPool("few", { scaling: { minReplicas: 3, maxReplicas: 5, up } });
    const { lastScale } = await rig.waitForStatus("few", (status) => status.lastScale, "that of a scale");
    expect(lastScale).toMatchObject({ from: 1, to: 3, reason: "BelowMinimum" });
    expect(await rig.replicas("few")).toBe(3);
  });

  test("adds nothing to a workload that is scaled to zero", async () => {
    await rig.createDeployment({ name: "off", replicas: 0 });
    await rig.applyPool("off", { scaling: { minReplicas: 2, maxReplicas: 5, up } });
    await rig.waitForCondition("off", "ScalingActive", "False/ScaledToZero");
    expect(await rig.replicas("off")).toBe(0);
  });

  test("in mode Recommend is told in status and nowhere else", async () => {
    const pods = await rig.deploy("advised", 2);
    for (const { fake } of pods) fake.load = 90;
    const since = performance.now();
    await rig.applyPool("advised", {
      scaling: { mode: "Recommend", maxReplicas: 6, maxAverageLoad: 50, up: { ...up, polls: 1 } },
    });
    const { decision } = await rig.waitForDecision(operator, "advised", "LoadAboveLimit");
    expect(decision).toMatchObject({ kind: "scale", from: 2, to: 4, act: false });
    const status = await rig.waitForStatus("advised", (now) => now.recommendedReplicas === 4, "a recommendation of 4");
    expect(status).toMatchObject({ replicas: 2 });
    expect(status.lastScale).toBeUndefined();
    expect(await rig.replicas("advised")).toBe(2);
    expect(operator.writes(since).filter(({ resource }) => resource === "deployments/scale")).toEqual([]);
  });

  test("in mode Paused changes nothing", async () => {
    const pods = await rig.deploy("paused", 2);
    for (const { fake } of pods) fake.load = 90;
    const since = performance.now();
    await rig.applyPool("paused", { scaling: { mode: "Paused", maxReplicas: 6, maxAverageLoad: 50, up } });
    await rig.waitForStatus("paused", ({ averageLoad }) => averageLoad === 90, "that of 90 %");
    expect(scaling(await rig.status("paused"))).toMatchObject({ status: "False", reason: "Paused" });
    await rig.planAfter(operator, "paused", 1_500);
    expect(await rig.replicas("paused")).toBe(2);
    expect(operator.writes(since).filter(({ resource }) => resource === "deployments/scale")).toEqual([]);
  });
});
