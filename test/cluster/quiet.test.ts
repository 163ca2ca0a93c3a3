import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeCluster } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { Rig, type RigPod } from "../rigs/rig.ts";

const seconds = 21;

describeCluster("pools whose pods stay the same", (cluster) => {
  let rig: Rig;
  let operator: RunningOperator;
  let calm: RigPod[];
  let lively: RigPod[];
  let figures: NodeJS.Timeout;

  const paths = (): readonly string[] => [
    rig.path("evenkeel.io/v1alpha1", "loadbalancerpools"),
    rig.path("discovery.k8s.io/v1", "endpointslices"),
    rig.path("v1", "services"),
    rig.path("apps/v1", "deployments"),
    rig.path("events.k8s.io/v1", "events"),
  ];
  const around = (value: number) => value * (0.95 + 0.1 * Math.random());
  const move = () => {
    for (const { fake } of calm) {
      fake.connections = Math.round(around(100));
      fake.load = around(40);
    }
  };
  const shuffle = () => {
    for (const { fake } of lively) fake.connections = Math.round(Math.random() * 200);
  };

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    [calm, lively] = [await rig.deploy("calm", 30), await rig.deploy("lively", 10)];
    move();
    shuffle();
    let turns = 0;
    figures = setInterval(() => {
      move();
      if (turns++ % 4 === 0) shuffle();
    }, 250);
    operator = await rig.startOperator();
    // Pods that turn ready seconds apart, as on a busy machine, have weights that differ until their slow start is over.
    const spec = { strategy: { slowStart: "0s" }, scaling: { maxReplicas: 40, maxAverageLoad: 50 } };
    for (const name of ["calm", "lively"]) await rig.applyPool(name, spec);
    // The first status may have come before the last pod was measured, and the next one waits its 10 s.
    const isWhole = (size: number) => (status: Awaited<ReturnType<Rig["status"]>>) =>
      status.endpoints?.length === size && status.endpoints.every(({ connections }) => connections !== undefined);
    await rig.waitForStatus("calm", isWhole(30), "whole");
    await rig.waitForStatus("lively", isWhole(10), "whole");
    // Events follow the status that they tell of.
    for (const name of ["calm", "lively"]) await rig.planAfter(operator, name, 1_500);
  });
  afterAll(async () => {
    clearInterval(figures);
    await rig?.stop();
  });

  test(`cost no write in ${seconds} s while figures jitter by 5 %, and few status writes while the order changes`, async () => {
    const since = performance.now();
    const before = await rig.status("calm");
    const recording = await rig.record(...paths());
    await sleep(seconds * 1_000);
    const seen = await recording.stop();
    const writes = operator.writes(since);
    const tookSeconds = (performance.now() - since) / 1_000;

    // First, as the difference says what was written.
    expect(await rig.status("calm")).toEqual(before);
    // The order did change all the while, or nothing would be shown.
    const first = await served("lively");
    await expect.poll(() => served("lively")).not.toEqual(first);
    expect(seen.map(({ type, object }) => `${type} ${object.kind} ${object.metadata.name}`)).toEqual(
      seen.map(() => "MODIFIED LoadBalancerPool lively"),
    );
    expect(seen.length).toBeGreaterThanOrEqual(1);
    expect(seen.length).toBeLessThanOrEqual(Math.floor(tookSeconds / 10) + 1);
    expect([...new Set(writes.map(({ resource }) => resource))]).toEqual(["loadbalancerpools/status"]);
    // One may be on its way as the recording begins or ends.
    expect(Math.abs(writes.length - seen.length)).toBeLessThanOrEqual(1);
    const leases = operator.requests.filter(({ resource, at }) => resource === "leases" && at >= since);
    expect(leases.length).toBeGreaterThan(5);
  });

  test("cost no read either", () => {
    const reads = operator.requests.filter(
      ({ verb, resource }) => (verb === "get" || verb === "list") && resource !== "leases",
    );
    // One list of each collection and one look at each scale, and that is all since the start.
    const counts = new Map<string, number>();
    for (const { verb, resource } of reads)
      counts.set(`${verb} ${resource}`, (counts.get(`${verb} ${resource}`) ?? 0) + 1);
    for (const [what, count] of counts) expect({ what, few: count <= 2 }).toEqual({ what, few: true });
  });

  test("cost no write when the operator starts anew", async () => {
    clearInterval(figures);
    await rig.stopOperator(operator);
    const recording = await rig.record(...paths());
    await rig.client.call("DELETE", rig.poolPath("lively"));
    operator = await rig.startOperator();
    await rig.waitForServed(operator, "calm", ({ coverage }) => coverage.fresh === 30, "with fresh samples of all");
    await rig.planAfter(operator, "calm", 4_000);
    expect(operator.writes()).toEqual([]);
    const seen = await recording.stop();
    expect(seen.filter(({ object }) => !object.metadata.name.startsWith("lively"))).toEqual([]);
  });

  const served = async (pool: string) => (await operator.pool(rig.namespace, pool))!.endpoints.map(({ pod }) => pod);
});

