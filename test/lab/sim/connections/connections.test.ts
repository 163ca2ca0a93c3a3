import { describe, expect, it } from "vitest";
import { ConnectionFleet } from "../../../../src/lab/sim/connections/fleet.ts";
import { imbalanceOf } from "../../../../src/lab/sim/connections/imbalance.ts";
import { type ConnectionScenario, plainConnections } from "../../../../src/lab/sim/connections/scenario.ts";
import { ConnectionSimulation } from "../../../../src/lab/sim/connections/simulation.ts";
import { runSteady, type SteadyFigures, summarizeSteady } from "../../../../src/lab/sim/connections/steady.ts";
import { Random } from "../../../../src/lab/sim/random.ts";

function resultOf<Result>(steps: Generator<number, Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

const follow = (change: Partial<ConnectionScenario>, seeds = [1, 2]): SteadyFigures =>
  summarizeSteady(seeds.map((seed) => resultOf(runSteady({ ...plainConnections, ...change, seed }))));

const half = { floor: 1 / 2 };

/** Within 3 % or three standard errors. */
function expectSpread({ sdOverMean, se }: SteadyFigures, expected: number): void {
  expect(Math.abs(sdOverMean - expected), `${sdOverMean} (se ${se})`).toBeLessThan(Math.max(0.03 * expected, 3 * se));
  expect(se).toBeLessThan(0.05 * expected);
}

describe("connections that come at random and stay for exponential times", () => {
  it("are a Poisson number on each pod behind a plain Service", () => {
    const counts: number[] = [];
    let dispatched = 0;
    const fleet = new ConnectionFleet(10, { hold: 30 }, new Random(1, 0), () => dispatched++ % 10);
    const simulation = new ConnectionSimulation({ ...plainConnections, pods: 10, connections: 25, hold: 30 });
    for (let sample = 1; sample <= 60_000; sample += 1) {
      simulation.step();
      if (sample > 600 && sample % 30 === 0) counts.push(...simulation.fleet.counts);
    }
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length;
    expect(mean / 25).toBeCloseTo(1, 1);
    expect(variance / mean).toBeGreaterThan(0.93);
    expect(variance / mean).toBeLessThan(1.07);
    expect(fleet.open).toBe(0);
  });

  it("fall off as exponential times do when none comes", () => {
    const fleet = new ConnectionFleet(2, { hold: 10 }, new Random(3, 0), () => 0);
    for (let one = 0; one < 40_000; one += 1) fleet.add(one % 2);
    fleet.advance(10);
    for (const count of fleet.counts) expect(Math.abs(count / 20_000 - Math.exp(-1))).toBeLessThan(0.015);
    expect(fleet.open).toBe(fleet.counts[0]! + fleet.counts[1]!);
  });

  it("come back to where they are sent when they were closed", () => {
    const fleet = new ConnectionFleet(2, { hold: 1e9 }, new Random(1, 0), () => 1);
    for (let one = 0; one < 30; one += 1) fleet.add(0);
    fleet.close(0, 10, 1);
    expect([...fleet.counts]).toEqual([20, 0]);
    fleet.advance(0.5);
    expect(fleet.counts[1]).toBeGreaterThan(0);
    expect(fleet.counts[1]).toBeLessThan(10);
    fleet.advance(1);
    expect([...fleet.counts]).toEqual([20, 10]);
  });
});

describe("the spread", () => {
  it("goes by what each pod can carry", () => {
    expect(imbalanceOf([5, 15], Float64Array.of(0.5, 1.5), 2)).toEqual({ sdOverMean: 0, maxOverMean: 1 });
    const { sdOverMean, maxOverMean } = imbalanceOf([10, 30, 0], Float64Array.of(1, 1, 1), 2);
    expect(sdOverMean).toBeCloseTo(0.5);
    expect(maxOverMean).toBeCloseTo(1.5);
  });
});

// Of independent simulations: pods, connections, hold time, period, policy, and what became of it.
describe("policies do as in other simulators", () => {
  it.each([
    ["all", {}, 0.215],
    ["choices2", {}, 0.077],
    ["leastConnections", {}, 0.026],
    ["meanThreshold", half, 0.079],
    ["meanThreshold", { ...half, hold: 10 }, 0.331],
    ["leastBusy", half, 0.085],
    ["leastBusy", {}, 0.113],
    ["leastBusy", { ...half, hold: 60 }, 0.132],
    ["leastBusy", { pods: 10, connections: 22, hold: 100, period: 5 }, 0.104],
    ["leastBusy", { ...half, speeds: [...Array(10).fill(0.5), ...Array(10).fill(1.5)] }, 0.102],
  ] as const)("%s %o", (policy, change, expected) => {
    expectSpread(follow({ policy, ...change }), expected);
  });
});

describe("the ready set", () => {
  it("is everybody when connections are short: nothing is written", () => {
    const { writesPerPeriod, published } = follow({ policy: "leastBusy", hold: 2 }, [1]);
    expect(published).toBeCloseTo(20, 1);
    expect(writesPerPeriod).toBeLessThan(0.02);
  });

  it("changes few slices at a time where it has several", () => {
    const simulation = new ConnectionSimulation({ ...plainConnections, pods: 300, policy: "leastBusy", told: true });
    for (let sample = 0; sample < 600; sample += 1) simulation.step();
    expect(simulation.writes).toBeGreaterThan(20);
    expect(simulation.slicesWritten).toBeGreaterThanOrEqual(simulation.writes);
    expect(simulation.slicesWritten).toBeLessThan(2 * simulation.writes);
  });

  it("never goes below its floor, whatever is lost", () => {
    const simulation = new ConnectionSimulation({
      ...plainConnections,
      policy: "leastBusy",
      missing: 0.3,
      alternate: true,
    });
    let least = 20;
    for (let sample = 0; sample < 3_000; sample += 1) {
      simulation.step();
      least = Math.min(least, simulation.published);
    }
    expect(least).toBe(14);
  });

  it("lets everybody in for a crowd, in a second and the time that a write takes", () => {
    const simulation = new ConnectionSimulation({ ...plainConnections, policy: "leastBusy", floor: 1 / 2 });
    simulation.goTo(3_003.7);
    expect(simulation.published).toBeLessThan(20);
    simulation.failAll(5);
    simulation.goTo(3_005);
    expect(simulation.published).toBe(20);
    simulation.goTo(3_009.9);
    expect(simulation.published).toBe(20);
    expect(simulation.fleet.open).toBeGreaterThan(350);
  });

  it("takes what it asked pods to close for no crowd", () => {
    const scenario = { ...plainConnections, connections: 100, policy: "leastBusy", rebalance: 0.05 } as const;
    const simulation = new ConnectionSimulation({ ...scenario, pods: 10, hold: 600, join: 5 });
    simulation.goTo(3_000);
    simulation.join();
    simulation.goTo(3_015);
    expect(simulation.closed).toBeGreaterThan(30);
    expect(simulation.published).toBeLessThan(15);
  });
});

describe("a seed", () => {
  const scenario = { ...plainConnections, policy: "leastBusy", missing: 0.1, hold: 30 } as const;
  const countsOf = (seed: number, steps: number): number[] => {
    const simulation = new ConnectionSimulation({ ...scenario, seed });
    for (let sample = 0; sample < steps; sample += 1) simulation.step();
    return [...simulation.fleet.counts];
  };

  it("repeats a run exactly, and differs from another", () => {
    expect(countsOf(7, 500)).toEqual(countsOf(7, 500));
    expect(countsOf(7, 500)).not.toEqual(countsOf(8, 500));
  });
});
