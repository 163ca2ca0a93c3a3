import { describe, expect, test } from "vitest";
import { strategyTypes } from "../../../src/api/pool.ts";
import { criticalGain } from "../../../src/decide/strategies/least-load.ts";
import type { ObservedPod } from "../../../src/decide/world.ts";
import { failing, observedAt, pod, probing, reading } from "../../builders/builders.ts";
import { createPlanSeries, type RememberedPlan, readings, sampledAt, weightsOf } from "../../builders/plan-series.ts";
import { FluidPods } from "../../rigs/pods/fluid-pods.ts";

type Weights = Readonly<Record<string, number>>;

const seriesOf = (type: string, parts: Readonly<Record<string, unknown>> = {}) =>
  createPlanSeries({ strategy: { type }, metrics: readings, ...parts });

/** Plans at every second, with what the pods tell then. */
const repeat = (
  type: string,
  seconds: number,
  podsAt: (ms: number) => readonly ObservedPod[],
  parts = {},
): RememberedPlan[] => {
  const series = seriesOf(type, parts);
  return Array.from({ length: seconds + 1 }, (_, second) => series(second * 1_000, podsAt(second * 1_000)));
};

const lastWeights = (plans: readonly RememberedPlan[]): Weights => weightsOf(plans.at(-1)!);

describe("LeastLoad", () => {
  const loads =
    (...values: readonly number[]) =>
    (ms: number) =>
      values.map((load, index) => sampledAt(ms, `web-${index}`, { load }));

  test("moves weight from loaded pods to the others, a small step each interval", () => {
    const plans = repeat("LeastLoad", 60, loads(80, 40, 20));
    const computed = plans.map(({ memory }) => memory.weights.computed.get("uid-web-0")!);
    for (const [index, weight] of computed.slice(1).entries()) {
      expect(weight).toBeLessThan(computed[index]!);
      expect(weight).toBeGreaterThan(0.94 * computed[index]!);
    }
    const weights = lastWeights(plans);
    expect(weights["web-0"]).toBeLessThan(weights["web-1"]!);
    expect(weights["web-1"]).toBeLessThan(weights["web-2"]!);
  });

  test("leaves weights alone while all are equally loaded, or nobody is at all", () => {
    for (const load of [0, 0.5, 60]) {
      expect(lastWeights(repeat("LeastLoad", 30, loads(load, load)))).toEqual({ "web-0": 1_000, "web-1": 1_000 });
    }
  });

  test("moves less where samples are noisy", () => {
    const gainOf = (amplitude: number) => {
      const podsAt = (ms: number) =>
        [1, -1].map((sign, index) =>
          sampledAt(ms, `web-${index}`, { load: 50 + sign * (ms % 2_000 === 0 ? amplitude : -amplitude) }),
        );
      return repeat("LeastLoad", 60, podsAt).at(-1)!.memory.weights.working!.pool.gain!;
    };
    expect(gainOf(0)).toBeCloseTo(1 / 30, 3);
    expect(gainOf(30)).toBeLessThan(0.025);
  });

  test("does not make up for a pod's slow start, so that it has no more than its share after it", () => {
    const lambda = 0.7 * 60;
    const pods = new FluidPods([20, 20, 20]);
    const series = seriesOf("LeastLoad");
    const readyAt = observedAt + 30_000;
    let weights: Weights = { "web-0": 1_000, "web-1": 1_000, "web-2": 0 };
    const shares = Array.from({ length: 90 }, (_, second) => {
      pods.run(1, second < 30 ? (2 * lambda) / 3 : lambda, weights);
      const seen = pods
        .read((second + 1) * 1_000)
        .map(({ pod: { name }, reading: known }) => ({
          pod: pod(name, name === "web-2" ? { readyChangedAt: readyAt } : {}),
          reading: known!,
        }))
        .slice(0, second < 30 ? 2 : 3);
      weights = { "web-2": 0, ...weightsOf(series((second + 1) * 1_000, seen)) };
      return weights["web-2"]! / weights["web-0"]!;
    });
    expect(shares[45]).toBeGreaterThan(0.4);
    expect(Math.max(...shares)).toBeLessThan(1.06);
    expect(shares[65]).toBeGreaterThan(0.94);
  });

  test("has the critical gain of its dead time", () => {
    expect([0, 1, 2, 3, 4].map(criticalGain).map((gain) => Number(gain.toFixed(3)))).toEqual([
      1, 0.25, 0.148, 0.105, 0.082,
    ]);
  });
});

