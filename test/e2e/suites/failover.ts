import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import type { Slice } from "../../../src/act/slice.ts";
import { waitFor } from "../../support/control-plane/wait-for.ts";
import type { Stage } from "../stage.ts";

const waiting = { timeoutMs: 60_000, intervalMs: 250 };

export function testFailover(stage: Stage): void {
  test("a killed leader takes no endpoint with it, and another replica goes on", async () => {
    // Pods that the scale-down took may still be on their way out.
    const settled = async () => {
      const slices = await stage.slices("hello");
      return slices.every(({ endpoints }) => endpoints.every(({ conditions }) => conditions.ready)) && slices;
    };
    const before = await waitFor(settled, "no pod to be leaving", waiting);
    const leader = await stage.leader();
    const counted = await stage.counted();
    await stage.kubectl([
      ...["--namespace", "evenkeel", "delete", "pod", leader],
      ...["--grace-period", "0", "--force"],
    ]);
    const seen: Slice[][] = [];
    const next = await waitFor(
      async () => {
        seen.push(await stage.slices("hello"));
        const holder = await stage.leader();
        return holder !== "" && holder !== leader && holder;
      },
      "another leader",
      waiting,
    );
    expect(seen.find((slices) => !isDeepStrictEqual(slices, before)) ?? before).toEqual(before);
    expect(await stage.readyPods("hello")).toEqual(await stage.readyEndpoints("hello"));

    // The new one does what the old one did.
    const pods = await stage.readyPods("hello");
    const [leaving = ""] = pods;
    await stage.kubectl(["delete", "pod", leaving, "--wait=false"]);
    await waitFor(
      async () => {
        const [now, endpoints] = await Promise.all([stage.readyPods("hello"), stage.readyEndpoints("hello")]);
        return !now.includes(leaving) && now.length === pods.length && now.join() === endpoints.join();
      },
      `${next} to publish the pod in place of ${leaving}`,
      waiting,
    );
    expect((await stage.counted()).failures).toEqual(counted.failures);
  });
}
