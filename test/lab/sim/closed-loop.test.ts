import { describe, expect, it } from "vitest";
import type { PolicyName, Scenario } from "../../../src/lab/sim/scenario.ts";
import { expectMean, half, runOnce, simulate } from "./simulate.ts";

const fleet: Partial<Scenario> = {
  pods: 20,
  load: 0.7,
  speeds: half(20, 0.75, 1.25),
  horizon: 8_000,
  warmUp: 0.3,
};
const through = (schedulers: number): Partial<Scenario> => ({ pick: "edf", dispatchers: schedulers });

// Mean response by an independent simulation of the same rules.
const cells: readonly (readonly [PolicyName, Partial<Scenario>, number])[] = [
  ["LeastConnections", { updateInterval: 10 }, 2.722],
  ["LeastConnections", { updateInterval: 50 }, 3.188],
  ["LeastConnections", { updateInterval: 10, ...through(1) }, 1.803],
  ["LeastConnections", { updateInterval: 10, ...through(10) }, 2.354],
  ["LeastConnections", { updateInterval: 50, ...through(10) }, 2.442],
  ["capacityLI", { updateInterval: 10 }, 2.771],
  ["capacityLI", { updateInterval: 50, ...through(10) }, 2.487],
  ["capacity", { updateInterval: 10, ...through(1) }, 1.978],
  ["oracleProportional", { updateInterval: 10, ...through(10) }, 2.684],
  ["oracleOptimum", { updateInterval: 50, ...through(10) }, 2.452],
];

describe("weights of unequal pods", () => {
  it.each(cells)("%s at %j", (policy, change, mean) => {
    expectMean(simulate({ ...fleet, ...change, policy }), mean);
  });
});

describe("LeastConnections", () => {
  it.each([
    ["fresh", 0.5, {}],
    ["old", 100, {}],
    ["late by an interval", 10, { delay: 10 }],
    ["with a tenth of the samples lost", 10, { missing: 0.1 }],
  ])("is not worse than even weights: %s", (_, updateInterval, change) => {
    const scenario: Partial<Scenario> = { pods: 10, load: 0.8, updateInterval, horizon: 3_000, ...change };
    const { mean } = simulate({ ...scenario, policy: "LeastConnections" });
    expect(mean / simulate({ ...scenario, policy: "uniform" }).mean).toBeLessThan(1.02);
  });

  it("is even weights when every sample is lost", () => {
    const scenario: Partial<Scenario> = { ...fleet, horizon: 1_000, missing: 1, delay: 2 };
    const [ours, even] = (["LeastConnections", "uniform"] as const).map((policy) => runOnce({ ...scenario, policy }));
    expect(ours!.recorder.batches).toEqual(even!.recorder.batches);
  });
});