describe("FastestResponse", () => {
  const responding =
    (...values: readonly number[]) =>
    (ms: number) =>
      values.map((responseMs, index) => sampledAt(ms, `web-${index}`, { responseMs }));

  test("takes from a pod that responds slowly, no more than a fifth in five seconds, down to a floor", () => {
    const plans = repeat("FastestResponse", 60, responding(10, 10, 40));
    const scores = plans.map(({ memory }) => memory.learned.traits.get("uid-web-2")!.score!);
    for (const [index, score] of scores.slice(1).entries()) {
      expect(scores[index]! - score).toBeLessThanOrEqual(0.0401);
    }
    expect(scores.at(-1)).toBe(0.05);
    expect(lastWeights(plans)["web-2"]).toBeLessThan(lastWeights(plans)["web-0"]! / 15);
  });

  test("gives it back when the pod responds well again", () => {
    const podsAt = (ms: number) => responding(10, 10, ms < 30_000 ? 40 : 10)(ms);
    const plans = repeat("FastestResponse", 120, podsAt);
    expect(plans[30]!.memory.learned.traits.get("uid-web-2")!.score).toBeLessThan(0.3);
    expect(lastWeights(plans)).toEqual({ "web-0": 1_000, "web-1": 1_000, "web-2": 1_000 });
  });

  test("leaves a pod alone between 1.1 and 1.2 times the mean", () => {
    expect(lastWeights(repeat("FastestResponse", 60, responding(10, 10, 10, 12)))).toEqual(
      Object.fromEntries([0, 1, 2, 3].map((index) => [`web-${index}`, 1_000])),
    );
  });

  test("takes a fast error for no answer", () => {
    const podsAt = (ms: number) =>
      [0, 0, 0.5].map((errorShare, index) =>
        sampledAt(ms, `web-${index}`, { responseMs: errorShare > 0 ? 1 : 10, errorShare }),
      );
    const weights = lastWeights(repeat("FastestResponse", 60, podsAt));
    expect(weights["web-2"]).toBeLessThan(weights["web-0"]! / 10);
  });

  test.each([
    ["one of two", [0, 1]],
    ["one of two, sometimes", [0, 0.6]],
    ["half of four", [0, 0, 1, 1]],
    ["most of three", [0, 1, 1]],
  ])("takes fast errors of %s pods for no answers", (_, errorShares) => {
    const podsAt = (ms: number) =>
      errorShares.map((errorShare, index) =>
        sampledAt(ms, `web-${index}`, { responseMs: errorShare > 0 ? 1 : 50, errorShare }),
      );
    const weights = lastWeights(repeat("FastestResponse", 60, podsAt));
    for (const [index, errorShare] of errorShares.entries())
      if (errorShare > 0) expect(weights[`web-${index}`]).toBeLessThan(weights["web-0"]! / 10);
  });

  test("judges nobody of whom it has no response time", () => {
    const podsAt = (ms: number) => [...responding(10, 40)(ms), { pod: pod("web-2"), reading: failing("TimedOut") }];
    const { memory } = repeat("FastestResponse", 30, podsAt).at(-1)!;
    expect(memory.learned.traits.get("uid-web-2")!.score).toBe(1);
  });
});

