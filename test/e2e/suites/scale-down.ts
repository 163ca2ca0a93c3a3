import { expect, test } from "vitest";
import { waitFor } from "../../tools/control-plane/wait-for.ts";
import type { Counted, Stage } from "../stage.ts";

const waiting = { timeoutMs: 90_000, intervalMs: 500 };

const podsOf = ({ answers }: Counted): string[] => Object.keys(answers).sort();

export function testScaleDown(stage: Stage): void {
  test("takes idle pods and cuts no connection", async () => {
    // Few connections that last: some of the six pods have none.
    await stage.kubectl(["set", "env", "deployment/hello-client", "CONNECTIONS=3", "LIFETIME=3600"]);
    await stage.kubectl(["rollout", "status", "deployment/hello-client"]);
    await waitFor(
      async () => (await stage.list("/api/v1/namespaces/default/pods", "app=hello-client")).length === 1,
      "the client with many connections to be gone",
      waiting,
    );
    const manyAnswers = async () => {
      const counted = await stage.counted();
      return Object.values(counted.answers).reduce((sum, count) => sum + count, 0) > 30 && podsOf(counted);
    };
    const busy = await waitFor(manyAnswers, "answers over all connections", waiting);
    expect(busy.length).toBeLessThanOrEqual(3);

    const patch = { spec: { scaling: { minReplicas: 3, down: { window: "5s", period: "5s", drain: "60s" } } } };
    await stage.kubectl(["patch", "lbp", "hello", "--type", "merge", "--patch", JSON.stringify(patch)]);
    const left = await waitFor(
      async () => {
        const ready = await stage.readyPods("hello");
        return ready.length === 3 && ready;
      },
      "3 pods to be left",
      waiting,
    );
    expect(left).toEqual(expect.arrayContaining(busy));
    expect(await stage.readyEndpoints("hello")).toEqual(left);
    // Had a connection been cut, another pod would have answered in the place of its own.
    const { failures, answers } = await stage.counted();
    expect(failures).toEqual({});
    expect(podsOf({ failures, answers })).toEqual(busy);
  });
}
