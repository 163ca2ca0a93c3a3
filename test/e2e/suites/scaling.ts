import { expect, test } from "vitest";
import { waitFor } from "../../tools/control-plane/wait-for.ts";
import { documentCommands } from "../../tools/documents/document-commands.ts";
import type { Stage } from "../stage.ts";

const waiting = { timeoutMs: 90_000, intervalMs: 500 };

export function testScaling(stage: Stage): void {
  test("adds pods when the load passes the limit, as the README shows", async () => {
    expect(await stage.replicas("hello")).toBe(2);
    for (const command of await documentCommands("README.md", "scale-up")) await stage.shell(command);
    // 60 connections, of which a pod takes 10 before it is past 50 % of its 20.
    expect(await stage.replicas("hello")).toBe(6);
    const last = async () => (await stage.poolStatus("hello"))?.lastScale;
    await expect.poll(last, { timeout: 15_000 }).toMatchObject({ to: 6, reason: "LoadAboveLimit" });
  });

  test("sends traffic to the new pods", async () => {
    const pods = await waitFor(
      async () => {
        const ready = await stage.readyPods("hello");
        return ready.length === 6 && ready;
      },
      "6 ready pods",
      waiting,
    );
    await expect.poll(() => stage.readyEndpoints("hello"), { timeout: 30_000, interval: 500 }).toEqual(pods);
    const before = await stage.counted();
    const allAnswer = async () => {
      const { answers } = await stage.counted();
      return pods.every((pod) => (answers[pod] ?? 0) > (before.answers[pod] ?? 0));
    };
    await waitFor(allAnswer, "answers from all 6", waiting);
    await waitFor(
      async () => {
        const { averageLoad = 100 } = (await stage.poolStatus("hello")) ?? {};
        return averageLoad <= 60;
      },
      "the load to be near the limit again",
      waiting,
    );
  });
}
