import { afterAll, beforeAll, expect, test } from "vitest";
import { type FollowedPool, followPool, type PublishedPool } from "../../src/client/client.ts";
import type { PoolDocument } from "../../src/serve/documents.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import { OperatorProcess } from "../rigs/operator-process.ts";
import { Rig } from "../rigs/rig.ts";
import { findFreePorts } from "../tools/control-plane/ports.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

describeCluster("every replica", { needs: ["pods off loopback"] }, (cluster) => {
  let rig: Rig;
  let ports: number[];
  const replicas: OperatorProcess[] = [];
  const followed: FollowedPool[] = [];

  const start = (port: number) =>
    OperatorProcess.start({
      kubeconfig: cluster.kubeconfigPath,
      namespaces: rig.namespace,
      "lease-namespace": rig.namespace,
      "http-port": String(port),
    });
  const leads = async ({ url }: OperatorProcess) =>
    /^evenkeel_leader 1$/m.test(await (await fetch(`${url}/metrics`)).text());
  const poolAt = ({ url }: OperatorProcess) => `${url}/v1/pools/${rig.namespace}/web`;
  const podsOf = ({ endpoints }: PublishedPool) => endpoints.map(({ pod }) => pod).sort();

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    ports = await findFreePorts(2);
    await rig.deploy("web", 3);
    await rig.applyPool("web");
    replicas.push(await start(ports[0]!));
    await waitFor(() => leads(replicas[0]!), "the first replica to lead");
    replicas.push(await start(ports[1]!));
  });
  afterAll(async () => {
    await Promise.all(followed.map((pool) => pool.close()));
    await Promise.all(replicas.map((replica) => replica.end("SIGTERM")));
    await rig?.stop();
  });

  test("serves the pool, the one that only follows as well as the one that leads: once, and as it changes", async () => {
    const [leader, follower] = replicas as [OperatorProcess, OperatorProcess];
    const served = async () => (await follower.pool(rig.namespace, "web"))?.endpoints.length === 3;
    await waitFor(served, "the follower to serve the pool");
    expect([await leads(leader), await leads(follower)]).toEqual([true, false]);
    const seen: PublishedPool[][] = [[], []];
    for (const [index, replica] of [leader, follower].entries()) {
      const pool = followPool({ url: poolAt(replica), onChange: (told) => seen[index]!.push(told) });
      followed.push(pool);
      await pool.ready;
      expect(pool.state()).toBe("streaming");
    }
    for (const replica of [leader, follower]) {
      const next = await fetch(`${poolAt(replica)}/next?n=3`);
      expect([next.status, Number(next.headers.get("age")) < 30]).toEqual([200, true]);
    }
    await rig.setReplicas("web", 4);
    const have = (count: number) => () => seen.every((told) => told.at(-1)?.endpoints.length === count);
    await waitFor(async () => have(4)(), "both to tell of the fourth pod");
    expect(podsOf(seen[0]!.at(-1)!)).toEqual(podsOf(seen[1]!.at(-1)!));
    expect(await leads(follower)).toBe(false);
  });

  test("that was killed comes back without ever having told less than it knew: its client goes on with what it has", async () => {
    const killed = replicas[1]!;
    const told: number[] = [];
    const pool = followPool({
      url: poolAt(killed),
      onChange: ({ endpoints }) => told.push(endpoints.length),
      timing: { backoffMs: 20, mostBackoffMs: 100 },
    });
    followed.push(pool);
    await pool.ready;
    await killed.end("SIGKILL");
    await waitFor(async () => pool.state() === "lost", "the client to miss it");
    expect(pool.balancer.next()).toBeDefined();
    expect(pool.pool()?.endpoints).toHaveLength(4);
    const before = told.length;
    const early = new Set<number>();
    const back = start(ports[1]!);
    const asking = (async () => {
      for (;;) {
        const answer = await fetch(`http://127.0.0.1:${ports[1]}/v1/pools/${rig.namespace}/web`).catch(() => undefined);
        if (answer) early.add(answer.status);
        if (answer?.ok) return ((await answer.json()) as PoolDocument).endpoints.length;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    replicas[1] = await back;
    expect(await asking).toBe(4);
    expect([...early].filter((status) => status !== 200 && status !== 503)).toEqual([]);
    await waitFor(async () => pool.state() === "streaming", "the client to be in step again");
    await waitFor(async () => told.length > before, "the client to hear of the pool again");
    expect(new Set(told)).toEqual(new Set([4]));
  });

  test("keeps a client going while none of them is there", async () => {
    const pool = followed[0]!;
    await Promise.all(replicas.splice(0).map((replica) => replica.end("SIGKILL")));
    await waitFor(async () => pool.state() === "lost", "the client to miss them");
    const picked = new Set(Array.from({ length: 200 }, () => pool.balancer.next()?.id));
    expect(picked.size).toBe(4);
  });
});
