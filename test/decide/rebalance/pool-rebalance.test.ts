import { expect, test } from "vitest";
import type { Memory } from "../../../src/decide/memory.ts";
import { plan } from "../../../src/decide/plan.ts";
import type { ObservedPod } from "../../../src/decide/world.ts";
import { connected, observation, observedAt, pool, unmeasured } from "../../builders/builders.ts";

const spec = {
  metrics: { source: { http: { connections: { name: "open" } } } },
  strategy: { type: "RoundRobin", slowStart: "0s" },
  rebalance: { port: "http" },
};

/** What is planned in the second period, after a first in which everybody was measured. */
function secondPlan(pods: readonly ObservedPod[], parts: object = {}) {
  const given = pool({ ...spec, ...parts });
  let memory: Memory | undefined;
  const at = (ms: number) => {
    const made = plan(
      observation({ pool: given, now: observedAt + ms, pods: pods.map((one) => shifted(one, ms)) }),
      memory,
    );
    memory = made.memory;
    return made.plan;
  };
  at(0);
  return at(10_000);
}

/** The same with samples that are as fresh later. */
const shifted = ({ reading, ...rest }: ObservedPod, ms: number): ObservedPod => ({
  ...rest,
  ...(reading && {
    reading: { ...reading, samples: reading.samples.map((one) => ({ ...one, takenAt: one.takenAt + ms })) },
  }),
});

const askedOf = ({ rebalance }: ReturnType<typeof secondPlan>) =>
  rebalance?.asks.map(({ pod, connections }) => [pod.name, connections]);

test("pods that have more than their share are to be asked, and a pool without it asks nobody", () => {
  const pods = [connected("a", 100), connected("b", 100), connected("c", 10)];
  const made = secondPlan(pods);
  expect(askedOf(made)).toEqual([
    ["a", 5],
    ["b", 5],
  ]);
  expect(made.rebalance?.surplus.get(pods[2]!.pod.uid)).toBe(0);
  expect(secondPlan(pods, { rebalance: null }).rebalance).toBeUndefined();
});

test("a pod that is drained neither gives nor counts", () => {
  const drained = connected("d", 900);
  const made = secondPlan([
    connected("a", 100),
    connected("b", 100),
    { ...drained, pod: { ...drained.pod, drainRequested: true } },
  ]);
  expect(made.endpoints.map(({ pod }) => pod).toSorted()).toEqual(["a", "b"]);
  expect([made.rebalance?.state, askedOf(made)]).toEqual(["decided", []]);
});

test("a pod that is not ready counts for nothing, and a ready one without a sample stops all", () => {
  const pods = [connected("a", 100), connected("b", 10)];
  expect(askedOf(secondPlan([...pods, unmeasured("c", { ready: false })]))).toEqual([["a", 5]]);
  const blind = secondPlan([...pods, unmeasured("c")]);
  expect([blind.rebalance?.state, askedOf(blind), blind.rebalance?.surplus.size]).toEqual(["missing", [], 0]);
});

test("pods that take twice the share of another are not asked where they can carry twice as much", () => {
  const metrics = { source: { http: { connections: { name: "open" }, load: { name: "load" } } } };
  const loaded = (name: string, connections: number): ObservedPod => {
    const { pod, reading } = connected(name, connections);
    return { pod, reading: { ...reading!, samples: reading!.samples.map((one) => ({ ...one, load: 40 })) } };
  };
  const made = secondPlan([loaded("a", 100), loaded("b", 50)], { metrics });
  expect([made.rebalance?.state, askedOf(made)]).toEqual(["decided", []]);
});
