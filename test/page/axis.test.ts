import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bandPath, linePath, roundUp, scaleOf, timeTicks, windowOf } from "../../src/page/axis.ts";

const same = (value: number): number => value;

describe("a line", () => {
  test("is broken where nothing is known, and a point alone is a dot", () => {
    const times = [0, 1, 2, 3, 4, 5];
    expect(linePath(times, [1, 2, null, 4, null, 6], same, same)).toBe("M0 1L1 2M3 4h0M5 6h0");
    expect(linePath(times, [null, null, null, null, null, null], same, same)).toBe("");
  });

  test("goes in steps where a value holds until the next", () => {
    expect(linePath([0, 5, 9], [1, 1, 3], same, same, true)).toBe("M0 1H5V1H9V3");
  });
});

test("a band goes there along the most and back along the least", () => {
  expect(bandPath([0, 1, 2], [1, 2, null], [5, 6, 7], same, same)).toBe("M0 5L1 6L1 2L0 1Z");
});

test("the window is as short as holds what is known, and ends now", () => {
  expect(windowOf([], 500_000)).toEqual({ from: 440_000, to: 500_000 });
  expect(windowOf([430_000], 500_000)).toEqual({ from: 380_000, to: 500_000 });
  expect(windowOf([0], 500_000)).toEqual({ from: 200_000, to: 500_000 });
});

test("ticks are round times inside the window, between two and six of them", () => {
  fc.assert(
    fc.property(fc.integer({ min: 10 ** 6, max: 2 ** 41 }), fc.integer({ min: 0, max: 400_000 }), (now, knownMs) => {
      const window = windowOf([now - knownMs], now);
      const ticks = timeTicks(window);
      expect(ticks.length).toBeGreaterThanOrEqual(2);
      expect(ticks.length).toBeLessThanOrEqual(6);
      for (const tick of ticks) {
        expect(tick % 15_000).toBe(0);
        expect(tick).toBeGreaterThanOrEqual(window.from);
        expect(tick).toBeLessThanOrEqual(window.to);
      }
    }),
  );
});

test("the top of a scale is not below what it holds, nor far above", () => {
  fc.assert(
    fc.property(fc.double({ min: 1, max: 1e9, noNaN: true }), (value) => {
      expect(roundUp(value)).toBeGreaterThanOrEqual(value);
      expect(roundUp(value)).toBeLessThanOrEqual(2 * value + 1e-6);
    }),
  );
  expect([0, 0.2, 3, 41, 600].map(roundUp)).toEqual([1, 1, 4, 50, 1_000]);
});

test("a scale takes its ends to the ends of its pixels, either way round", () => {
  expect([0, 50, 100].map(scaleOf({ from: 0, to: 100 }, 10))).toEqual([0, 5, 10]);
  expect([0, 50, 100].map(scaleOf({ from: 100, to: 0 }, 10))).toEqual([10, 5, -0]);
});
