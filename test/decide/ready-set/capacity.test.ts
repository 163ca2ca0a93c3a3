import { expect, test } from "vitest";
import { tallied, tally, toCapacities } from "../../../src/decide/ready-set/capacity.ts";

test("what a pod carries per load is an average over periods, of which the old ones fade", () => {
  let known = tally(undefined, 30, 60);
  expect(tallied(known)).toBeCloseTo(0.5, 9);
  for (let period = 0; period < 200; period += 1) known = tally(known, 30, 20);
  expect(tallied(known)).toBeCloseTo(1.5, 3);
});

test("a pod without connections or load tells nothing of what it carries", () => {
  expect(tallied(tally(undefined, 0, 5))).toBeUndefined();
  expect(tallied(tally(undefined, 5, 0))).toBeUndefined();
});

test("capacities have a mean of 1, whatever the figures' scale", () => {
  expect(toCapacities([1, 3])).toEqual([0.5, 1.5]);
  expect(toCapacities([100, 300])).toEqual([0.5, 1.5]);
});

test("a pod of which nothing is known is taken for the middle one, and all for equal where nothing is known", () => {
  expect(toCapacities([2, 2, undefined])).toEqual([1, 1, 1]);
  expect(toCapacities([undefined, undefined])).toEqual([1, 1]);
  expect(toCapacities([])).toEqual([]);
});

test("a figure far from the middle one counts as ten times as much or as little", () => {
  const [small, , large] = toCapacities([1e-9, 1, 1e9]);
  expect(large! / small!).toBeCloseTo(100, 9);
});
