import { afterAll, beforeAll, expect, test } from "vitest";
import { describeCluster } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import type { Misbehaviour } from "../rigs/pods/misbehaviour.ts";
import { conditionOf, Rig, type RigPod } from "../rigs/rig.ts";
import { sampledEvery } from "../rigs/rig-pool.ts";

/** What leaves the numbers that were asked for as they are. */
const oddities: readonly Misbehaviour[] = [
  { kind: "noise", bytes: 4_500 },
  { kind: "noise", bytes: 100_000 },
  { kind: "bareLf" },
  { kind: "pieces" },
  { kind: "sum", text: "NaN" },
  { kind: "sum", text: "1e306" },
];

describeCluster("pages with oddities that nobody asked for", (cluster) => {
  let rig: Rig;
  let operator: RunningOperator;
  let pods: RigPod[];

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    pods = await rig.deploy("web", oddities.length + 1);
    for (const [index, { fake }] of pods.entries()) {
      fake.connections = 10 + index;
      fake.load = 30;
      fake.misbehaviour = oddities[index];
    }
    operator = await rig.startOperator();
    const { source, ...timing } = sampledEvery("500ms");
    const http = { ...source.http, responseTime: { name: "app_response_seconds" } };
    await rig.applyPool("web", { metrics: { ...timing, source: { http } } });
  });
  afterAll(() => rig?.stop());

  test("are read", async () => {
    const served = await rig.waitForServed(
      operator,
      "web",
      ({ coverage, endpoints }) => endpoints.length === pods.length && coverage.fresh === pods.length,
      "with a sample of each",
    );
    const told = new Map(served.endpoints.map(({ pod, connections, load }) => [pod, [connections, load]]));
    for (const [index, { name }] of pods.entries())
      expect(told.get(name), JSON.stringify(oddities[index])).toEqual([10 + index, 30]);
  });

  test("and what had to be left out is told by name", async () => {
    const says = /^7 of 7 pods have a fresh sample\. Left out: .*: app_response_seconds_sum is (NaN|absurdly large)/;
    const status = await rig.waitForStatus(
      "web",
      (seen) => says.test(conditionOf(seen, "MetricsHealthy")?.message ?? ""),
      "what was left out",
    );
    const condition = conditionOf(status, "MetricsHealthy")!;
    expect(condition).toMatchObject({ status: "True", reason: "SomeRefused" });
    const [nan, absurd] = [pods[4]!.name, pods[5]!.name];
    expect(condition.message).toContain(`responseTime on 1 (${nan}: app_response_seconds_sum is NaN)`);
    expect(condition.message).toContain(`responseTime on 1 (${absurd}: app_response_seconds_sum is absurdly large)`);
  });
});
