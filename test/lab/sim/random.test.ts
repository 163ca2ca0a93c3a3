import { expect, test } from "vitest";
import { Random } from "../../../src/lab/sim/random.ts";

test("random numbers lie between 0 and 1, spread, and come again with the seed", () => {
  const take = (seed: number) => {
    const random = new Random(seed, 0);
    return Array.from({ length: 10_000 }, () => random.next());
  };
  const numbers = take(7);
  expect(numbers).toEqual(take(7));
  expect(numbers).not.toEqual(take(8));
  expect(Math.min(...numbers)).toBeGreaterThan(0);
  expect(Math.max(...numbers)).toBeLessThan(1);
  expect(numbers.reduce((sum, number) => sum + number, 0) / numbers.length).toBeCloseTo(0.5, 1);
});
