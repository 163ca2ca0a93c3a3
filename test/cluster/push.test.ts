import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FollowedPool, followPool } from "../../src/client/client.ts";
import type { PoolDocument } from "../../src/serve/documents.ts";
import { readTokens } from "../../src/serve/reports/tokens.ts";
import { describeCluster } from "../rigs/describe-cluster.ts";
import type { RunningOperator } from "../rigs/operator.ts";
import { Rig, type RigPod } from "../rigs/rig.ts";
import { findFreePorts } from "../tools/control-plane/ports.ts";
import { waitFor } from "../tools/control-plane/wait-for.ts";

const token = "a-secret-of-this-test";
const metrics = { interval: "500ms", timeout: "400ms", source: { push: { expiry: "6s" } } };

describeCluster("two replicas and clients that report their connections", (cluster) => {
  let rig: Rig;
  let leader: RunningOperator;
  let other: RunningOperator;
  let folder: string;
  let pods: RigPod[];
  const followed: FollowedPool[] = [];
  const errors: string[] = [];

  const urlAt = ({ url }: RunningOperator) => `${url}/v1/pools/${rig.namespace}/web`;
  const follow = (operator: RunningOperator): FollowedPool => {
    const pool = followPool({
      url: urlAt(operator),
      report: true,
      headers: { authorization: `Bearer ${token}` },
      timing: { reportMs: 100 },
      onError: ({ message }) => errors.push(message),
    });
    followed.push(pool);
    return pool;
  };
  const hold = ({ balancer }: FollowedPool, pod: RigPod, count: number) => {
    for (let request = 0; request < count; request += 1) balancer.begin(pod.name);
  };
  /** Connections by the name of the pod, as far as an operator serves them. */
  const countsOf = ({ endpoints }: PoolDocument) => pods.map(({ name }) => find(endpoints, name)?.connections);
  const find = <E extends { readonly pod: string }>(endpoints: readonly E[], name: string) =>
    endpoints.find(({ pod }) => pod === name);
  const isServed = (operator: RunningOperator, counts: readonly number[]) =>
    rig.waitForServed(operator, "web", (pool) => `${countsOf(pool)}` === `${counts}`, `with ${counts} connections`);

  beforeAll(async () => {
    rig = await Rig.start(cluster);
    folder = await mkdtemp(join(tmpdir(), "push-"));
    await writeFile(join(folder, "token"), `${token}\n`);
    const tokens = await readTokens(join(folder, "token"));
    const ports = await findFreePorts(2);
    const peers = ports.map((port) => ({ host: "localhost", port }));
    leader = await rig.startOperator({ identity: "leader", port: ports[0]!, peers, tokens });
    const leads = async () => /^evenkeel_leader 1$/m.test((await leader.get<string>("/metrics")).body);
    await waitFor(leads, "the first replica to lead");
    other = await rig.startOperator({ identity: "other", port: ports[1]!, peers, tokens });
    pods = await rig.deploy("web", 3);
    await rig.applyPool("web", { metrics });
    await rig.waitForEndpoints("web", (endpoints) => endpoints.length === 3, "3");
  });
  afterAll(async () => {
    await Promise.all(followed.map((pool) => pool.close()));
    await rig?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test("while nobody reports, no pod is measured, and the pool says so", async () => {
    await rig.waitForCondition("web", "MetricsHealthy", "False/TooFewFresh");
    const { coverage, endpoints } = (await leader.pool(rig.namespace, "web"))!;
    expect(coverage.failures).toMatchObject([{ failure: "NotReported", pods: 3 }]);
    expect(endpoints.map(({ weight }) => weight)).toEqual([1_000, 1_000, 1_000]);
  });

  test("what a client reports to the one that does not lead is what the leader decides by", async () => {
    const client = follow(other);
    await client.ready;
    hold(client, pods[0]!, 30);
    await isServed(other, [30, 0, 0]);
    await isServed(leader, [30, 0, 0]);
    // Only the leader writes.
    const status = await rig.waitForStatus(
      "web",
      ({ endpoints }) => find(endpoints ?? [], pods[0]!.name)?.connections === 30,
      "with 30 connections",
    );
    expect(other.writes()).toEqual([]);
    expect(status.endpoints?.at(-1)?.pod).toBe(pods[0]!.name);
    expect(status.source).toBe("Push");
    const weights = (pool: PoolDocument) => pods.map(({ name }) => find(pool.endpoints, name)!.weight);
    const lighter = (pool: PoolDocument) => weights(pool)[0]! < 0.8 * weights(pool)[1]!;
    const decided = await rig.waitForServed(leader, "web", lighter, "with less weight for the busy pod");
    // However much a client claims, a pod keeps its part.
    expect(Math.min(...weights(decided))).toBeGreaterThan(250);
    await rig.waitForCondition("web", "MetricsHealthy", "True/AllFresh");
  });

  test("clients of different replicas add up, and one that leaves takes its own along", async () => {
    const second = follow(leader);
    await second.ready;
    hold(second, pods[0]!, 5);
    hold(second, pods[2]!, 7);
    for (const operator of [leader, other]) await isServed(operator, [35, 0, 7]);
    await second.close();
    for (const operator of [leader, other]) await isServed(operator, [30, 0, 0]);
  });

  test("without the token nobody reports", async () => {
    const body = JSON.stringify({ connections: { [pods[1]!.name]: 1_000_000 } });
    for (const headers of [{}, { authorization: "Bearer guess" }]) {
      const refused = await fetch(`${urlAt(leader)}/connections?client=x`, { method: "PUT", body, headers });
      expect(refused.status).toBe(401);
    }
    await isServed(leader, [30, 0, 0]);
  });

  test("replicas with the same weights give one client the same list", async () => {
    await rig.applyPool("web", { metrics, strategy: { type: "RoundRobin" } });
    const listOf = async (operator: RunningOperator) =>
      ((await (await fetch(`${urlAt(operator)}?client=me`)).json()) as PoolDocument).list?.map(({ pod }) => pod).join();
    const agree = async () => {
      const [one, two] = await Promise.all([listOf(leader), listOf(other)]);
      return one !== undefined && one === two && one.split(",").length === 3;
    };
    await waitFor(agree, "both to give the same list");
    await rig.applyPool("web", { metrics });
  });

  test("the next leader knows already what clients told the last one", async () => {
    await isServed(other, [30, 0, 0]);
    await rig.stopOperator(leader);
    const leads = async () => /^evenkeel_leader 1$/m.test((await other.get<string>("/metrics")).body);
    await waitFor(leads, "the other replica to lead");
    expect(countsOf((await other.pool(rig.namespace, "web"))!)).toEqual([30, 0, 0]);
    hold(followed[0]!, pods[1]!, 9);
    await isServed(other, [30, 9, 0]);
  });

  test("what followers were told of was nothing", () => {
    expect(errors).toEqual([]);
  });
});
