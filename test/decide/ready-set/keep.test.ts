import { describe, expect, test } from "vitest";
import { type KeepMemory, keepOf, learnKeep, type PodPeriod } from "../../../src/decide/ready-set/keep.ts";

/** A period in which each pod kept a share of what it had and each member got as many new connections. */
const periodOf = (before: readonly number[], keep: number, each: number, out: readonly number[] = []): PodPeriod[] =>
  before.map((count, place) => {
    const isIn = !out.includes(place);
    return { before: count, now: keep * count + (isIn ? each : 0), share: isIn ? 1 / (before.length - out.length) : 0 };
  });

const ratio = ({ xy, xx }: KeepMemory): number => xy / xx;

describe("what outlasts a period", () => {
  test.each([0, 0.3, 0.97, 1])("is found to be %d whatever comes beside it", (keep) => {
    for (const each of [0, 3, 1_000]) {
      const memory = learnKeep(undefined, periodOf([40, 10, 25, 30], keep, each, [0]))!;
      expect(ratio(memory)).toBeCloseTo(keep, 9);
    }
  });

  test("is found while all are in, by what the fuller ones lose", () => {
    expect(ratio(learnKeep(undefined, periodOf([40, 10, 25], 0.6, 7))!)).toBeCloseTo(0.6, 9);
  });

  test("counts for less the less was seen, beside all connections", () => {
    const memory = learnKeep(undefined, periodOf([40, 10, 25, 30], 0.9, 5, [0]))!;
    expect(keepOf(memory, 0)).toBeCloseTo(0.9, 9);
    expect(keepOf(memory, memory.xx)).toBeCloseTo(0.45, 9);
    expect(keepOf(memory, 1e9)).toBeLessThan(1e-5);
  });

  test("forgets a twentieth each period", () => {
    let memory = learnKeep(undefined, periodOf([40, 10], 1, 0, [0]));
    const first = memory!.xx;
    memory = learnKeep(memory, periodOf([0, 0], 1, 0, [0]));
    expect(memory!.xx).toBeCloseTo(0.95 * first, 9);
  });

  test("is between none and all", () => {
    expect(keepOf({ xy: -5, xx: 10 }, 0)).toBe(0);
    expect(keepOf({ xy: 15, xx: 10 }, 0)).toBe(1);
    expect(keepOf({ xy: 0, xx: 0 }, 0)).toBe(0);
  });

  test("stays as it is after a period of which nobody in the set is known", () => {
    const memory = { xy: 3, xx: 4 };
    expect(learnKeep(memory, periodOf([5, 6], 1, 0, [0, 1]))).toBe(memory);
    expect(learnKeep(undefined, [])).toBeUndefined();
  });
});
