import { describe, expect, test } from "vitest";
import { rootWeights } from "../../../../src/decide/weights/root-rule/root-weights.ts";
import { createRootState } from "../../../../src/decide/weights/root-rule/state.ts";
import { after, ids, interval, repeat } from "./history.ts";

const near = (actual: ReadonlyMap<string, number>, expected: Readonly<Record<string, number>>, digits = 9): void => {
  expect([...actual.keys()].sort()).toEqual(Object.keys(expected).sort());
  for (const [id, value] of Object.entries(expected)) expect(actual.get(id)).toBeCloseTo(value, digits);
};

describe("by hand", () => {
  const first = interval(
    [
      { id: "a", completions: 6, busy: 0.6, queue: 0 },
      { id: "b", completions: 6, busy: 0.6, queue: 2 },
    ],
    { intervalS: 10 },
  );

  test("the first interval", () => {
    const result = after([first]);
    // One request per busy second; spare 1 - 1/10 and 1 - 3/10; 1.2 requests per second are .7 and .5 with level -.2.
    near(result.capacities, { a: 1, b: 1 });
    near(result.spare, { a: 0.9, b: 0.7 });
    expect(result.lambda).toBeCloseTo(1.2, 12);
    expect(result.level).toBeCloseTo(-0.2, 12);
    near(result.weights, { a: 7 / 6, b: 5 / 6 });
    expect([result.serviceTimeS, result.fleetCapacity, result.poured]).toEqual([1, 1, 1.2]);
  });

  test("the second interval: counts fade by completions, the arrival rate by service times", () => {
    const second = interval(
      [
        { id: "a", completions: 3, busy: 0.3, queue: 1 },
        { id: "b", completions: 3, busy: 0.3, queue: 1 },
      ],
      { intervalS: 10 },
    );
    const result = after([first, second]);
    const [a] = result.state.pods;
    expect(a!.long.completions).toBeCloseTo(6 * Math.exp(-3 / 1000) + 3, 12);
    expect(a!.long.busyS).toBeCloseTo(6 * Math.exp(-3 / 1000) + 3, 12);
    expect(a!.recent.completions).toBeCloseTo(6 * Math.exp(-3 / 50) + 3, 12);
    expect(result.lambda).toBeCloseTo(0.6 + 0.6 * Math.exp(-1 / 3), 12);
    expect(a!.rate).toBeCloseTo(0.3 + 0.3 * Math.exp(-1 / 3), 12);
    const [before, now] = [6, 3].map((completions) => Math.exp(-completions / 200));
    expect(result.state.misfit.degrees).toBeCloseTo(2 * (now! * (1 - before!) + (1 - now!)), 12);
    near(result.weights, { a: 1, b: 1 });
  });

  test("the queue of a pod that is not sampled goes on from where it was", () => {
    const result = after([
      first,
      interval([{ id: "a", completions: 6, busy: 0.75, queue: 0 }, { id: "b" }], { intervalS: 8 }),
    ]);
    // lambda stays 0.6 for b by its own rate, and a's is 6/8: but shares are those of the weights, 7/12 and 5/12.
    const lambda = 1.2 * Math.exp(-8 / 30) + (6 / 8 + 0.6) * (1 - Math.exp(-8 / 30));
    expect(result.lambda).toBeCloseTo(lambda, 12);
    let queue = 2;
    for (let step = 0; step < 8; step += 1) queue += (lambda * 5) / 12 - queue / (1 + queue);
    expect(result.queues.get("b")).toBeCloseTo(queue, 9);
    expect(result.queues.get("a")).toBe(0);
  });

  test("weights that come into force later are for the queues of then", () => {
    const result = rootWeights(createRootState(), {
      ...first,
      delayS: 4,
      shares: new Map([
        ["a", 3],
        ["b", 1],
      ]),
    });
    let [a, b] = [0, 2];
    for (let step = 0; step < 8; step += 1) {
      a += (0.9 - a / (1 + a)) / 2;
      b += (0.3 - b / (1 + b)) / 2;
    }
    near(result.queues, { a, b });
    expect(result.state.pods.map(({ queue }) => queue)).toEqual([0, 2]);
    expect(result.weights.get("a")).toBeLessThan(result.weights.get("b")!);
    near(result.spare, { a: 1 - (a + 1) / 10, b: 1 - (b + 1) / 10 });
  });
});

