import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Carried, type CarrierMemory, carriedOf, stepCarried } from "../../../src/decide/carriers/step.ts";

const carried = (weights: Readonly<Record<string, number>>, isIn = Object.keys(weights)): Carried => ({
  weights: new Map(Object.entries(weights)),
  isIn: new Set(isIn),
});
const pods = (weights: Readonly<Record<string, number>>) =>
  Object.entries(weights).map(([uid, weight]) => ({ uid, weight }));
const memory = (period: number): CarrierMemory => ({ period, from: new Map(), to: new Map() });

describe("a weight as objects tell it", () => {
  test.each([
    [1_000, 100],
    [1_504, 150],
    [4, 1],
    [1, 1],
    [5_000_000, 65_535],
  ])("of %i is %i", (weight, told) => {
    expect(carriedOf(weight)).toBe(told);
  });

  test("is never 0, which would be no traffic, and never more than Cilium takes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000_000 }), (weight) => {
        const told = carriedOf(weight);
        expect(Number.isInteger(told) && told >= 1 && told <= 65_535).toBe(true);
      }),
    );
  });
});

describe("what objects are to say", () => {
  const before = { a: 100, b: 100 };
  const now = pods({ a: 1_500, b: 500 });

  test("changes when a period begins", () => {
    const { weights, waiting } = stepCarried(now, carried(before), memory(1), 2);
    expect(Object.fromEntries(weights)).toEqual({ a: 150, b: 50 });
    expect(waiting).toBe(0);
  });

  test("waits for the next period, and says so", () => {
    const { weights, waiting } = stepCarried(now, carried(before), memory(2), 2);
    expect(Object.fromEntries(weights)).toEqual(before);
    expect(waiting).toBe(2);
  });

  test("stays in the period of a start, whatever the weights are now", () => {
    expect(Object.fromEntries(stepCarried(now, carried(before), undefined, 2).weights)).toEqual(before);
  });

  test("stays within the dead band", () => {
    const { weights, within } = stepCarried(pods({ a: 1_090, b: 910 }), carried(before), memory(1), 2);
    expect(Object.fromEntries(weights)).toEqual(before);
    expect(within).toBe(2);
  });

  test("is in force for a pod that comes in, in any period", () => {
    const joined = pods({ a: 1_500, b: 500, c: 100, d: 700 });
    const { weights } = stepCarried(joined, carried({ ...before, d: 300 }, ["a", "b"]), memory(2), 2);
    expect(Object.fromEntries(weights)).toEqual({ a: 100, b: 100, c: 10, d: 70 });
  });

  test("stays as it was decided until it is written, and while the weights move on", () => {
    const first = stepCarried(now, carried(before), memory(1), 2);
    const later = pods({ a: 1_900, b: 100 });
    const unwritten = stepCarried(later, carried(before), first.memory, 2);
    expect(Object.fromEntries(unwritten.weights)).toEqual({ a: 150, b: 50 });
    const written = stepCarried(later, carried({ a: 150, b: 50 }), unwritten.memory, 2);
    expect(Object.fromEntries(written.weights)).toEqual({ a: 150, b: 50 });
    expect(written.waiting).toBe(2);
  });

  test("is what another replica wrote in the same period, which is not written a second time", () => {
    const ours = stepCarried(now, carried(before), memory(1), 2);
    const theirs = { a: 140, b: 60 };
    expect(Object.fromEntries(stepCarried(now, carried(theirs), ours.memory, 2).weights)).toEqual(theirs);
  });
});

describe("over time", () => {
  const anyWeights = fc.array(fc.integer({ min: 1, max: 4_000 }), { minLength: 4, maxLength: 4 });
  const uids = ["a", "b", "c", "d"];

  test("each pod is written at most once a period, and never strays further than the dead band from then on", () => {
    const anyLooks = fc.array(fc.record({ weights: anyWeights, isNew: fc.boolean() }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(anyLooks, (looks) => {
        const objects = new Map(uids.map((uid) => [uid, 100]));
        const writes = new Map<string, number>();
        let left: CarrierMemory | undefined;
        let period = 0;
        for (const { weights, isNew } of looks) {
          if (isNew) period += 1;
          const wanted = uids.map((uid, place) => ({ uid, weight: weights[place]! }));
          const isDue = left !== undefined && left.period !== period;
          const step = stepCarried(wanted, { weights: objects, isIn: new Set(uids) }, left, period);
          left = step.memory;
          for (const [uid, weight] of step.weights) {
            if (objects.get(uid) === weight) continue;
            objects.set(uid, weight);
            const key = `${uid} ${period}`;
            writes.set(key, (writes.get(key) ?? 0) + 1);
          }
          if (!isDue) continue;
          for (const { uid, weight } of wanted) {
            const told = objects.get(uid)!;
            const meant = carriedOf(weight);
            expect(Math.abs(told - meant)).toBeLessThanOrEqual(Math.max(2, 0.1 * Math.max(told, meant)));
          }
        }
        expect(Math.max(0, ...writes.values())).toBeLessThanOrEqual(1);
      }),
    );
  });
});
