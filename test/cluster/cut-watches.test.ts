import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeCluster } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { setReady } from "../rigs/pods/pod-status.ts";
import { Rig } from "../rigs/rig.ts";
import { FaultyNetwork } from "../rigs/rig-proxy.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

describeCluster("an operator whose watches are cut", (cluster) => {
  let rig: Rig;
  let network: FaultyNetwork;
  let operator: RunningOperator;

  const listsSince = (since: number) =>
    operator.requests.filter(({ verb, code, at }) => verb === "list" && code === 200 && at >= since);

  /** Why a collection was listed anew, from the log: what a failure has to say. */
  const relistings = () => operator.log.filter((line) => line.includes("listing again"));

  const connected = () => waitFor(() => network.connections > 5, "a connection for each watch");

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    network = await FaultyNetwork.start(cluster);
    await rig.deploy("web", 3);
    operator = await rig.startOperator({ kubeconfigPath: network.kubeconfigPath });
    await rig.applyPool("web");
    await rig.waitForEndpoints("web", (endpoints) => endpoints.length === 3, "3");
  });
  afterAll(async () => {
    network?.heal();
    await rig?.stop();
    await network?.stop();
  });

  test("sees afterwards what changed meanwhile, without listing anything again", async () => {
    await connected();
    const since = performance.now();
    const before = relistings().length;
    expect(network.connections).toBeGreaterThan(5);
    network.refuse();
    const pods = await rig.pods("web");
    await setReady(rig.client, { namespace: rig.namespace, name: pods[0]!.name }, false);
    await rig.client.call("DELETE", rig.path("v1", "pods", pods[1]!.name));
    await rig.setReplicas("web", 5);
    await rig.waitForPods("web", 4);
    await rig.applyPool("web", { strategy: { type: "LeastLoad" } });
    await rig.planAfter(operator, "web", 1_000);
    expect(await rig.endpoints("web")).toHaveLength(3);

    network.heal();
    const names = (
      await rig.client.call<{ items: { metadata: { name: string } }[] }>("GET", rig.path("v1", "pods"))
    ).items
      .map(({ metadata }) => metadata.name)
      .sort();
    const endpoints = await rig.waitForEndpoints(
      "web",
      (all) =>
        all
          .map(({ targetRef }) => targetRef.name)
          .sort()
          .join() === names.join(),
      "those of the pods that there are",
    );
    expect(endpoints.filter(({ conditions }) => conditions.ready)).toHaveLength(4);
    await rig.waitForServed(operator, "web", ({ strategy }) => strategy === "LeastLoad", "by its new strategy");
    expect(relistings().slice(before)).toEqual([]);
    expect(listsSince(since)).toEqual([]);
  });

  test("goes on sampling and answering while it sees nothing of the cluster", async () => {
    network.refuse();
    await rig.morePlans(operator, "web");
    for (const { fake } of await rig.pods("web")) fake.load = 77;
    await rig.waitForServed(operator, "web", ({ averageLoad }) => averageLoad === 77, "with 77 %");
    expect(await operator.get("/readyz")).toMatchObject({ status: 200 });
    expect(await operator.get("/livez")).toMatchObject({ status: 200 });
    network.heal();
  });

  test("does not storm the API server when connections break over and over", async () => {
    await connected();
    const since = performance.now();
    for (let cut = 0; cut < 20; cut += 1) {
      network.cut();
      await sleep(200);
    }
    await rig.setReplicas("web", 2);
    await rig.waitForEndpoints("web", (endpoints) => endpoints.length <= 3, "what is left");
    const watches = operator.requests.filter(({ verb, at }) => verb === "watch" && at >= since);
    // There are six watches. Each waits longer from cut to cut, so far fewer than 20 attempts each.
    expect(watches.length).toBeLessThanOrEqual(6 * 12);
    expect(listsSince(since).length).toBeLessThanOrEqual(2);
  });
});