describe("FastestResponse by a probe alone", () => {
  const metrics = { probe: { type: "TCP", interval: "5s" } };
  /** Probed once every five seconds, planned once a second. */
  const podsAt = (ms: number) =>
    [3, 3, 30].map((responseMs, index) => ({
      pod: pod(`web-${index}`),
      probe: probing({
        at: observedAt + Math.floor(ms / 5_000) * 5_000,
        responseMs,
        times: [responseMs],
        successes: 9,
      }),
    }));

  test("takes from a pod that answers slowly, and ranks it last", () => {
    const series = createPlanSeries({ strategy: { type: "FastestResponse" }, metrics });
    const plans = Array.from({ length: 60 }, (_, turn) => series(turn * 1_000, podsAt(turn * 1_000)));
    expect(lastWeights(plans)["web-2"]).toBeLessThan(lastWeights(plans)["web-0"]! / 15);
    expect(plans.at(-1)!.endpoints.at(-1)).toMatchObject({ pod: "web-2", responseMs: 30 });
    expect(plans.at(-1)!.endpoints.at(-1)!.reason).toMatch(/^30\.0 ms, mean 12\.0 ms/);
  });

  test("gives a new pod the median, and tells why one is not measured", () => {
    const series = createPlanSeries({ strategy: { type: "FastestResponse", slowStart: "0s" }, metrics });
    for (let turn = 0; turn < 30; turn++) series(turn * 1_000, podsAt(turn * 1_000));
    const young = pod("web-9", { readyChangedAt: observedAt + 29_000 });
    const failing = probing({ at: observedAt + 30_000, failures: 1, failure: "TimedOut" });
    const { endpoints } = series(30_000, [...podsAt(30_000), { pod: young, probe: failing }]);
    const [usual, last] = ["web-0", "web-9"].map((name) => endpoints.find((endpoint) => endpoint.pod === name)!);
    expect(last!.weight).toBe(usual!.weight);
    expect(last!.reason).toBe("not measured: TimedOut");
  });
});

describe("PowerOfTwoChoices", () => {
  test("tends to the shares of two drawn pods", () => {
    const podsAt = (ms: number) =>
      [5, 0, 9, 0].map((connections, index) => sampledAt(ms, `web-${index}`, { connections }));
    const weights = lastWeights(repeat("PowerOfTwoChoices", 40, podsAt));
    // Of 16 pairs each of the two idle ones wins 6, the next 3, the fullest 1.
    expect(weights).toEqual({ "web-0": 750, "web-1": 1_500, "web-2": 250, "web-3": 1_500 });
  });
});

describe("PowerOfTwoChoices, with samples that come slower than the interval", () => {
  test("goes half the way once for each of them", () => {
    const series = seriesOf("PowerOfTwoChoices");
    const pods = [5, 9].map((connections, index) => sampledAt(0, `web-${index}`, { connections }));
    const computedAt = (second: number) => series(second * 1_000, pods).memory.weights.computed;
    expect(computedAt(1)).toEqual(computedAt(3));
  });
});

describe("Prequal", () => {
  const figures = (rows: readonly (readonly [connections: number, responseMs: number])[]) => (ms: number) =>
    rows.map(([connections, responseMs], index) => sampledAt(ms, `web-${index}`, { connections, responseMs }));
  const equal = Array.from({ length: 9 }, () => [4, 10] as const);

  test("spares a pod with more to do than most, until it has clearly less", () => {
    const series = seriesOf("Prequal");
    const at = (second: number, connections: number) =>
      series(second * 1_000, figures([[connections, 10], ...equal])(second * 1_000));
    const hot = (plan: RememberedPlan) => plan.memory.learned.traits.get("uid-web-0")!.hot;
    expect(hot(at(0, 4))).toBe(false);
    expect(hot(at(1, 5))).toBe(true);
    expect(hot(at(2, 4))).toBe(true);
    expect(hot(at(3, 3))).toBe(false);
  });

  test("gives a hot pod a tenth, and quick pods more by the square root", () => {
    const rows = [[9, 10], [4, 40], ...equal.slice(1)] as const;
    const pods = repeat("Prequal", 20, figures(rows)).at(-1)!.memory.weights.working!.pods;
    const factor = (name: string) => pods.get(`uid-${name}`)!.factor;
    expect([factor("web-0"), factor("web-1"), factor("web-2")]).toEqual([0.1, expect.closeTo(0.5, 2), 1]);
  });
});

