import { expect, test } from "vitest";
import { waitFor } from "../../tools/control-plane/wait-for.ts";
import type { Counted, Stage } from "../stage.ts";

const waiting = { timeoutMs: 60_000, intervalMs: 500 };

/** Pods that answered since. */
const answering = (now: Counted, before: Counted): string[] =>
  Object.keys(now.answers)
    .filter((pod) => now.answers[pod]! > (before.answers[pod] ?? 0))
    .sort();

export function testTraffic(stage: Stage): void {
  test("reaches the pods that are ready through kube-proxy, and no others", async () => {
    const before = await stage.counted();
    const pods = await stage.readyPods("hello");
    await expect
      .poll(async () => answering(await stage.counted(), before), { timeout: 30_000, interval: 500 })
      .toEqual(pods);
  });

  test("is told by the client's log", async () => {
    const pods = await stage.readyPods("hello");
    const heard = async () => {
      const log = await stage.shell("kubectl logs deployment/hello-client");
      return pods.every((pod) => log.includes(pod));
    };
    await waitFor(heard, "every pod to be named in the log", waiting);
  });

  test("goes on without a failed request when a pod leaves", async () => {
    const before = await stage.counted();
    const [leaving = ""] = await stage.readyPods("hello");
    await stage.kubectl(["delete", "pod", leaving, "--wait=false"]);
    const gone = async () => !(await stage.readyEndpoints("hello")).includes(leaving);
    await waitFor(gone, `${leaving} to be out of the slices`, waiting);
    const pods = await waitFor(
      async () => {
        const ready = await stage.readyPods("hello");
        return ready.length === 2 && !ready.includes(leaving) && ready;
      },
      "another pod in its place",
      waiting,
    );
    const since = await stage.counted();
    const answeredByAll = async () => answering(await stage.counted(), since).join() === pods.join();
    await waitFor(answeredByAll, "answers from both pods and none from the one that left", waiting);
    expect((await stage.counted()).failures).toEqual(before.failures);
  });
}
