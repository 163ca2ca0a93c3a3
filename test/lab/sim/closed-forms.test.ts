import { describe, expect, it } from "vitest";
import type { PolicyName } from "../../../src/lab/sim/scenario.ts";
import { expectMean, half, simulate } from "./simulate.ts";
import { anyService, bestSplit, equalSplit, roundRobin, sharedQueue, singleServer, supermarket } from "./theory.ts";

describe("a simulation agrees with theory", () => {
  it.each([0.5, 0.7, 0.9])("on a random split at load %d", (load) => {
    const summary = simulate({ load, horizon: 3_000 });
    expectMean(summary, singleServer(load));
    expect(summary.p50 / (Math.LN2 / (1 - load))).toBeCloseTo(1, 1);
    expect(summary.p99 / (Math.log(100) / (1 - load))).toBeCloseTo(1, 0.5);
  });

  it.each([0, 0.4, 4])("on service times of squared variation %d", (cv2) => {
    expectMean(simulate({ cv2, load: 0.7, horizon: 3_000 }), anyService(0.7, cv2));
  });

  it.each([10, 100])("on round robin over %i pods", (pods) => {
    expectMean(simulate({ pods, load: 0.8, policy: "roundRobin", horizon: 300_000 / pods }), roundRobin(pods, 0.8));
  });

  it.each([1, 4])("on pods that serve 10 at once, whatever the variation (%d)", (cv2) => {
    expectMean(simulate({ cv2, pods: 10, load: 0.8, concurrency: 10, horizon: 3_000 }), sharedQueue(10, 0.8));
  });

  it.each([2, 3, 5])("on the least of %i fresh queues of 500", (d) => {
    const policy: PolicyName = `choices${d}`;
    expectMean(simulate({ pods: 500, load: 0.8, policy, updateInterval: 0, horizon: 400 }), supermarket(d, 0.8));
  });

  it("on unequal pods with fixed shares", () => {
    const fleet = { pods: 20, load: 0.7, speeds: half(20, 0.75, 1.25), horizon: 40_000, warmUp: 0.3 };
    expectMean(simulate({ ...fleet, load: 0.5, policy: "uniform" }), equalSplit(fleet.speeds, 0.5));
    expectMean(simulate({ ...fleet, policy: "oracleProportional" }), singleServer(0.7));
    expectMean(simulate({ ...fleet, policy: "oracleOptimum" }), bestSplit(fleet.speeds, 0.7));
  });

  it("on speeds of any scale: they are relative", () => {
    const fleet = { pods: 4, load: 0.7, policy: "oracleProportional" as const, horizon: 2_000 };
    expect(simulate({ ...fleet, speeds: [3, 3, 5, 5] })).toEqual(
      simulate({ ...fleet, speeds: [0.75, 0.75, 1.25, 1.25] }),
    );
  });
});