describe("what is not known", () => {
  test("only connections: equal capacities, and the connections themselves are what flows in an interval", () => {
    const result = rootWeights(
      createRootState(),
      interval([
        { id: "a", queue: 1 },
        { id: "b", queue: 3 },
        { id: "c", queue: 2 },
      ]),
    );
    // Six requests for as many that are there: heights 1, 3 and 2 are filled to 4.
    near(result.weights, { a: 1.5, b: 0.5, c: 1 });
    expect(result.fleetCapacity).toBeUndefined();
    expect(new Set(result.capacities.values()).size).toBe(1);
    expect(result.lambda).toBeCloseTo(6, 9);
    expect(result.state.lambda).toBeUndefined();
  });

  test("only connections and a service time: the arrival rate of single servers with such queues", () => {
    const result = rootWeights(
      createRootState(),
      interval(
        [
          { id: "a", queue: 1 },
          { id: "b", queue: 3 },
        ],
        { serviceTimeS: 0.1 },
      ),
    );
    near(result.capacities, { a: 10, b: 10 });
    expect(result.lambda).toBeCloseTo((20 * 2) / 3, 9);
  });

  test("only connections, and somebody who knows the arrival rate", () => {
    const result = rootWeights(
      createRootState(),
      interval(
        [
          { id: "a", queue: 1 },
          { id: "b", queue: 3 },
        ],
        { lambda: 6 },
      ),
    );
    expect([result.lambda, result.poured]).toEqual([6, 6]);
    near(result.weights, { a: 4 / 3, b: 2 / 3 });
  });

  test("no busy time: equal capacities, counted arrivals", () => {
    const result = rootWeights(
      createRootState(),
      interval([
        { id: "a", queue: 1, completions: 4 },
        { id: "b", queue: 3, completions: 2 },
      ]),
    );
    near(result.weights, { a: 4 / 3, b: 2 / 3 });
    expect(result.state.lambda).toBeCloseTo(6, 12);
  });

  test("nothing at all: all even", () => {
    near(rootWeights(createRootState(), interval([{ id: "a" }, { id: "b" }])).weights, { a: 1, b: 1 });
  });

  test("an idle pool: all even", () => {
    const idle = ids(3).map((id) => ({ id, completions: 0, busy: 0, queue: 0 }));
    near(after(repeat(3, () => interval(idle))).weights, { p0: 1, p1: 1, p2: 1 });
  });

  test("a pod that was not counted goes on at its own rate", () => {
    const both = interval([
      { id: "a", completions: 10, busy: 0.5 },
      { id: "b", completions: 30, busy: 0.5 },
    ]);
    const one = interval([{ id: "a", completions: 10, busy: 0.5 }, { id: "b" }]);
    const result = after([both, both, one, one]);
    expect(result.lambda).toBeCloseTo(40, 9);
    expect(result.state.pods[1]!.long).toEqual(after([both, both]).state.pods[1]!.long);
  });

  test("a new pod is an average one, and adds no arrivals before it has a share", () => {
    const old = ids(2).map((id, index) => ({ id, completions: 30 + 20 * index, busy: 0.5, queue: 2 + 2 * index }));
    const result = after([...repeat(50, () => interval(old)), interval([...old, { id: "new" }])]);
    expect(result.capacities.get("new")).toBeCloseTo(80, 9);
    expect(result.queues.get("new")).toBe(3);
    expect(result.lambda).toBeCloseTo(80, 9);
    const [slow, fast, fresh] = ["p0", "p1", "new"].map((id) => result.weights.get(id)!);
    expect(fresh).toBeGreaterThan(slow!);
    expect(fresh).toBeLessThan(fast!);
  });

  test("pods that leave are forgotten, and an empty pool forgets all", () => {
    const pods = ids(3).map((id) => ({ id, completions: 5, busy: 0.5, queue: 1 }));
    const { state } = after([interval(pods), interval(pods.slice(1))]);
    expect(state.pods.map(({ id }) => id)).toEqual(["p1", "p2"]);
    const empty = rootWeights(state, interval([]));
    expect(empty.state).toEqual(createRootState());
    expect([empty.weights.size, empty.level, empty.lambda]).toEqual([0, 0, 0]);
  });

  test("intervals that differ from pod to pod are the same evidence per second", () => {
    const pods = (intervalS: number) => [
      { id: "a", completions: 20 * intervalS, busy: 0.5, queue: 1, intervalS },
      { id: "b", completions: 20, busy: 0.5, queue: 1 },
    ];
    const result = after([1, 2, 5, 0.5].map((intervalS) => interval(pods(intervalS))));
    near(result.capacities, { a: 40, b: 40 });
    expect(result.lambda).toBeCloseTo(40, 9);
    expect(result.state.pods[0]!.long.busyS).toBeGreaterThan(result.state.pods[1]!.long.busyS);
  });
});

