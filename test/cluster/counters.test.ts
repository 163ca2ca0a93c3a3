import { afterAll, beforeAll, expect, test } from "vitest";
import type { PoolStatus } from "../../src/api/status.ts";
import type { PoolDocument } from "../../src/serve/documents.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { Rig } from "../rigs/rig.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

describeCluster("a load that is the rate of a counter", (cluster) => {
  let rig: Rig;
  let operator: RunningOperator;
  const load = { name: "app_cpu_seconds_total", rate: true, capacity: "0.5" };
  const scaling = {
    minReplicas: 2,
    maxReplicas: 20,
    maxAverageLoad: 60,
    warmUp: "0s",
    down: { enabled: false },
    up: { polls: 2, period: "2s", maxStepPods: 20, maxStepPercent: 500 },
  };

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    operator = await rig.startOperator();
  });
  afterAll(() => rig?.stop());

  const applyPool = () =>
    rig.applyPool("web", {
      strategy: { type: "LeastLoad" },
      metrics: { source: { http: { port: "metrics", load } } },
      scaling,
    });
  const isMeasured = ({ coverage, averageLoad }: PoolDocument) => coverage.fresh > 0 && averageLoad !== undefined;

  test("adds replicas by the processor time that the pods use up, and no more when it is shared", async () => {
    await rig.deploy("web", 2);
    rig.setLoad(10);
    await applyPool();
    await rig.waitForCondition("web", "MetricsHealthy", "True/AllFresh");
    await rig.waitForDecision(operator, "web", "WithinLimit");
    // Half a core is all, so that 60 % of one are 120 %: two pods' load is for four at 60 %.
    rig.setLoad(60);
    const isEnough = ({ lastScale }: PoolStatus) => lastScale !== undefined && lastScale.to >= 4;
    const { lastScale } = await rig.waitForStatus("web", isEnough, "that of a scale to four or more");
    expect(lastScale).toMatchObject({ reason: "LoadAboveLimit" });
    expect(lastScale!.message).toContain("limit 60%");
    rig.setLoad(10);
    // It may have scaled once more before the load went down.
    const allThere = async () => {
      const replicas = await rig.replicas("web");
      return replicas >= lastScale!.to && (await rig.pods("web")).length === replicas;
    };
    await waitFor(allThere, "as many pods as replicas");
    rig.setLoad(10);
    // Until the samples of before count no more: they may add one more by then.
    const isQuiet = ({ averageLoad }: PoolDocument) => averageLoad !== undefined && averageLoad < 30;
    await rig.waitForServed(operator, "web", isQuiet, "with the load of each pod gone down");
    await waitFor(allThere, "as many pods as replicas");
    await rig.moreSamples(await rig.pods("web"));
  });

  test("holds over a restart of every program, whose counters begin at 0, and of the operator", async () => {
    const replicas = await rig.replicas("web");
    const pods = await rig.waitForPods("web", replicas);
    for (const { fake } of pods) fake.resetCounters();
    await rig.moreSamples(pods);
    await rig.morePlans(operator, "web");
    expect(await rig.replicas("web")).toBe(replicas);
    await rig.stopOperator(operator);
    const next = await rig.startOperator();
    // A read may come too late on a busy machine.
    const isWhole = (document: PoolDocument) => isMeasured(document) && document.coverage.failures.length === 0;
    const told = await rig.waitForServed(next, "web", isWhole, "measured again");
    expect(told.averageLoad).toBeLessThan(60);
    expect(await rig.replicas("web")).toBe(replicas);
  });
});
