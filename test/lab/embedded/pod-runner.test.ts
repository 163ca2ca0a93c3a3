import { afterEach, expect, test } from "vitest";
import type { PodRuntime } from "../../../src/lab/embedded/pod-runtime.ts";
import { waitFor } from "../../tools/control-plane/wait-for.ts";
import { startCluster } from "./cluster.ts";

const starting = Promise.withResolvers<{ readonly podIP: string }>();
// Before the cluster is closed, which waits for what is under way.
afterEach(() => starting.resolve({ podIP: "127.0.0.1" }));

test("a pod that is deleted while it starts is stopped once it has", async () => {
  const calls: string[] = [];
  const runtime: PodRuntime = {
    start: () => {
      calls.push("start");
      return starting.promise;
    },
    stop: async () => void calls.push("stop"),
  };
  const { session } = await startCluster({ runtime });
  const path = `${session.core}/pods/a`;
  await session.create(`${session.core}/pods`, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "a" },
    spec: { containers: [{ name: "app", image: "none" }] },
  });
  await waitFor(async () => calls.length > 0, "the start");
  await session.expect(200, "DELETE", path);
  // Whatever the deletion makes the runner do, it has begun when it has told of it.
  await waitFor(async () => {
    const { items } = await session.get(`${session.core}/events`);
    return items.some(({ reason }: { readonly reason: string }) => reason === "Killing");
  }, "the deletion to be seen");
  expect(calls).toEqual(["start"]);
  starting.resolve({ podIP: "127.0.0.1" });
  await waitFor(async () => (await session.api.request("GET", path)).status === 404, "the pod to go");
  expect(calls).toEqual(["start", "stop"]);
});
