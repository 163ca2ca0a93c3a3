import { describe, expect, it } from "vitest";
import type { PolicyName, Scenario } from "../../../src/lab/sim/scenario.ts";
import { plainScenario } from "../../../src/lab/sim/scenario.ts";
import { Simulation } from "../../../src/lab/sim/simulation.ts";
import { half, runOnce } from "./simulate.ts";

const policies: readonly PolicyName[] = [
  "random",
  "roundRobin",
  "choices2",
  "inverse",
  "basicLI",
  "aggressiveLI",
  "strict",
  "ownDispatches",
  "capacityLI",
  "loadIntegrator",
  "LeastConnections",
];

const hard: Partial<Scenario> = {
  pods: 10,
  speeds: half(10, 0.5, 1.5),
  load: 0.8,
  antagonist: true,
  cv2: 4,
  delay: 3,
  missing: 0.2,
  updateInterval: 5,
  horizon: 1_500,
  warmUp: 0,
};

const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);

describe("nothing is lost and nothing appears", () => {
  it.each(policies.flatMap((policy) => [1, 4].map((concurrency) => [policy, concurrency] as const)))(
    "%s, %i at once",
    (policy, concurrency) => {
      const { servers, sent, recorder } = runOnce({ ...hard, policy, concurrency });
      const responses = sum(recorder.batches.map((batch) => batch.sum));
      expect(sum(sent)).toBeGreaterThan(10_000);
      expect(sum(recorder.batches.map(({ count }) => count))).toBe(sum(sent));
      expect(servers.map(({ departures }) => departures)).toEqual([...sent]);
      expect(servers.every(({ queue }) => queue === 0)).toBe(true);
      // Little's law, exact from an empty start to an empty end.
      expect(sum(servers.map(({ queueTime }) => queueTime)) / responses).toBeCloseTo(1, 9);
      expect(sum(servers.map(({ responseTime }) => responseTime)) / responses).toBeCloseTo(1, 9);
    },
  );

  it("keeps what has not left in the queues", () => {
    const simulation = new Simulation({ ...plainScenario, ...hard });
    simulation.run(2_000);
    const departures = sum(simulation.servers.map((server) => server.departures));
    const waiting = sum(simulation.servers.map((server) => server.queue));
    expect(waiting).toBeGreaterThan(0);
    expect(departures + waiting).toBe(2_000);
  });

  it("does the work that came: busy time is arrivals over capacity", () => {
    const speeds = half(10, 0.5, 1.5);
    const { servers, sent } = runOnce({ pods: 10, speeds, load: 0.5, cv2: 0, horizon: 2_000, policy: "uniform" });
    for (const [pod, server] of servers.entries()) expect(server.busyTime * speeds[pod]!).toBeCloseTo(sent[pod]!, 6);
  });

  it("slows antagonists' pods for as long as it says", () => {
    const { servers, sent } = runOnce({ pods: 10, load: 0.3, cv2: 0, antagonist: true, horizon: 100_000 });
    const pace = servers.map((server, pod) => sent[pod]! / server.busyTime);
    const slowed = pace.filter((speed) => speed < 0.99);
    expect(slowed).toHaveLength(3);
    // A third of the time at 0.4 of the speed; queues fill what is left of the time.
    for (const speed of slowed) expect(speed).toBeGreaterThan(0.55);
    for (const speed of slowed) expect(speed).toBeLessThan(0.85);
  });
});

describe("a seed", () => {
  const responses = (seed: number): unknown =>
    runOnce({ ...hard, policy: "LeastConnections", pick: "edf", dispatchers: 3, seed }).recorder.batches;

  it("repeats a run exactly", () => {
    expect(responses(7)).toEqual(responses(7));
  });

  it("differs from another seed", () => {
    expect(responses(7)).not.toEqual(responses(8));
  });

  it("brings the same requests to all policies", () => {
    const runs = (["random", "strict"] as const).map((policy) =>
      runOnce({ ...hard, policy, speeds: half(10, 1, 1), antagonist: false }),
    );
    const work = runs.map(({ servers }) => sum(servers.map(({ busyTime }) => busyTime)));
    expect(work[0]).toBeCloseTo(work[1]!, 6);
  });

  it("does not care in which steps a run is made", () => {
    const simulation = new Simulation({ ...plainScenario, ...hard });
    while (!simulation.run(17));
    expect(simulation.recorder.batches).toEqual(runOnce(hard).recorder.batches);
  });
});