describe("Packing", () => {
  test("fills as many pods as are needed, the fullest, and lets the rest run empty", () => {
    const podsAt = (ms: number) => [30, 10, 35, 5].map((load, index) => sampledAt(ms, `web-${index}`, { load }));
    const scaling = { maxReplicas: 9, maxAverageLoad: 50 };
    const weights = lastWeights(repeat("Packing", 12, podsAt, { scaling }));
    // 80 % of load need two pods at 40 %.
    expect(weights["web-0"]).toBe(weights["web-2"]);
    expect(weights["web-0"]! / weights["web-1"]!).toBeCloseTo(50, -1);
    expect(weights["web-1"]).toBe(weights["web-3"]);
  });

  test("gives little to a pod that is full, wherever it stands", () => {
    const podsAt = (ms: number) => [60, 45].map((load, index) => sampledAt(ms, `web-${index}`, { load }));
    const weights = lastWeights(repeat("Packing", 12, podsAt, { scaling: { maxReplicas: 9, maxAverageLoad: 50 } }));
    expect(weights["web-0"]! / weights["web-1"]!).toBeCloseTo(0.1, 2);
  });
});

describe("numbers that cannot be trusted", () => {
  const old = (ms: number, ageMs: number): ObservedPod => ({
    pod: pod("web-2"),
    reading: { ...reading({ takenAt: observedAt + ms - ageMs, connections: 0 }), failure: "TimedOut", failures: 3 },
  });

  test("take a pod's weight to the median as they grow old", () => {
    const podsAt = (ms: number) =>
      [10, 30, 0, 20].map((connections, index) =>
        index === 2 && ms > 10_000 ? old(ms, ms - 10_000) : sampledAt(ms, `web-${index}`, { connections }),
      );
    const plans = repeat("PowerOfTwoChoices", 40, podsAt);
    const distance = (plan: RememberedPlan) => {
      const weights = weightsOf(plan);
      return weights["web-2"]! / weights["web-3"]! - 1;
    };
    expect(distance(plans[10]!)).toBeGreaterThan(0.5);
    expect(distance(plans[12]!)).toBeGreaterThan(0.5);
    expect(distance(plans[16]!)).toBeLessThan(0.6 * distance(plans[12]!));
    expect(Math.abs(distance(plans[40]!))).toBeLessThan(0.1);
  });

  test("of a pod that is new count for nothing: it has the median, and a slow start", () => {
    const podsAt = (ms: number) =>
      [10, 30, 0, 20].map((connections, index) =>
        sampledAt(ms, `web-${index}`, { connections }, index === 2 ? { readyChangedAt: observedAt } : {}),
      );
    const plans = repeat("PowerOfTwoChoices", 20, podsAt, { strategy: { type: "PowerOfTwoChoices", slowStart: "0s" } });
    const weights = weightsOf(plans[8]!);
    expect(weights["web-2"]).toBe(weights["web-3"]);
    expect(lastWeights(plans)["web-2"]).toBeGreaterThan(lastWeights(plans)["web-0"]!);
  });
});

describe("no strategy herds", () => {
  const capacities = [15, 15, 15, 25, 25, 25];

  /** Mean time in the system, in mean service times, with fluid pods that get their traffic by the weights. */
  function responseOf(type: string, utilisation: number, intervalS: number): number {
    const pods = new FluidPods(capacities);
    const lambda = utilisation * capacities.reduce((sum, capacity) => sum + capacity, 0);
    const metrics = { interval: `${intervalS}s`, ...readings };
    const series = createPlanSeries({ strategy: { type }, metrics });
    let weights: Weights = Object.fromEntries(capacities.map((_, index) => [`web-${index}`, 1_000]));
    const turns = Math.round(600 / intervalS);
    let queued = 0;
    for (let turn = 1; turn <= turns; turn += 1) {
      pods.run(intervalS, lambda, weights);
      const seen = pods.read(turn * intervalS * 1_000);
      weights = weightsOf(series(turn * intervalS * 1_000, seen));
      if (turn > turns / 2)
        queued += seen.reduce((sum, { reading: known }) => sum + known!.samples[0]!.connections!, 0);
    }
    return queued / (turns / 2) / utilisation / capacities.length;
  }

  // Packing crowds pods by intent.
  const spreading = strategyTypes.filter((type) => type !== "Packing");
  const cells = spreading.flatMap((type) => [1, 10].map((intervalS) => [type, intervalS] as const));
  test.each(cells)("%s is never worse than even weights, with an interval of %i s", (type, intervalS) => {
    for (const utilisation of [0.5, 0.7]) {
      const even = responseOf("RoundRobin", utilisation, intervalS);
      expect(responseOf(type, utilisation, intervalS), `at ${utilisation}`).toBeLessThan(1.02 * even);
    }
  });
});
