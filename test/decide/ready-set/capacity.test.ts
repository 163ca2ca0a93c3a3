import { expect, test } from "vitest";
import {
  type CapacityTally,
  elasticityOf,
  tallied,
  tally,
  toCapacities,
} from "../../../src/decide/ready-set/capacity.ts";

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

/** Of pods whose load is what `loadOf` says of their connections. */
const talliesOf = (loadOf: (connections: number, pod: number) => number): CapacityTally[] =>
  [20, 30, 40].map((connections, pod) => {
    let known: CapacityTally | undefined;
    for (let period = 0; period < 20; period += 1) {
      const open = connections + (period % 2 === 0 ? 2 : -2);
      known = tally(known, open, loadOf(open, pod));
    }
    return known!;
  });

test("a load that comes from connections is trusted, whatever a pod can carry", () => {
  expect(elasticityOf(talliesOf((open, pod) => open / (1 + pod)))).toBeCloseTo(1, 9);
});

test("a load that has nothing to do with connections makes no pod larger because it is fuller", () => {
  const tallies = talliesOf(() => 30);
  expect(elasticityOf(tallies)).toBeLessThan(0.1);
  const [empty, , full] = toCapacities(tallies.map(tallied), elasticityOf(tallies));
  expect(full! / empty!).toBeLessThan(1.1);
  expect(elasticityOf(talliesOf((open) => 100 - open))).toBe(0);
});

test("one that comes from connections in part is trusted in part", () => {
  const elasticity = elasticityOf(talliesOf((open) => 30 + open));
  expect(elasticity).toBeGreaterThan(0.3);
  expect(elasticity).toBeLessThan(0.7);
});

test("a load is trusted while connections have not moved", () => {
  expect(elasticityOf([])).toBe(1);
  expect(elasticityOf([tally(tally(undefined, 30, 60), 30, 61)])).toBe(1);
});
