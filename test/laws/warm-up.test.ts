import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FleetBehaviour, FleetSeries } from "../builders/fleet-series.ts";

const flat = (load: number) => (): number => load;

/** Pods that start at any load, as a JVM does at twice what it has; read by themselves, or by metrics-server. */
const anyStart = fc
  .record({
    startS: fc.integer({ min: 1, max: 60 }),
    hot: fc.oneof(fc.constant(0), fc.integer({ min: 60, max: 400 })),
    windowS: fc.option(fc.constantFrom(15, 20, 30, 60), { nil: undefined, freq: 1 }),
    strategy: fc.constantFrom(
      { surge: 1, unavailable: 0 },
      { surge: 0, unavailable: 1 },
      { surge: 4, unavailable: 0 },
      { surge: 2, unavailable: 2 },
    ),
  })
  .map(({ windowS, ...rest }): Omit<FleetBehaviour, "demand"> => ({ ...rest, ...(windowS && { windowS }) }));

const anyRules = fc.record({
  warmUp: fc.constantFrom("0s", "30s"),
  up: fc.record({ polls: fc.constantFrom(1, 2) }),
});

const runs = { numRuns: 40 };
const scaling = { maxReplicas: 30, maxAverageLoad: 50, down: { enabled: false } };
/** Until samples count from a moment on, and two polls have them: with windows, whole ones. */
const pollsS = ({ windowS }: Pick<FleetBehaviour, "windowS">): number => (windowS === undefined ? 3 : 3 * windowS + 6);

describe("what pods tell before they serve", () => {
  test("adds no replicas when they are rolled out", () => {
    fc.assert(
      fc.property(anyStart, anyRules, (start, rules) => {
        const fleet = new FleetSeries({ ...start, demand: flat(180) }, 4, { scaling: { ...scaling, ...rules } });
        fleet.run(30).rollOut();
        fleet.run(5 * start.startS + 60 + pollsS(start));
        expect(fleet.isRolledOut).toBe(true);
        expect(fleet.scales).toEqual([]);
      }),
      runs,
    );
  });

  test("adds none beyond what the load needs, when some are added for it", () => {
    fc.assert(
      fc.property(anyStart, anyRules, (start, rules) => {
        const fleet = new FleetSeries({ ...start, demand: flat(180) }, 2, { scaling: { ...scaling, ...rules } });
        fleet.run(3 * start.startS + 60 + 2 * pollsS(start));
        expect(fleet.scales).toMatchObject([{ from: 2, to: 4 }]);
      }),
      runs,
    );
  });

  test("adds none when they are out for their readiness and come back, once or again and again", () => {
    const anyOutage = fc.record({
      pod: fc.nat(3),
      everyS: fc.integer({ min: 5, max: 40 }),
      forS: fc.integer({ min: 1, max: 20 }),
      restarts: fc.boolean(),
    });
    fc.assert(
      fc.property(anyStart, anyOutage, (start, { pod, everyS, forS, restarts }) => {
        const fleet = new FleetSeries({ ...start, startS: 5, hotAfterS: 20, demand: flat(170) }, 4, { scaling });
        for (let round = 0; round < 6; round += 1) {
          fleet.run(everyS + forS);
          fleet.takeOut(pod, forS, restarts);
        }
        expect(fleet.run(60).scales).toEqual([]);
      }),
      runs,
    );
  });

  test("adds none by their connections either", () => {
    const parts = { scaling: { maxReplicas: 30, connectionsPerPod: 50, down: { enabled: false } } };
    const metrics = { source: { http: { connections: { name: "open" } } } };
    const fleet = new FleetSeries({ startS: 20, hot: 200, demand: flat(180) }, 4, { ...parts, metrics });
    fleet.run(10).rollOut();
    expect(fleet.run(150).isRolledOut).toBe(true);
    expect(fleet.scales).toEqual([]);
  });

  test("keeps none that could go", () => {
    const down = { window: "60s", period: "0s", drain: "0s" };
    const fleet = new FleetSeries({ startS: 20, hot: 400, demand: flat(60) }, 4, {
      scaling: { ...scaling, minReplicas: 2, warmUp: "10s", down },
    });
    // A pod that is not ready, or is warming up, may carry as much as its limit, and no more than that.
    fleet.run(10).takeOut(0, 20);
    fleet.run(50);
    const { slots } = fleet.memory!.demand!;
    expect(Math.max(...slots.map(({ most }) => most))).toBe(3);
    fleet.run(60);
    expect(fleet.replicas).toBe(2);
  });
});

