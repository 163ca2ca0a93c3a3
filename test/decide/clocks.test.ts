import { describe, expect, test } from "vitest";
import { toTime } from "../../src/api/time.ts";
import type { Memory } from "../../src/decide/memory.ts";
import { plan } from "../../src/decide/plan.ts";
import type { ObservedPod, Pod } from "../../src/decide/world.ts";
import {
  loaded,
  observation,
  observedAt,
  pod,
  pool,
  probing,
  reading,
  sample,
  unmeasured,
} from "../builders/builders.ts";
import { createPlanSeries, weightsOf } from "../builders/plan-series.ts";
import { busy, ScaleSeries } from "../builders/scale-series.ts";

const hourMs = 3_600_000;

describe("a clock that is set back by an hour", () => {
  const pods = busy(4, 1, 3);
  const down = { window: "10s", drain: "20s", period: "0s" };
  /** In a drain of web-2 that has just begun. */
  const begun = () => {
    const given = new ScaleSeries({ minReplicas: 2, down }, 3);
    given.wait(11_000, pods);
    given.look(1_000, pods);
    expect(given.drain?.pods).toMatchObject([{ name: "web-2" }]);
    given.now -= hourMs;
    return given;
  };

  test("begins a drain anew, which says so and ends in its time", () => {
    const given = begun();
    const anew = given.look(1_000, pods);
    expect(anew.scale).toMatchObject({
      reason: "Draining",
      message: expect.stringMatching(/^web-2 drained anew, as the clock has been set back: 2 replicas instead of 3/),
    });
    expect(anew.excluded).toEqual([{ pod: "web-2", reason: "Draining" }]);
    expect(given.drain?.time).toBe(toTime(given.now));
    given.wait(19_000, pods);
    expect(given.scales).toEqual([]);
    given.wait(3_000, pods);
    expect(given.scales).toMatchObject([{ from: 3, to: 2 }]);
  });

  test("does not keep a drain waiting whose pods are empty", () => {
    const given = begun();
    given.wait(8_000, busy(5, 0, 3));
    expect(given.scales).toMatchObject([{ from: 3, to: 2 }]);
  });

  test("keeps no pod out that was not removed", () => {
    const given = begun();
    given.wait(23_000, pods);
    expect(given.scales).toHaveLength(1);
    given.now -= hourMs;
    // Another one was removed than the one that was drained.
    const left = busy(4, 1, 3).filter(({ name }) => name !== "web-3");
    given.wait(30_000, left);
    expect(given.drain).toBeDefined();
    const undone = given.wait(3_000, left);
    expect(given.drain).toBeUndefined();
    expect(undone.endpoints).toHaveLength(2);
  });

  test("holds no step for longer than another period", () => {
    const given = new ScaleSeries({ up: { polls: 1, period: "60s", maxStepPods: 1, maxStepPercent: 1 } }, 1);
    const full = (...names: string[]) => names.map((name) => ({ name, load: 100 }));
    given.look(1_000, full("web-1"));
    expect(given.scales).toHaveLength(1);
    given.now -= hourMs;
    given.look(1_000, full("web-1", "web-2"));
    expect(given.scales).toHaveLength(2);
  });

  test("lets no scale rest for longer that somebody sets back each time", () => {
    const given = new ScaleSeries({ up: { polls: 1, period: "0s" }, warmUp: "0s" }, 1);
    const alone = [{ name: "web-1", load: 90 }];
    for (let round = 0; given.look(1_000, alone).scale.reason !== "ReplicasReset"; round += 1) {
      expect(round).toBeLessThan(5);
      given.look(
        1_000,
        ["web-1", "web-2"].map((name) => ({ name, load: 45 })),
      );
      given.replicas = 1;
    }
    const { length } = given.scales;
    given.now -= hourMs;
    for (let seconds = 0; seconds < 31; seconds += 1) given.look(1_000, alone);
    expect(given.scales.length).toBeGreaterThan(length);
  });

  const silent = (name: string, takenAt: number): ObservedPod => ({
    pod: pod(name),
    reading: { samples: [{ takenAt, load: 90, connections: 9 }], failures: 3, failure: "ConnectFailed" },
  });

  test("leaves no number fresh of pods that do not answer any more", () => {
    const scaling = { maxReplicas: 9, up: { polls: 1 } };
    const pods = ["web-1", "web-2"].map((name) => silent(name, observedAt + hourMs));
    const { coverage, scale, endpoints } = plan(observation({ pool: pool({ scaling }), pods })).plan;
    expect(coverage).toMatchObject({ expected: 2, fresh: 0 });
    expect(scale.reason).toBe("NoSamples");
    expect(endpoints.map(({ load }) => load)).toEqual([undefined, undefined]);
  });

  test("takes no number away for a moment that is within the age of fresh ones", () => {
    const pods = ["web-1", "web-2"].map((name) => silent(name, observedAt + 500));
    expect(plan(observation({ pods })).plan.coverage).toMatchObject({ expected: 2, fresh: 2 });
  });

  test("leaves no time of a probe fresh that has ended since", () => {
    const probed = pool({
      strategy: { type: "FastestResponse" },
      metrics: { probe: { type: "TCP", interval: "5s" } },
    });
    const timed = (at: number) => ({ pod: pod("web-1"), probe: probing({ at, responseMs: 5, successes: 9 }) });
    const seen = (at: number) => plan(observation({ pool: probed, pods: [timed(at)] })).plan.endpoints[0];
    expect(seen(observedAt)).toHaveProperty("responseMs", 5);
    expect(seen(observedAt + hourMs)).not.toHaveProperty("responseMs");
  });

  test("starts no pod slowly that has come up before, be it ready for more than the hour or less", () => {
    const plans = createPlanSeries({ strategy: { type: "RoundRobin", slowStart: "30s" } });
    const ready = (name: string, agoMs: number) => unmeasured(name, { readyChangedAt: observedAt - agoMs });
    const pods = [ready("old", 2 * hourMs), ready("fresh", 15_000), ready("younger", hourMs / 2)];
    const before = weightsOf(plans(0, pods));
    expect(before.fresh! / before.old!).toBeCloseTo(0.5, 2);
    expect(weightsOf(plans(-hourMs, pods))).toEqual(before);
    expect(new Set(Object.values(weightsOf(plans(15_000 - hourMs, pods)))).size).toBe(1);
  });

  test("trusts old numbers no more than they deserve", () => {
    const plans = createPlanSeries({ strategy: { type: "LeastLoad" } });
    const pods = (afterMs: number, ...loads: number[]) =>
      loads.map((load, index) => ({
        pod: pod(`web-${index}`),
        reading: reading({ takenAt: observedAt + afterMs, load, connections: load }),
      }));
    plans(0, pods(0, 10, 90, 50));
    // Two go on answering, one fell silent before.
    const [first, second] = pods(-hourMs, 10, 90) as [ObservedPod, ObservedPod];
    const { memory } = plans(50 - hourMs, [first, second, pods(0, 0, 0, 50)[2]!]);
    const figures = memory.weights.working?.pods.get("uid-web-2");
    expect(figures?.trust).toBe(0);
  });
});

