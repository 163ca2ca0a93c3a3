import { describe, expect, test } from "vitest";
import type { ObservedPod } from "../../../src/decide/world.ts";
import { connected, failing, loaded, observedAt, pod, unmeasured } from "../../builders/builders.ts";
import {
  connectedAt,
  createPlanSeries,
  type RememberedPlan,
  sampledAt,
  weightsOf,
} from "../../builders/plan-series.ts";

const even = (...names: readonly string[]) => Object.fromEntries(names.map((name) => [name, 1_000]));
const readings = { source: { http: { connections: { name: "open" }, load: { name: "load" } } } };

/** The status of a pool with these weights. */
const statusOf = (weights: Readonly<Record<string, number>>) => ({
  endpoints: Object.entries(weights).map(([name, weight]) => ({
    pod: name,
    address: pod(name).addresses[0]!,
    weight,
    reason: "",
  })),
});

describe("even weights", () => {
  test.each(["RoundRobin", "Random"])("are those of %s, whatever the pods report", (type) => {
    const next = createPlanSeries({ strategy: { type } });
    expect(weightsOf(next(0, [connected("web-0", 90), loaded("web-1", 90), unmeasured("web-2")]))).toEqual(
      even("web-0", "web-1", "web-2"),
    );
  });

  test("of RoundRobin need no measuring: they replace those of another strategy though nothing is fresh", () => {
    const next = createPlanSeries({ strategy: { type: "RoundRobin" }, metrics: readings });
    const blind = ["web-0", "web-1"].map((name) => ({ pod: pod(name), reading: failing("TimedOut") }));
    expect(weightsOf(next(0, blind, { status: statusOf({ "web-0": 1_600, "web-1": 400 }) }))).toEqual(
      even("web-0", "web-1"),
    );
  });
});

describe("LeastConnections, between intervals", () => {
  const next = () => createPlanSeries();

  test("keeps its weights until an interval has passed, whatever is sampled meanwhile", () => {
    const series = next();
    const first = weightsOf(series(0, connectedAt(0, 1, 9)));
    expect(first["web-0"]).toBeGreaterThan(first["web-1"]!);
    for (const ms of [200, 500, 800]) expect(weightsOf(series(ms, connectedAt(ms, 9, 1)))).toEqual(first);
    const second = weightsOf(series(1_000, connectedAt(1_000, 9, 1)));
    expect(second["web-0"]).toBeLessThan(second["web-1"]!);
  });

  test("gives a pod that comes the median, and shares what a pod that left had as the others' weights say", () => {
    const series = next();
    const pods = connectedAt(0, 8, 10, 12);
    const before = weightsOf(series(0, pods));
    const grown = weightsOf(series(100, [...pods, unmeasured("web-3")]));
    expect(grown["web-3"]).toBe(grown["web-1"]);
    const shrunk = weightsOf(series(200, pods.slice(1)));
    expect(shrunk["web-1"]! / shrunk["web-2"]!).toBeCloseTo(before["web-1"]! / before["web-2"]!, 2);
    expect(shrunk["web-1"]! + shrunk["web-2"]!).toBe(2_000);
    expect(weightsOf(series(300, pods.slice(1)))).toEqual(shrunk);
  });

  test("weighs at once by a clock that was set back, and again an interval later", () => {
    const series = next();
    series(0, connectedAt(0, 1, 9));
    const hour = -3_600_000;
    const { memory } = series(hour, connectedAt(hour, 12, 2));
    expect(memory.learned.root.pods.map(({ queue }) => queue)).toEqual([12, 2]);
    expect(memory.weights.computedAt).toBe(observedAt + hour);
    const later = weightsOf(series(hour + 1_000, connectedAt(hour + 1_000, 1, 9)));
    expect(later["web-0"]).toBeGreaterThan(later["web-1"]!);
  });
});