describe("pods that are still hot when they serve", () => {
  test("add no replicas while they warm up", () => {
    fc.assert(
      fc.property(anyStart, fc.integer({ min: 1, max: 29 }), (start, hotAfterS) => {
        const fleet = new FleetSeries({ ...start, hotAfterS, demand: flat(180) }, 4, { scaling });
        fleet.run(30).rollOut();
        fleet.run(5 * (start.startS + 1) + 60 + pollsS(start));
        expect(fleet.isRolledOut).toBe(true);
        expect(fleet.scales).toEqual([]);
      }),
      runs,
    );
  });

  test("are said to be what they are", () => {
    const fleet = new FleetSeries({ startS: 5, hot: 200, hotAfterS: 20, demand: flat(180) }, 4, { scaling });
    fleet.replaceAll();
    const { scale, averageLoad } = fleet.run(15).planned!;
    expect(scale).toEqual({
      kind: "hold",
      reason: "PodsWarmingUp",
      message: "No pod has served for long enough yet for its figures to count: spec.scaling.warmUp is 30s.",
      recommended: 4,
    });
    expect(averageLoad).toBeUndefined();
  });
});

describe("load that is real", () => {
  test("is answered within two polls where pods have served for long enough", () => {
    const given = { startS: 10, hot: 200, demand: (second: number) => (second < 20 ? 180 : 400) };
    const fleet = new FleetSeries(given, 4, { scaling });
    // What is told at 21 s is the first of it.
    expect(fleet.run(22).scales).toEqual([{ second: 22, from: 4, to: 8 }]);
  });

  test("is answered beside pods that warm up, by those that have: the others count as idle", () => {
    const given = { startS: 5, hot: 200, demand: (second: number) => (second < 20 ? 180 : 240) };
    const fleet = new FleetSeries(given, 4, { scaling });
    fleet.takeOut(0, 5, true);
    fleet.run(22);
    // 60 % of three pods are 4 pods, of which the one that was started again may be idle.
    expect(fleet.planned!.scale).toEqual({
      kind: "hold",
      reason: "PodsWarmingUp",
      message:
        "4 pods would be enough if those that are not measured, or too new to count, are idle: average load 60.0% of 3 measured pods, 1 more too new to count, limit 50%.",
      recommended: 4,
    });
    expect(fleet.planned!.averageLoad).toBe(60);
    expect(fleet.run(20).scales).toMatchObject([{ from: 4, to: 5 }]);
  });

  test("is answered in bounded time where every pod is new, whenever the operator came", () => {
    fc.assert(
      fc.property(anyStart, fc.nat(90), (start, restartS) => {
        const fleet = new FleetSeries({ ...start, demand: flat(380) }, 8, { scaling });
        fleet.run(5).replaceAll();
        // The new pods are overloaded from the first moment on.
        const late = new FleetSeries({ ...start, demand: flat(620) }, 8, { scaling });
        late.replaceAll();
        const untilS = start.startS + 30 + pollsS(start) + 3;
        for (let second = 0; second < untilS; second += 1) {
          if (second === restartS) late.restart();
          late.run(1);
        }
        expect(late.scales[0]).toMatchObject({ from: 8, to: 13 });
        expect(fleet.run(untilS).scales).toEqual([]);
      }),
      runs,
    );
  });

  test("is answered at once by pods that are as old as the pool", () => {
    const fleet = new FleetSeries({ startS: 5, hot: 200, demand: flat(400) }, 4, { scaling }, { poolAtS: 0 });
    fleet.replaceAll();
    expect(fleet.run(8).scales).toEqual([{ second: 8, from: 4, to: 8 }]);
  });

  test.each<[what: string, tell: NonNullable<FleetBehaviour["tell"]>]>([
    ["lie in the future", (changedAt) => changedAt + 3_600_000],
    ["are always still to come", (_, now) => now + 60_000],
    ["are long over", (changedAt) => changedAt - 3_600_000],
    ["are always now", (_, now) => now],
  ])("is answered though the times that the cluster tells %s", (_, tell) => {
    const fleet = new FleetSeries({ startS: 10, hot: 300, demand: flat(380), tell }, 8, { scaling });
    fleet.run(60).rollOut();
    expect(fleet.run(180).scales).toEqual([]);
    const loaded = new FleetSeries({ startS: 10, hot: 300, demand: flat(620), tell }, 8, { scaling });
    loaded.replaceAll();
    expect(loaded.run(50).scales[0]).toMatchObject({ from: 8, to: 13 });
  });
});
