import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { recordFigures } from "../builders/figures.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { Rig } from "../rigs/rig.ts";
import { sampledEvery } from "../rigs/rig-pool.ts";
import { Recording } from "../rigs/rig-recording.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const intervalMs = 250;
const polls = 2;
const limit = 50;
const steps = 20;
const firstReplicas = 2;
/** What the product promises. Pods, kubelet, operator and test share one process here, and a busy machine with others. */
const promisedMs = 1.25 * intervalMs + 250;

describeCluster("from load above the limit to the written scale", (cluster) => {
  let rig: Rig;
  let operator: RunningOperator;
  let deployments: Recording;

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    operator = await rig.startOperator();
    await rig.deploy("web", firstReplicas);
    deployments = await Recording.start(rig.client, rig.path("apps/v1", "deployments"));
    await rig.applyPool("web", {
      metrics: sampledEvery(`${intervalMs}ms`, "200ms"),
      scaling: { maxReplicas: 100, maxAverageLoad: limit, warmUp: "0s", up: { polls, period: "0s" } },
    });
  });
  afterAll(async () => {
    await deployments?.stop();
    await rig?.stop();
  });

  /** Brings the time to the write, as a watch of the Deployment shows it. */
  const step = async (replicas: number): Promise<number> => {
    rig.setLoad(10);
    await rig.waitForPods("web", replicas);
    rig.setLoad(10);
    const isCalm = ({ coverage, averageLoad }: { coverage: { fresh: number }; averageLoad?: number }) =>
      coverage.fresh === replicas && averageLoad === 10;
    await rig.waitForServed(operator, "web", isCalm, `with ${replicas} samples of 10 %`);
    // Any phase of the sampling is as likely as any other.
    await sleep(intervalMs * Math.random());
    // Half a pod too much, so that each step adds one.
    rig.setLoad((limit * (replicas + 0.5)) / replicas);
    const since = performance.now();
    const scaled = await waitFor(
      () => deployments.events.find(({ object }) => object.spec.replicas === replicas + 1),
      `${replicas + 1} replicas`,
    );
    return scaled.at - since;
  };

  test(`pass at most an interval, a quarter of one and 250 ms, on ${steps} steps`, async () => {
    const times: number[] = [];
    for (let index = 0; index < steps; index += 1) times.push(await step(firstReplicas + index));
    times.sort((a, b) => a - b);
    const [p50 = 0, p99 = 0] = [times[Math.floor(steps / 2)], times.at(-1)];
    await recordFigures("scale", {
      reaction_p50_ms: Math.round(p50),
      reaction_p99_ms: Math.round(p99),
      reaction_promised_ms: promisedMs,
      reaction_steps: steps,
    });
    console.log(
      `scale reaction over ${steps} steps: p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, promised ${promisedMs} ms`,
    );
    expect(p50).toBeLessThanOrEqual(promisedMs);
    expect(p99).toBeLessThanOrEqual(2 * promisedMs);
  });
});
