import { describe, expect, test } from "vitest";
import { plan } from "../../src/decide/plan.ts";
import type { ObservedPod } from "../../src/decide/world.ts";
import {
  connected,
  failing,
  loaded,
  observation,
  orderOf,
  pod,
  pool,
  reading,
  sample,
  unmeasured,
} from "../builders/builders.ts";

const failed = (name: string): ObservedPod => ({ pod: pod(name), reading: failing("TimedOut") });

function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const part of Object.values(value)) freeze(part);
    Object.freeze(value);
  }
  return value;
}

describe("a plan", () => {
  test("has the endpoints in the strategy's order, with all that consumers ask for", () => {
    const best = {
      pod: pod("web-2", { zone: "zone-a", addresses: ["10.0.0.2", "fd00::2"] }),
      reading: reading(sample({ connections: 1, load: 12.5 }, 250)),
    };
    const { endpoints } = plan(observation({ pods: [connected("web-1", 7), best] })).plan;
    expect(endpoints).toEqual([
      {
        pod: "web-2",
        uid: "uid-web-2",
        address: "10.0.0.2",
        ports: [{ name: "http", port: 8080 }],
        node: "node-1",
        zone: "zone-a",
        rank: 1,
        weight: expect.any(Number),
        connections: 1,
        load: 12.5,
        ageMs: 250,
        reason: "1 connection, mean 4.0",
      },
      expect.objectContaining({ pod: "web-1", rank: 2, connections: 7, reason: "7 connections, mean 4.0" }),
    ]);
    expect(endpoints[0]!.weight).toBeGreaterThan(endpoints[1]!.weight);
  });

  test("has members in the same order, then those that take no traffic, by name", () => {
    const pods = [
      unmeasured("web-9", { ready: false }),
      connected("web-1", 7),
      unmeasured("web-3", { terminating: true }),
      connected("web-2", 1),
      unmeasured("web-4", { addresses: [] }),
    ];
    const { members, excluded } = plan(observation({ pods })).plan;
    expect(members.map((member) => member.pod.name)).toEqual(["web-2", "web-1", "web-3", "web-9"]);
    expect(excluded).toEqual([
      { pod: "web-9", reason: "NotReady" },
      { pod: "web-3", reason: "Terminating" },
      { pod: "web-4", reason: "NoAddress" },
    ]);
  });

  test("has the average load over the pods that take traffic and have a fresh sample", () => {
    const gone = { ...loaded("web-4", 1), pod: pod("web-4", { terminating: true }) };
    const old = { pod: pod("web-5"), reading: reading(sample({ load: 1 }, 60_000)) };
    const pods = [loaded("web-1", 20), loaded("web-2", 41), unmeasured("web-3"), gone, old];
    expect(plan(observation({ pods })).plan.averageLoad).toBe(30.5);
    expect(plan(observation({ pods: [gone, old] })).plan.averageLoad).toBeUndefined();
  });

  test("has even weights when too few pods are measured, and keeps the order", () => {
    const pods = [connected("web-1", 9), connected("web-2", 0), failed("web-3"), failed("web-4"), failed("web-5")];
    const { endpoints } = plan(observation({ pods })).plan;
    expect(endpoints.map(({ weight }) => weight)).toEqual(Array(5).fill(1_000));
    expect(endpoints.slice(0, 2).map((endpoint) => endpoint.pod)).toEqual(["web-2", "web-1"]);
    expect(new Set(plan(observation({ pods: pods.slice(0, 4) })).plan.endpoints.map(({ weight }) => weight)).size).toBe(
      3,
    );
  });

  test("is not settled while pods were never asked, as after a restart", () => {
    expect(plan(observation({ pods: [connected("web-1", 1), unmeasured("web-2")] })).plan.settled).toBe(false);
    expect(plan(observation({ pods: [connected("web-1", 1), failed("web-2")] })).plan.settled).toBe(true);
  });

  test("goes on publishing and ordering when another autoscaler owns the replicas", () => {
    const scaleProblem = { reason: "ScaledByAnother", message: "HPA web." } as const;
    const seen = observation({
      pods: [loaded("web-1", 90, 90)],
      scaleProblem,
      pool: pool({ scaling: { maxReplicas: 5 } }),
    });
    const { endpoints, scale } = plan(seen).plan;
    expect(endpoints).toHaveLength(1);
    expect(scale).toMatchObject({ kind: "hold", reason: "ScaledByAnother" });
  });

  test("has no endpoints where there are no pods, and asks to be made again", () => {
    const { endpoints, members, lookAgainInMs } = plan(observation()).plan;
    expect([endpoints, members]).toEqual([[], []]);
    expect(lookAgainInMs).toBeGreaterThan(0);
  });

  test("follows from the observation alone, which stays as it was", () => {
    const seen = () =>
      observation({ pods: [connected("web-1", 1), connected("web-2", 1), unmeasured("web-3")], seed: 11 });
    const frozen = freeze(seen());
    expect(plan(frozen).plan).toEqual(plan(seen()).plan);
    expect(frozen).toEqual(seen());
  });

  test("decides between equals by the observation's seed", () => {
    const pods = Array.from({ length: 8 }, (_, index) => connected(`web-${index}`, 1));
    const orders = [1, 2, 3, 4].map((seed) => orderOf(plan(observation({ pods, seed })).plan).join());
    expect(new Set(orders).size).toBe(4);
  });
});