describe("LeastConnections, over intervals", () => {
  test("counts what an interval told once, however often the pool is planned in it", () => {
    const [once, often] = [createPlanSeries(), createPlanSeries()];
    const podsAt = (ms: number): ObservedPod[] =>
      [15, 25].map((rate, index) =>
        sampledAt(ms, `web-${index}`, { connections: 2, load: 60, requests: (rate * ms) / 1_000 }),
      );
    for (let turn = 0; turn < 20; turn += 1) {
      const ms = turn * 1_000;
      const planned = once(ms, podsAt(ms));
      const repeated = [0, 1, 300, 600].map((laterMs) => often(ms + laterMs, podsAt(ms)));
      for (const { memory } of repeated) expect(memory).toEqual(planned.memory);
    }
  });

  test("puts nothing new in force for a jitter of 1 %, for ten intervals; then what there is", () => {
    const series = createPlanSeries();
    const plans = Array.from({ length: 11 }, (_, turn): RememberedPlan => {
      const pods = [1, -1, 0].map((sign) => 100 + (turn % 2 === 0 ? sign : -sign));
      return series(turn * 1_000, connectedAt(turn * 1_000, ...pods));
    });
    const [first, ...others] = plans.map(weightsOf);
    const last = others.pop();
    expect(others).toEqual(Array(9).fill(first));
    expect(plans.at(-2)!.memory.weights.publishedAt).toBe(observedAt);
    // By turn 10 the jitter is as it was at turn 0, so publishing shows in the memory alone.
    expect(plans.at(-1)!.memory.weights.publishedAt).toBe(observedAt + 10_000);
    expect(Object.keys(last!)).toEqual(Object.keys(first!));
  });

  test("puts a move of more than 5 % in force at the next interval", () => {
    const series = createPlanSeries();
    expect(weightsOf(series(0, connectedAt(0, 100, 100)))).toEqual(even("web-0", "web-1"));
    const moved = series(1_000, connectedAt(1_000, 60, 140));
    expect(weightsOf(moved)["web-0"]).toBeGreaterThan(1_050);
    expect(moved.memory.weights.publishedAt).toBe(observedAt + 1_000);
  });

  test("gives pods that serve twice as much in a busy second more, up to the root rule's share, and twins the same", () => {
    const series = createPlanSeries();
    let weights: Readonly<Record<string, number>> = {};
    for (let turn = 0; turn <= 100; turn += 1) {
      const pods = [10, 10, 20, 20].map((perBusySecond, index) =>
        sampledAt(turn * 1_000, `web-${index}`, { connections: 1, load: 50, requests: perBusySecond * turn * 0.5 }),
      );
      weights = weightsOf(series(turn * 1_000, pods));
    }
    expect(weights["web-0"]).toBe(weights["web-1"]);
    expect(weights["web-2"]).toBe(weights["web-3"]);
    expect(weights["web-2"]).toBeGreaterThan(1.5 * weights["web-0"]!);
  });

  test("counts over the gap what a pod did while it was not measured", () => {
    const series = createPlanSeries();
    let last: RememberedPlan | undefined;
    for (let turn = 0; turn <= 5; turn += 1) {
      const [first, second] = ["web-0", "web-1"].map((name) =>
        sampledAt(turn * 1_000, name, { connections: 3, requests: 14 * turn }),
      );
      last = series(turn * 1_000, [turn % 5 === 0 ? first! : unmeasured("web-0"), second!]);
    }
    expect(last!.memory.learned.root.pods.map(({ rate }) => rate)).toEqual([
      expect.closeTo(14, 6),
      expect.closeTo(14, 6),
    ]);
  });

  test("does not take a counter that began anew for a rate", () => {
    const run = (restarted: boolean) => {
      const series = createPlanSeries();
      let last: RememberedPlan | undefined;
      for (let turn = 0; turn <= 60; turn += 1) {
        const pods = [0, 1, 2].map((index) => {
          const since = restarted && index === 0 && turn > 30 ? turn - 31 : turn + 1e6;
          return sampledAt(turn * 1_000, `web-${index}`, { connections: 3, load: 70, requests: 14 * since });
        });
        last = series(turn * 1_000, pods);
      }
      return last!;
    };
    const [known, restarted] = [run(false), run(true)];
    expect(restarted.memory.learned.root.lambda).toBeCloseTo(known.memory.learned.root.lambda!, 6);
    expect(weightsOf(restarted)).toEqual(even("web-0", "web-1", "web-2"));
  });
});

