import { expect, test } from "vitest";
import { evaluate } from "../tools/expression.ts";

test.each([
  ["1 + 2 * 3 ^ 2 / 3 - 1", {}, 6],
  ["2 ^ 3 ^ 2", {}, 512],
  ["(a + 1) * b", { a: 2, b: 5 }, 15],
  ["a > 1 or b > 9 ? 1 : 0", { a: 1, b: 10 }, 1],
  ["a <= 1 ? 1 : a > 5 ? 2 : 3", { a: 4 }, 3],
  ["sum(max(1, x)) + k", { x: [0, 4], k: 1 }, 6],
  ["median(within(x, 2, 3))", { x: [1, 2, 9] }, 2],
  ["a - b - c", { a: 9, b: 3, c: 2 }, 4],
])("%s with %j is %d", (expression, numbers, result) => {
  expect(evaluate(expression, numbers)).toBeCloseTo(result, 12);
});

test.each([["a +"], ["a $ b"], ["nothing(1)"], ["x"], ["(1"], ["1 2"]])("%s is refused", (expression) => {
  expect(() => evaluate(expression, { a: 1, b: 1 })).toThrow();
});