describe("a pod that is ready since a time to come, by its node's clock", () => {
  const ahead = (afterMs = 0): Partial<Pod> => ({ readyChangedAt: observedAt + afterMs + hourMs });
  const shareAt = (plans: ReturnType<typeof createPlanSeries>, afterMs: number, changes: Partial<Pod>) => {
    const { old, fresh } = weightsOf(plans(afterMs, [unmeasured("old"), unmeasured("fresh", changes)]));
    return fresh! / old!;
  };

  test("comes up from when it was first seen, and once only", () => {
    const plans = createPlanSeries({ strategy: { type: "RoundRobin", slowStart: "30s" } });
    expect(shareAt(plans, 0, ahead())).toBeCloseTo(0.1, 2);
    expect(shareAt(plans, 15_000, ahead())).toBeCloseTo(0.5, 2);
    expect(shareAt(plans, 30_000, ahead())).toBe(1);
    expect(shareAt(plans, hourMs + 10_000, ahead())).toBe(1);
  });

  test("comes up again when it was ready again", () => {
    const plans = createPlanSeries({ strategy: { type: "RoundRobin", slowStart: "30s" } });
    shareAt(plans, 0, ahead());
    expect(shareAt(plans, 60_000, ahead())).toBe(1);
    expect(shareAt(plans, 61_000, ahead(60_000))).toBeCloseTo(0.1, 2);
  });

  test("goes on coming up where it was though the operator's clock is set back meanwhile", () => {
    const plans = createPlanSeries({ strategy: { type: "RoundRobin", slowStart: "30s" } });
    shareAt(plans, 0, ahead());
    expect(shareAt(plans, 15_000, ahead())).toBeCloseTo(0.5, 2);
    expect(shareAt(plans, 15_000 - hourMs, ahead())).toBeCloseTo(0.5, 2);
    expect(shareAt(plans, 30_000 - hourMs, ahead())).toBe(1);
  });

  test("is replaced when it is not ready for a minute, as any other", () => {
    const out = {
      ready: false,
      startedAt: observedAt + hourMs - 600_000,
      readyChangedAt: observedAt + hourMs,
    };
    const scaling = { maxReplicas: 9, maxAverageLoad: 50, up: { polls: 1 } };
    let memory: Memory | undefined;
    const decide = (afterMs: number) => {
      const now = observedAt + afterMs;
      const busyPod = { pod: pod("web-1"), reading: reading({ takenAt: now - 50, load: 90 }) };
      const pods = [busyPod, { pod: pod("web-2", out) }];
      const made = plan(observation({ now, pool: pool({ scaling }), pods }), memory);
      memory = made.memory;
      return made.plan.scale;
    };
    expect(decide(0)).toMatchObject({ kind: "hold" });
    expect(decide(59_000)).toMatchObject({ kind: "hold" });
    expect(decide(60_000)).toMatchObject({ kind: "scale", to: 3 });
  });

  test("is nothing to remember where the clocks agree", () => {
    expect(plan(observation({ pods: [loaded("web-1", 9)] })).memory.readyTimes).toEqual(new Map());
    expect(
      plan(observation({ pods: [{ pod: pod("web-1", ahead()), reading: reading(sample({ load: 1 })) }] })).memory
        .readyTimes,
    ).toEqual(new Map([["uid-web-1", { told: observedAt + hourMs, at: observedAt, seenAt: observedAt }]]));
  });
});
