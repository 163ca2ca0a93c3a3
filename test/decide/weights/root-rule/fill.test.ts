import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fill, type Vessel } from "../../../../src/decide/weights/root-rule/fill.ts";

const vessels = (...rows: readonly (readonly [capacity: number, queue: number])[]): Vessel[] =>
  rows.map(([capacity, queue]) => ({ capacity, queue }));

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const near = (actual: readonly number[], expected: readonly number[]): void => {
  expect(actual).toHaveLength(expected.length);
  for (const [index, value] of expected.entries()) expect(actual[index]).toBeCloseTo(value, 9);
};

const anyVessels = fc.array(fc.record({ capacity: fc.double({ min: 0.1, max: 50, noNaN: true }), queue: fc.nat(60) }), {
  minLength: 1,
  maxLength: 30,
});
const anyRate = fc.double({ min: 0.01, max: 100, noNaN: true });
const anyInterval = fc.double({ min: 0.01, max: 300, noNaN: true });

describe("by hand", () => {
  test.for([
    {
      title: "equal pods: levels what is there, and the fullest gets the least share",
      pods: vessels([1, 0], [1, 1], [1, 5]),
      lambda: 1.5,
      intervalS: 2,
      spare: [0.5, 0, -2],
      level: 0.5,
      // Rates 1, 0.5 and 0; the last is lifted to a thousandth of the mean of 0.5.
      weights: [3 / 1.5005, 1.5 / 1.5005, 0.0015 / 1.5005],
    },
    {
      title: "the level rises by the root of the capacity",
      pods: vessels([4, 1], [1, 0]),
      lambda: 2.5,
      intervalS: 1,
      spare: [2, 0],
      level: 1 / 6,
      // Rates 2 + 2/6 and 0 + 1/6.
      weights: [(2 * (7 / 3)) / 2.5, (2 * (1 / 6)) / 2.5],
    },
    {
      title: "no more is poured than can be served",
      pods: vessels([1, 0], [1, 1]),
      lambda: 10,
      intervalS: 1,
      spare: [0, -1],
      level: 1.5,
      weights: [1.5, 0.5],
    },
    {
      title: "a level below 0 takes from all that have spare",
      pods: vessels([1, 0], [1, 2]),
      lambda: 1.2,
      intervalS: 10,
      spare: [0.9, 0.7],
      level: -0.2,
      weights: [0.7 / 0.6, 0.5 / 0.6],
    },
  ])("$title", ({ pods, lambda, intervalS, spare, level, weights }) => {
    const filling = fill(pods, lambda, intervalS);
    near(filling.spare, spare);
    expect(filling.level).toBeCloseTo(level, 9);
    near(filling.weights, weights);
  });

  test("nothing to pour: all even", () => {
    expect(fill(vessels([4, 1], [1, 0]), 0, 1).weights).toEqual([1, 1]);
  });

  test("one pod gets all, no pod nothing", () => {
    expect(fill(vessels([3, 100]), 0.1, 1).weights).toEqual([1]);
    expect(fill([], 5, 1)).toEqual({ spare: [], level: 0, poured: 0, rates: [], parts: [], weights: [] });
  });
});