describeCluster("pools with more pods than a status lists", (cluster) => {
  let rig: Rig;
  let operator: RunningOperator;
  let figures: NodeJS.Timeout;
  const pools = { drawn: "Random", ranked: "LeastConnections" } as const;
  const apply = (slowStart: string) =>
    Promise.all(
      Object.entries(pools).map(([name, type]) =>
        rig.applyPool(name, { targetRef: { name: "many" }, strategy: { type, slowStart } }),
      ),
    );

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    const pods = await rig.deploy("many", 60);
    figures = setInterval(() => {
      for (const [index, { fake }] of pods.entries()) {
        fake.connections = Math.round((10 + 7 * index) * (0.95 + 0.1 * Math.random()));
        fake.load = (10 + ((index * 37) % 60)) * (0.95 + 0.1 * Math.random());
      }
    }, 250);
    operator = await rig.startOperator();
    await apply("1s");
    for (const name of Object.keys(pools))
      await rig.waitForServed(operator, name, ({ coverage }) => coverage.fresh === 60, "with 60 fresh samples");
    // A status that tells of a new generation is written at once, and with all that is measured by now.
    await apply("0s");
    for (const name of Object.keys(pools))
      await rig.waitForStatus(name, (now) => now.observedGeneration === 2, "of the second generation");
    for (const name of Object.keys(pools)) await rig.planAfter(operator, name, 1_500);
  });
  afterAll(async () => {
    clearInterval(figures);
    await rig?.stop();
  });

  test(`cost no write in ${seconds} s while other pods come into the list, as the order is drawn anew or a close thing`, async () => {
    const since = performance.now();
    const statuses = () => Promise.all(Object.keys(pools).map((name) => rig.status(name)));
    const before = await statuses();
    const listed = new Set<string>();
    for (let look = 0; look < seconds; look += 1) {
      await sleep(1_000);
      for (const { pod } of (await operator.pool(rig.namespace, "drawn"))!.endpoints.slice(0, 50)) listed.add(pod);
    }
    expect(listed.size).toBeGreaterThan(50);
    // Shows what was written, and of which pool.
    expect(await statuses()).toEqual(before);
    expect(operator.writes(since).filter(({ resource }) => resource !== "leases")).toEqual([]);
  });

  test("tell of a pod that was not listed and turns idle", async () => {
    clearInterval(figures);
    const told = await rig.status("ranked");
    const names = new Set(told.endpoints?.map(({ pod }) => pod));
    const unlisted = (await rig.pods("many")).find(({ name }) => !names.has(name))!;
    unlisted.fake.connections = 0;
    const first = ({ endpoints }: typeof told) => endpoints?.[0]?.pod === unlisted.name;
    await rig.waitForStatus("ranked", first, "led by the idle pod");
  });
});