describe("silence", () => {
  const busy = ids(4).map((id, index) => ({ id, completions: 60, busy: index < 2 ? 0.8 : 0.4, queue: index * 2 }));
  const known = repeat(50, () => interval(busy, { intervalS: 1 }));
  const sampled = (count: number) =>
    busy.map((pod, index) => (index < count ? { ...pod, queue: 20 * index } : { id: pod.id }));
  /** Spare capacities in proportion to the roots of the capacities. */
  const optimum = ({ capacities, lambda }: ReturnType<typeof after>): Record<string, number> => {
    const rates = [...capacities.values()];
    const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
    const spare = (total(rates) - lambda) / total(rates.map(Math.sqrt));
    return Object.fromEntries(
      [...capacities].map(([id, rate]) => [id, ((rate - spare * Math.sqrt(rate)) * rates.length) / lambda]),
    );
  };

  test.each([0, 1])("with %i of 4 pods sampled, the weights are the static optimum", (count) => {
    const result = after([...known, interval(sampled(count))]);
    near(result.weights, optimum(result), 3);
  });

  test.each([2, 4])("with %i of 4 sampled, they suit the queues of the moment", (count) => {
    const result = after([...known, interval(sampled(count))]);
    expect(result.horizonS).toBe(1);
    expect(Math.abs(result.weights.get("p1")! - optimum(result).p1!)).toBeGreaterThan(0.05);
  });

  test("does not forget what was learned", () => {
    const before = after(known);
    const later = after([...known, ...repeat(100, () => interval(sampled(0)))]);
    near(later.capacities, Object.fromEntries(before.capacities), 6);
  });
});

describe("what it is for", () => {
  const pods = (speedOfFirst: number, turn: number) =>
    ids(4).map((id, index) => ({
      id,
      // Counts go up and down by one, as chance would have it.
      completions: (index === 0 ? speedOfFirst : 8) + (((turn + index) % 3) - 1),
      busy: 0.8,
      queue: 1,
    }));

  test("noise between equal pods moves nothing", () => {
    const { capacities, weights } = after(repeat(100, (turn) => interval(pods(8, turn))));
    expect(new Set(capacities.values()).size).toBe(1);
    expect(new Set(weights.values())).toEqual(new Set([1]));
  });

  test("a pod that is slow from the start is known for it", () => {
    const { capacities } = after(repeat(100, (turn) => interval(pods(4, turn))));
    expect(capacities.get("p0")! / capacities.get("p1")!).toBeCloseTo(0.5, 1);
  });

  test("a pod that is slowed down by a neighbour is found out, and forgiven after", () => {
    const calm = repeat(200, (turn) => interval(pods(8, turn)));
    const slowed = repeat(60, (turn) => interval(pods(4, turn)));
    const { capacities, weights, state } = after([...calm, ...slowed]);
    expect(capacities.get("p0")! / capacities.get("p1")!).toBeLessThan(0.7);
    expect(weights.get("p0")).toBeLessThan(0.7);
    expect(after(calm, state).weights.get("p0")).toBeGreaterThan(0.9);
  });

  test("a hundred pods cost little", () => {
    const many = ids(100).map((id, index) => ({ id, completions: 60 + (index % 9), busy: 0.7, queue: index % 5 }));
    const turns = repeat(60, () => interval(many, { delayS: 0.1 }));
    const times: number[] = [];
    let state = createRootState();
    for (const turn of turns) {
      const before = process.cpuUsage();
      ({ state } = rootWeights(state, turn));
      times.push(process.cpuUsage(before).user);
    }
    // Microseconds of the processor's time; the bound is there for a cost that grows out of hand.
    expect(times.sort((a, b) => a - b)[30]).toBeLessThan(5_000);
  });
});