describe("weights that are frozen", () => {
  const failed = (name: string): ObservedPod => ({ pod: pod(name), reading: failing("TimedOut") });

  test.each(["LeastConnections", "LeastLoad"])("stay what they are with %s while too few pods are fresh", (type) => {
    const series = createPlanSeries({ strategy: { type } });
    const at = (ms: number, figures: readonly number[]) =>
      figures.map((figure, index) => sampledAt(ms, `web-${index}`, { connections: figure, load: figure }));
    const first = series(0, at(0, [1, 20, 60]));
    const before = weightsOf(first);
    const few = [...at(60_000, [60]), failed("web-1"), failed("web-2")];
    expect(weightsOf(series(60_000, few))).toEqual(before);
    const thawed = series(61_000, [...at(61_000, [60, 1]), failed("web-2")]);
    const shift = (uid: string) => thawed.memory.weights.computed.get(uid)! / first.memory.weights.computed.get(uid)!;
    expect(shift("uid-web-0")).toBeLessThan(shift("uid-web-1"));
  });

  test("are the median for a pod that comes meanwhile", () => {
    const series = createPlanSeries();
    series(0, connectedAt(0, 0, 10, 20));
    const weights = weightsOf(series(60_000, ["web-0", "web-1", "web-2", "web-3"].map(failed)));
    expect(weights["web-3"]).toBe(weights["web-1"]);
    expect(weights["web-0"]).toBeGreaterThan(weights["web-1"]!);
  });
});

describe("after a restart", () => {
  const told = { "web-0": 1_500, "web-1": 1_000, "web-2": 500 };
  const names = Object.keys(told);
  const status = statusOf(told);

  test.each(["LeastConnections", "LeastLoad"])(
    "%s goes on with the weights in status while nothing is fresh",
    (type) => {
      const series = createPlanSeries({ strategy: { type } });
      const blind = names.map((name) => ({ pod: pod(name), reading: failing("TimedOut") }));
      expect(weightsOf(series(0, blind, { status }))).toEqual(told);
      expect(weightsOf(series(5_000, blind, { status: {} }))).toEqual(told);
    },
  );

  test("LeastConnections goes on with them while no pod was asked, then by what it measures", () => {
    const series = createPlanSeries();
    const unasked = names.map((name) => unmeasured(name));
    expect(weightsOf(series(0, unasked, { status }))).toEqual(told);
    const first = weightsOf(series(100, connectedAt(100, 20, 10, 0), { status }));
    expect(first["web-0"]).toBeLessThan(told["web-0"]!);
    const second = weightsOf(series(1_100, connectedAt(1_100, 20, 10, 0), { status }));
    expect(second["web-0"]).toBeLessThan(second["web-2"]!);
  });

  test("LeastConnections keeps them until two intervals tell how much of them is chance", () => {
    const series = createPlanSeries();
    const counting = (ms: number, requests: number) =>
      names.map((name, index) => sampledAt(ms, name, { connections: 20 - 10 * index, load: 50, requests }));
    expect(weightsOf(series(100, counting(100, 1_000), { status }))).toEqual(told);
    expect(weightsOf(series(1_100, counting(1_100, 1_100), { status }))).toEqual(told);
    expect(weightsOf(series(2_100, counting(2_100, 1_200), { status }))).not.toEqual(told);
  });

  test("a pod that status does not tell of, or at no weight, has the median of the others", () => {
    const unasked = [...names, "web-3", "web-4"].map((name) => unmeasured(name));
    const weights = weightsOf(createPlanSeries()(0, unasked, { status: statusOf({ ...told, "web-4": 0 }) }));
    expect(weights).toEqual({ ...told, "web-3": 1_000, "web-4": 1_000 });
  });

  test("a slow start is not applied to a weight in status that has it already", () => {
    const pods = [unmeasured("web-0"), unmeasured("web-1", { readyChangedAt: observedAt - 15_000 })];
    const weights = weightsOf(createPlanSeries()(0, pods, { status: statusOf({ "web-0": 1_333, "web-1": 667 }) }));
    expect(weights).toEqual({ "web-0": 1_333, "web-1": 667 });
  });
});

