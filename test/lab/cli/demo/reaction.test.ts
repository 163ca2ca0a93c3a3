import { expect, test } from "vitest";
import { createReactionClock } from "../../../../src/lab/cli/demo/reaction.ts";

test("counts from the last look at which the load was within the limit", () => {
  const clock = createReactionClock(50);
  clock.look(0, 40, 1);
  clock.look(20, 50, 1);
  clock.look(40, 51, 1);
  clock.look(60, 80, 1);
  expect(clock.scaled(1_500)).toBe(1_480);
});

test("begins anew when the load falls back in between", () => {
  const clock = createReactionClock(50);
  for (const [at, load] of [
    [0, 40],
    [20, 60],
    [500, 49],
    [520, 60],
  ] as const)
    clock.look(at, load, 1);
  expect(clock.scaled(1_000)).toBe(500);
});

test("has nothing to say of a scale without a load above the limit", () => {
  const clock = createReactionClock(50);
  expect(clock.scaled(100)).toBeUndefined();
  clock.look(200, 20, 1);
  expect(clock.scaled(300)).toBeUndefined();
});

test("measures against the new replicas after a scale", () => {
  const clock = createReactionClock(50);
  clock.look(0, 40, 1);
  clock.look(20, 170, 1);
  expect(clock.scaled(1_000)).toBe(1_000);
  // 170 is too much for two pods as well: that clock started with the scale.
  clock.look(1_020, 170, 2);
  expect(clock.scaled(1_700)).toBe(700);
  clock.look(1_720, 120, 3);
  clock.look(2_000, 151, 3);
  expect(clock.scaled(2_500)).toBe(780);
});
