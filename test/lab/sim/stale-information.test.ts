import { describe, it } from "vitest";
import type { PolicyName } from "../../../src/lab/sim/scenario.ts";
import { expectMean, simulate } from "./simulate.ts";

// Mean response of 100 pods at load 0.9 that are read every so often, by an independent simulation.
const cells: readonly (readonly [PolicyName, number, number])[] = [
  ["choices2", 1, 2.98],
  ["choices2", 10, 5.13],
  ["choices3", 5, 4.33],
  ["inverse", 5, 4.83],
  ["basicLI", 2, 3.07],
  ["basicLI", 50, 7.49],
  ["aggressiveLI", 5, 3.72],
  ["aggressiveLI", 20, 5.39],
  ["strict", 1, 4.1],
  ["ownDispatches", 10, 3.04],
];

describe("stale information costs what it does elsewhere", () => {
  it.each(cells)("%s, read every %d", (policy, updateInterval, mean) => {
    expectMean(simulate({ policy, updateInterval, horizon: 3_000 }, [1]), mean);
  });

  it.each([
    [1, 3.31],
    [10, 4.07],
  ])("Basic LI through %i schedulers", (dispatchers, mean) => {
    expectMean(simulate({ policy: "basicLI", pick: "edf", dispatchers, horizon: 3_000 }, [1]), mean);
  });
});