describe("slow start", () => {
  const ready = (name: string, agoMs: number) => unmeasured(name, { readyChangedAt: observedAt - agoMs });
  const shareOf = (agoMs: number, slowStart = "30s") => {
    const series = createPlanSeries({ strategy: { type: "RoundRobin", slowStart } });
    const { old, fresh } = weightsOf(series(0, [unmeasured("old"), ready("fresh", agoMs)]));
    return fresh! / old!;
  };

  test.each([
    [0, 0.1],
    [1_000, 0.1],
    [3_000, 0.1],
    [15_000, 0.5],
    [24_000, 0.8],
    [29_999, 1],
    [30_000, 1],
    [60_000, 1],
  ])("has a pod that is ready for %i of 30,000 ms at %d of its weight", (agoMs, share) => {
    expect(shareOf(agoMs)).toBeCloseTo(share, 2);
  });

  test("takes no time when it is to take none, not even where the API server's clock is ahead", () => {
    for (const agoMs of [0, 1, -5_000]) expect(shareOf(agoMs, "0s")).toBe(1);
  });

  test("begins at a tenth where the API server's clock is ahead", () => {
    expect(shareOf(-5_000)).toBeCloseTo(0.1, 2);
  });

  test("leaves pods even that are new together", () => {
    const series = createPlanSeries({ strategy: { type: "Random" } });
    expect(
      weightsOf(
        series(
          0,
          ["web-0", "web-1", "web-2"].map((name) => ready(name, 3_000)),
        ),
      ),
    ).toEqual(even("web-0", "web-1", "web-2"));
  });

  test("does not matter for a pod of which nobody knows when it became ready", () => {
    const { readyChangedAt: _, ...pods } = pod("web-1");
    const series = createPlanSeries({ strategy: { type: "Random" } });
    expect(weightsOf(series(0, [unmeasured("web-0"), { pod: pods }]))).toEqual(even("web-0", "web-1"));
  });

  test("goes on between intervals, on top of weights that stay", () => {
    const series = createPlanSeries();
    const plans = [0, 12_000].map((ms) =>
      series(ms, [unmeasured("old"), unmeasured("fresh", { readyChangedAt: observedAt })]),
    );
    expect(plans[1]!.memory.weights.inForce).toEqual(plans[0]!.memory.weights.inForce);
    // 1 : 0.1 and 1 : 0.4.
    expect(plans.map(weightsOf)).toEqual([
      { old: 1_818, fresh: 182 },
      { old: 1_429, fresh: 571 },
    ]);
  });

  test("is known to the root rule: a pod in it is predicted to have less to do", () => {
    const queues = [0, 3_500_000].map((readyForMs) => {
      const series = createPlanSeries();
      const podsAt = (ms: number) =>
        [0, 1].map((index) =>
          sampledAt(
            ms,
            `web-${index}`,
            { connections: 4, load: 80, requests: ms / 50 },
            index === 0 ? { readyChangedAt: observedAt - readyForMs } : {},
          ),
        );
      for (let turn = 0; turn < 3; turn += 1) series(turn * 1_000, podsAt(turn * 1_000));
      // web-0 is not measured in the last interval: its queue is predicted from its share.
      const { memory } = series(3_000, [podsAt(2_000)[0]!, podsAt(3_000)[1]!]);
      return memory.learned.root.pods.find(({ id }) => id === "uid-web-0")!.queue!;
    });
    expect(queues[0]).toBeLessThan(queues[1]!);
  });
});

describe("LeastConnections on connections alone", () => {
  test.each([
    ["a second", 1],
    ["ten seconds", 10],
  ])("does not herd with an interval of %s, be the pods equal or not", (_, intervalS) => {
    for (const rates of [
      [20, 20, 20, 20, 20, 20],
      [15, 15, 15, 25, 25, 25],
    ]) {
      const source = { http: { connections: { name: "open" } } };
      const series = createPlanSeries({ metrics: { interval: `${intervalS}s`, source } });
      let shares = rates.map(() => 1 / rates.length);
      const spans: number[] = [];
      for (let turn = 0; turn < 120; turn += 1) {
        // The queue of an M/M/1 pod in the long run, at 70 % of what the fleet can serve.
        const lambda = 0.7 * rates.reduce((sum, rate) => sum + rate, 0);
        const queues = shares.map((share, index) => {
          const use = Math.min(0.98, (lambda * share) / rates[index]!);
          return Math.round(use / (1 - use));
        });
        const weights = weightsOf(series(turn * intervalS * 1_000, connectedAt(turn * intervalS * 1_000, ...queues)));
        const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
        const next = rates.map((__, index) => weights[`web-${index}`]! / total);
        spans.push(Math.max(...next.map((share, index) => Math.abs(share - shares[index]!))));
        shares = next;
      }
      expect(Math.max(...spans.slice(-40))).toBeLessThan(0.04);
    }
  });
});
