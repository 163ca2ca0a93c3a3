import { afterAll, beforeAll, expect, test } from "vitest";
import { describeCluster } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { OperatorProcess } from "../rigs/operator-process.ts";
import { Rig } from "../rigs/rig.ts";
import { FaultyNetwork } from "../rigs/rig-proxy.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

interface LeaseSpec {
  readonly holderIdentity: string;
  readonly leaseTransitions: number;
}

describeCluster("two replicas of the operator", { needs: ["pods off loopback"] }, (cluster) => {
  let rig: Rig;
  let first: OperatorProcess;
  let second: RunningOperator;
  let third: RunningOperator;

  const lease = async (): Promise<LeaseSpec> =>
    (await rig.client.call("GET", rig.path("coordination.k8s.io/v1", "leases", "evenkeel"))).spec;
  const waitForHolder = (name: string) =>
    waitFor(async () => (await lease()).holderIdentity.startsWith(name), `${name} to hold the lease`);
  const served = (count: number) => (pool: { endpoints: readonly unknown[] }) => pool.endpoints.length === count;

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    await rig.deploy("web", 2);
    await rig.applyPool("web");
    first = await OperatorProcess.start({
      kubeconfig: cluster.kubeconfigPath,
      namespaces: rig.namespace,
      "lease-namespace": rig.namespace,
      identity: "first",
    });
    await waitForHolder("first");
    second = await rig.startOperator({ identity: "second" });
  });
  afterAll(async () => {
    await first?.end("SIGKILL");
    await rig?.stop();
  });

  test("both answer, and one writes", async () => {
    await rig.waitForServed(second, "web", served(2), "with 2 endpoints");
    await rig.waitForServed(first, "web", served(2), "with 2 endpoints");
    await rig.setReplicas("web", 3);
    await rig.waitForEndpoints("web", (endpoints) => endpoints.length === 3, "3, as the leader wrote them");
    await rig.waitForServed(second, "web", served(3), "with 3 endpoints");
    expect(second.writes()).toEqual([]);
  });

  test("share the work again when the leader is killed, and the follower answers meanwhile", async () => {
    const { leaseTransitions } = await lease();
    expect(await first.end("SIGKILL")).toBe("SIGKILL");
    await rig.setReplicas("web", 4);
    await rig.waitForServed(second, "web", served(4), "with 4 endpoints");
    // Nobody may write before the dead leader's lease is over.
    expect(await rig.endpoints("web")).toHaveLength(3);
    expect(second.writes()).toEqual([]);

    await waitForHolder("second");
    await rig.waitForEndpoints("web", (endpoints) => endpoints.length === 4, "4, as the new leader wrote them");
    expect((await lease()).leaseTransitions).toBe(leaseTransitions + 1);
  });

  test("change places at once when the leader is stopped, for it gives the lease back", async () => {
    third = await rig.startOperator({ identity: "third" });
    await rig.waitForServed(third, "web", served(4), "with 4 endpoints");
    expect(third.writes()).toEqual([]);
    const recording = await rig.record(rig.path("coordination.k8s.io/v1", "leases"));
    await rig.stopOperator(second);
    await waitForHolder("third");
    const holders = (await recording.stop()).map(({ object }) => object.spec.holderIdentity as string);
    // Nobody's for a moment, so that who takes it need not wait until the term is over.
    expect(holders[holders.findIndex((holder) => holder.startsWith("third")) - 1]).toBe("");
    await rig.setReplicas("web", 2);
    await rig.waitForEndpoints("web", (endpoints) => endpoints.length === 2, "2, as the newest leader wrote them");
  });
});

describeCluster("a leader that is cut off", (cluster) => {
  let rig: Rig;
  let network: FaultyNetwork;
  let cutOff: RunningOperator;
  let other: RunningOperator;

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    network = await FaultyNetwork.start(cluster);
    await rig.deploy("web", 2);
    await rig.applyPool("web");
    const lease = {
      namespace: rig.namespace,
      name: "evenkeel",
      leaseDurationMs: 5_000,
      renewDeadlineMs: 3_500,
      retryPeriodMs: 500,
    };
    cutOff = await rig.startOperator({ kubeconfigPath: network.kubeconfigPath, lease });
    await rig.waitForEndpoints("web", (endpoints) => endpoints.length === 2, "2");
    other = await rig.startOperator({ lease });
  });
  afterAll(async () => {
    network?.heal();
    await rig?.stop();
    await network?.stop();
  });

  const leads = async (operator: RunningOperator) => {
    const { body } = await operator.get<string>("/metrics");
    return /^evenkeel_leader 1$/m.test(body);
  };

  test("stops to lead by its own clock, before another begins", async () => {
    expect(await leads(cutOff)).toBe(true);
    network.silence();
    await rig.setReplicas("web", 3);
    // Both must never lead at once: looked at all the while.
    let both = 0;
    const tookOver = async () => {
      const [old, fresh] = await Promise.all([leads(cutOff), leads(other)]);
      if (old && fresh) both += 1;
      return fresh;
    };
    await waitFor(tookOver, "the other replica to lead");
    expect(both).toBe(0);
    await rig.waitForEndpoints("web", (endpoints) => endpoints.length === 3, "3, as the other one wrote them");
  });

  test("goes on to answer with what it last saw", async () => {
    expect((await cutOff.pool(rig.namespace, "web"))?.endpoints).toHaveLength(2);
  });

  test("writes nothing when it is back", async () => {
    const since = performance.now();
    network.heal();
    await rig.waitForServed(cutOff, "web", ({ endpoints }) => endpoints.length === 3, "with 3 endpoints");
    await rig.planAfter(cutOff, "web", 1_000);
    expect(cutOff.writes(since).filter(({ code }) => code >= 200 && code < 300)).toEqual([]);
    expect(await leads(cutOff)).toBe(false);
    expect(await leads(other)).toBe(true);
  });
});
