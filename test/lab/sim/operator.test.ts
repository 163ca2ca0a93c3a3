import { describe, expect, it } from "vitest";
import { strategyTypes } from "../../../src/api/pool.ts";
import { plainScenario, type Scenario } from "../../../src/lab/sim/scenario.ts";
import { Simulation } from "../../../src/lab/sim/simulation.ts";
import { half, runOnce, simulate } from "./simulate.ts";

const fleet: Partial<Scenario> = { pods: 5, load: 0.6, updateInterval: 10, horizon: 2_000, warmUp: 0.5 };
const at = 1_005;
const strategies = strategyTypes.map((policy) => ({ policy }));

/** Requests that each pod was sent up to a time, and after it. */
function sentAround(change: Partial<Scenario>, time: number) {
  const simulation = new Simulation({ ...plainScenario, ...fleet, ...change });
  while (simulation.progress * simulation.scenario.horizon < time) simulation.run(1);
  const before = [...simulation.sent];
  while (!simulation.run(100_000));
  return { before, after: before.map((sent, pod) => simulation.sent[pod]! - sent), failed: simulation.failed };
}

describe("the operator in a simulation", () => {
  it.each(strategies)("gives a pod that is drained nothing more, and cuts none of its requests ($policy)", (change) => {
    const { before, after, failed } = sentAround({ ...change, leaver: { at, grace: 300 } }, at);
    expect(before[0]).toBeGreaterThan(20);
    expect(after).toEqual([0, ...after.slice(1).map(() => expect.any(Number))]);
    expect(Math.min(...after.slice(1))).toBeGreaterThan(20);
    expect(failed).toBe(0);
  });

  it("cuts requests of a pod that does not wait for them", () => {
    const busy = { load: 0.9, policy: "RoundRobin", pick: "edf" } as const;
    const queued = sentAround({ ...busy, leaver: { at, grace: 0 } }, at);
    expect(queued.failed).toBeGreaterThan(0);
    // While the list is on its way, requests still come to a pod that is gone.
    const late = sentAround({ ...busy, delay: 20, leaver: { at, grace: 0 } }, at);
    expect(late.failed).toBeGreaterThan(queued.failed + 5);
    expect(late.after[0]).toBeGreaterThan(5);
    expect(sentAround({ ...busy, delay: 20, leaver: { at, grace: 300 } }, at).failed).toBe(0);
  });

  it.each(strategies)("gives a pod that comes nothing before, and then its share ($policy)", (change) => {
    const newcomer = { at, coldFor: 0, coldSpeed: 1 };
    const { before, after, failed } = sentAround({ ...change, load: 0.4, newcomer }, at);
    expect(before[4]).toBe(0);
    expect(after[4]).toBeGreaterThan(20);
    expect(failed).toBe(0);
  });

  it("lets a pod in slowly that comes, if it is told to", () => {
    const newcomer = { at, coldFor: 0, coldSpeed: 1 };
    const sharesOf = (slowStart: number) => {
      const run = { policy: "RoundRobin", pick: "edf", load: 0.4, newcomer, slowStart, horizon: 1_400 } as const;
      return sentAround(run, at).after;
    };
    const [slowly, atOnce] = [sharesOf(400), sharesOf(0)];
    expect(slowly[4]! / atOnce[4]!).toBeGreaterThan(0.4);
    expect(slowly[4]! / atOnce[4]!).toBeLessThan(0.75);
  });

  it("publishes nothing while nothing changes: turns go on over any number of readings", () => {
    const { sent } = runOnce({ ...fleet, policy: "RoundRobin", pick: "edf", updateInterval: 0.5 });
    expect(Math.max(...sent) - Math.min(...sent)).toBeLessThanOrEqual(2);
  });

  it("holds what it has learned of the pods when all samples are lost, not what their queues were", () => {
    const outage: Partial<Scenario> = {
      pods: 10,
      load: 0.7,
      speeds: half(10, 0.75, 1.25),
      horizon: 6_000,
      warmUp: 0.5,
    };
    const lost = { missing: 1, missingFrom: 2_995 };
    const best = simulate({ ...outage, policy: "oracleOptimum" }, [1, 2, 3]).mean;
    for (const updateInterval of [5, 10, 60]) {
      const change = { ...outage, ...lost, updateInterval, policy: "LeastConnections" } as const;
      expect(simulate(change, [1, 2, 3]).mean / best).toBeLessThan(1.1);
    }
  });
});
