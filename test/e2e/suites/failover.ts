import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import type { Slice } from "../../../src/act/slice.ts";
import { waitFor } from "../../tools/control-plane/wait-for.ts";
import { containerIdOf, findProcess } from "../node-process.ts";
import type { Stage } from "../stage.ts";
import { addFigure } from "../stage-record.ts";

const namespace = "evenkeel";
const waiting = { timeoutMs: 60_000, intervalMs: 250 };

const isSettled = (slice: Slice): boolean => slice.endpoints.every(({ conditions }) => conditions.ready);

export function testFailover(stage: Stage): void {
  // Pods that go may still be on their way out.
  const settled = () =>
    waitFor(
      async () => {
        const [slices, operators] = [await stage.slices("hello"), await stage.readyOperators()];
        return operators.length === 2 && slices.every(isSettled) && slices;
      },
      "two operators, and no pod to be leaving",
      waiting,
    );

  /** Waits until another leads, and sees that the slices are what they were until then. */
  async function waitForAnother(holder: string, before: readonly Slice[]): Promise<string> {
    const seen: Slice[][] = [];
    const next = await waitFor(
      async () => {
        seen.push(await stage.slices("hello"));
        const now = await stage.holder();
        return now !== "" && now !== holder && now;
      },
      "another leader",
      waiting,
    );
    expect(seen.find((slices) => !isDeepStrictEqual(slices, before)) ?? before).toEqual(before);
    return next;
  }

  /** Of what consumers and workloads feel; status is written all the time. */
  async function readMetrics(pod: string) {
    const text = await stage.kubectl([
      "get",
      "--raw",
      `/api/v1/namespaces/${namespace}/pods/${pod}:8080/proxy/metrics`,
    ]);
    const sum = (name: RegExp): number =>
      text
        .split("\n")
        .filter((line) => name.test(line))
        .reduce((total, line) => total + Number(line.split(" ").at(-1)), 0);
    return { leads: sum(/^evenkeel_leader /) === 1, writes: sum(/^evenkeel_(slice|scale)_writes_total/) };
  }

  /** Takes a pod away, to see whether the leader does what the one before did. */
  async function expectWork(leader: string): Promise<void> {
    const pods = await stage.readyPods("hello");
    const [leaving = ""] = pods;
    await stage.kubectl(["delete", "pod", leaving, "--wait=false"]);
    await waitFor(
      async () => {
        const [now, endpoints] = await Promise.all([stage.readyPods("hello"), stage.readyEndpoints("hello")]);
        return !now.includes(leaving) && now.length === pods.length && now.join() === endpoints.join();
      },
      `${leader} to publish the pod in place of ${leaving}`,
      waiting,
    );
  }

  test("a leader whose pod is deleted takes no endpoint with it, and another replica goes on", async () => {
    const before = await settled();
    const [holder, leader, counted] = [await stage.holder(), await stage.leader(), await stage.counted()];
    await stage.kubectl([
      ...["--namespace", namespace, "delete", "pod", leader],
      ...["--grace-period", "0", "--force"],
    ]);
    const next = await waitForAnother(holder, before);
    expect(await stage.readyPods("hello")).toEqual(await stage.readyEndpoints("hello"));
    await expectWork(next);
    expect((await stage.counted()).failures).toEqual(counted.failures);
  });

  test("a leader that dies without a word is succeeded when its Lease has run out", async () => {
    const before = await settled();
    const [holder, leader, counted] = [await stage.holder(), await stage.leader(), await stage.counted()];
    const dying = await findProcess(stage, leader, namespace);
    const diedAt = performance.now();
    await dying.signal("KILL");
    const next = await waitForAnother(holder, before);
    const takeoverMs = performance.now() - diedAt;
    await addFigure(stage.record, "e2e.takeover_ms", Math.round(takeoverMs));
    // 15 s of the Lease from its last renewal, and the others look every 2 to 4.4 s.
    expect(takeoverMs).toBeLessThan(40_000);
    await expectWork(next);
    expect((await stage.counted()).failures).toEqual(counted.failures);
  });

  test("a leader that was frozen longer than its Lease writes nothing when it wakes", async () => {
    const slices = await settled();
    const [holder, leader, counted] = [await stage.holder(), await stage.leader(), await stage.counted()];
    const before = await readMetrics(leader);
    expect(before.leads).toBe(true);
    const frozen = await findProcess(stage, leader, namespace);
    await frozen.signal("STOP");
    let next: string;
    try {
      next = await waitForAnother(holder, slices);
      // What it finds when it wakes: a pod that goes, and slices that it knows as they were.
      await stage.kubectl(["delete", "pod", (await stage.readyPods("hello"))[0]!, "--wait=false"]);
    } finally {
      await frozen.signal("CONT");
    }
    await waitFor(async () => (await stage.readyOperators()).includes(leader), `${leader} to follow`, {
      ...waiting,
      timeoutMs: 90_000,
    });
    await settled();
    await expect.poll(async () => (await readMetrics(leader)).leads, { timeout: 10_000 }).toBe(false);
    // The kubelet may have lost patience with it meanwhile: another life has written nothing at all.
    const { writes } = await readMetrics(leader);
    const isSameLife = (await containerIdOf(stage, leader, namespace)) === frozen.containerId;
    expect(writes).toBe(isSameLife ? before.writes : 0);
    expect(await stage.holder()).toBe(next);
    await expect
      .poll(async () => stage.readyEndpoints("hello"), { timeout: 30_000 })
      .toEqual(await stage.readyPods("hello"));
    expect((await stage.counted()).failures).toEqual(counted.failures);
  });
}
