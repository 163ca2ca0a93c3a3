import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isFirstOfRate, rateBetween } from "../../../src/decide/samples/rate.ts";

const counter = (total: number, at: number) => ({ metric: "cpu", total, at });

test("a rate is what a counter grew by in a second", () => {
  expect(rateBetween(counter(100, 0), counter(150, 1_000), 5_000)).toEqual({ load: 50, windowMs: 1_000 });
  expect(rateBetween(counter(100, 0), counter(150, 250), 5_000)).toEqual({ load: 200, windowMs: 250 });
  expect(rateBetween(counter(100, 0), counter(100, 1_000), 5_000)).toEqual({ load: 0, windowMs: 1_000 });
});

test("there is none before the second value, over a gap, or by a clock that stands still or goes back", () => {
  expect(rateBetween(undefined, counter(1, 0), 5_000)).toBeUndefined();
  expect(rateBetween(counter(0, 0), counter(1, 5_000), 5_000)).toEqual({ load: 0.2, windowMs: 5_000 });
  expect(rateBetween(counter(0, 0), counter(1, 5_001), 5_000)).toBeUndefined();
  expect(rateBetween(counter(0, 7), counter(1, 7), 5_000)).toBeUndefined();
  expect(rateBetween(counter(0, 8), counter(1, 7), 5_000)).toBeUndefined();
});

test("a counter that went down began anew at 0", () =>
  expect(rateBetween(counter(900, 0), counter(30, 2_000), 5_000)).toEqual({ load: 15, windowMs: 2_000 }));

test("a sum that went down has none: of the counters that are left, each goes on", () => {
  const sum = (total: number, at: number) => ({ ...counter(total, at), isSum: true });
  expect(rateBetween(sum(900, 0), sum(930, 2_000), 5_000)).toEqual({ load: 15, windowMs: 2_000 });
  expect(rateBetween(sum(900, 0), sum(700, 2_000), 5_000)).toBeUndefined();
  expect(rateBetween(sum(900, 0), counter(450, 2_000), 5_000)).toBeUndefined();
  expect(rateBetween(counter(900, 0), sum(30, 2_000), 5_000)).toBeUndefined();
});

test("a sample is the first of a rate where it has the counter and no load", () => {
  expect(isFirstOfRate({ takenAt: 1, counter: counter(1, 1) })).toBe(true);
  expect(isFirstOfRate({ takenAt: 1, counter: counter(1, 1), load: 0 })).toBe(false);
  expect(isFirstOfRate({ takenAt: 1, connections: 1 })).toBe(false);
});

describe("of a counter that works and restarts as it likes", () => {
  /** What a process did, in turns: work, or a restart, which sets the counter to 0; then it is read. */
  const lives = fc.array(
    fc.record({
      steps: fc.array(fc.oneof(fc.nat({ max: 1_000 }), fc.constant("restart" as const)), { maxLength: 4 }),
      ms: fc.integer({ min: 1, max: 5_000 }),
    }),
    { minLength: 1, maxLength: 40 },
  );

  test("no rate is negative or above the work that was done, and without restarts they add up to it", () =>
    fc.assert(
      fc.property(lives, fc.nat({ max: 1e6 }), (turns, start) => {
        let total = start;
        let before = counter(total, 0);
        let worked = 0;
        let told = 0;
        let restarts = 0;
        for (const { steps, ms } of turns) {
          let done = 0;
          for (const step of steps) {
            restarts += step === "restart" ? 1 : 0;
            total = step === "restart" ? 0 : total + step;
            done += step === "restart" ? 0 : step;
          }
          const after = counter(total, before.at + ms);
          const { load, windowMs } = rateBetween(before, after, 5_000)!;
          const growth = (load * windowMs) / 1_000;
          expect(growth).toBeGreaterThanOrEqual(0);
          expect(growth).toBeLessThanOrEqual(done + 1e-6);
          told += growth;
          worked += done;
          before = after;
        }
        if (restarts === 0) expect(told).toBeCloseTo(worked, 3);
      }),
    ));
});