describe("limits", () => {
  test("long intervals: the static optimum, the square-root rule", () => {
    fc.assert(
      fc.property(anyVessels, fc.double({ min: 0.05, max: 1, noNaN: true }), (pods, utilisation) => {
        const total = sum(pods.map(({ capacity }) => capacity));
        const lambda = utilisation * total;
        const roots = sum(pods.map(({ capacity }) => Math.sqrt(capacity)));
        const optimum = pods.map(({ capacity }) => capacity - (Math.sqrt(capacity) * (total - lambda)) / roots);
        // Where the formula goes below 0 a pod is out, and the formula is for the rest.
        fc.pre(optimum.every((rate) => rate > (0.002 * lambda) / pods.length));
        const { weights } = fill(pods, lambda, 1e13);
        for (const [index, rate] of optimum.entries()) {
          expect(weights[index]).toBeCloseTo((rate * pods.length) / lambda, 6);
        }
      }),
    );
  });

  test("short intervals: all to the least (queue + 1) / sqrt(capacity)", () => {
    fc.assert(
      fc.property(anyVessels, anyRate, (pods, lambda) => {
        const keys = pods.map(({ capacity, queue }) => (queue + 1) / Math.sqrt(capacity));
        const [first, second] = keys.toSorted((a, b) => a - b);
        fc.pre(second === undefined || second - first! > 1e-6);
        const { weights } = fill(pods, lambda, 1e-12);
        const best = keys.indexOf(first!);
        expect(weights[best]! / pods.length).toBeGreaterThan(0.998);
      }),
    );
    const [fast, slow] = fill(vessels([4, 3], [1, 1.5]), 1, 1e-12).weights;
    expect([fast! > 1.99, slow! < 0.01]).toEqual([true, true]);
  });

  test("equal pods: Dahlin's Basic LI, all at the same height at the end of the interval", () => {
    const { weights } = fill(vessels([1, 3], [1, 1], [1, 9], [1, 0]), 2, 3);
    // Six requests arrive: 3, 1 and 0 are levelled at 10/3, and 9 stays above.
    const total = 6;
    const rates = [1 / 3, 7 / 3, 0, 10 / 3].map((requests) => Math.max(requests, (0.001 * total) / 4));
    near(
      weights,
      rates.map((rate) => (4 * rate) / sum(rates)),
    );
  });
});

describe("laws", () => {
  test("weights have mean 1 and none is below the floor", () => {
    fc.assert(
      fc.property(anyVessels, anyRate, anyInterval, (pods, lambda, intervalS) => {
        const { weights } = fill(pods, lambda, intervalS);
        expect(sum(weights)).toBeCloseTo(pods.length, 9);
        expect(Math.min(...weights)).toBeGreaterThanOrEqual(0.001 / 1.001);
      }),
    );
  });

  test("rates redone from spare and level are the weights", () => {
    fc.assert(
      fc.property(anyVessels, anyRate, anyInterval, (pods, lambda, intervalS) => {
        const { spare, level, poured, weights } = fill(pods, lambda, intervalS);
        const rates = pods.map(({ capacity }, index) => Math.max(0, spare[index]! + level * Math.sqrt(capacity)));
        expect(sum(rates) / poured).toBeCloseTo(1, 6);
        const floored = rates.map((rate) => Math.max(rate, (0.001 * poured) / pods.length));
        for (const [index, rate] of floored.entries()) {
          expect(weights[index]).toBeCloseTo((rate * pods.length) / sum(floored), 5);
        }
      }),
    );
  });

  test("a longer queue never has more weight, and no other pod less", () => {
    fc.assert(
      fc.property(
        anyVessels,
        anyRate,
        anyInterval,
        fc.nat(),
        fc.integer({ min: 1, max: 20 }),
        (pods, lambda, t, at, more) => {
          const chosen = at % pods.length;
          const longer = pods.map((pod, index) => (index === chosen ? { ...pod, queue: pod.queue + more } : pod));
          const before = fill(pods, lambda, t).weights;
          const after = fill(longer, lambda, t).weights;
          for (const index of pods.keys()) {
            const change = after[index]! - before[index]!;
            // The floor of others may rise a little less than the renormalisation takes.
            if (index === chosen) expect(change).toBeLessThanOrEqual(1e-9);
            else expect(change).toBeGreaterThanOrEqual(-1e-9 - 0.002 * before[index]!);
          }
        },
      ),
    );
  });

  test("equal pods get exactly equal weights", () => {
    fc.assert(
      fc.property(anyVessels, anyRate, anyInterval, (pods, lambda, intervalS) => {
        const { weights } = fill([...pods, ...pods], lambda, intervalS);
        expect(weights.slice(0, pods.length)).toEqual(weights.slice(pods.length));
      }),
    );
  });
});
