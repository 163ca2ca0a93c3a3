import { expect, test } from "vitest";
import { parseQuantity } from "../../../src/observe/sources/quantity.ts";

const numbers: [text: string, value: number | undefined][] = [
  ["0", 0],
  ["2", 2],
  ["250m", 0.25],
  ["1234567n", 0.001234567],
  ["12u", 0.000012],
  ["1.5", 1.5],
  [".5", 0.5],
  ["5.", 5],
  ["+1k", 1_000],
  ["-1", -1],
  ["2Ki", 2_048],
  ["1.5Gi", 1_610_612_736],
  ["3M", 3_000_000],
  ["1E", 1e18],
  ["1e3", 1_000],
  ["1E-3", 0.001],
  ["100000000000000000000n", 100_000_000_000],
  ["", undefined],
  ["m", undefined],
  ["1e", undefined],
  ["1K", undefined],
  ["1mm", undefined],
  ["1 m", undefined],
  ["1e999", undefined],
  ["0x10", undefined],
  ["NaN", undefined],
  [`${"1".repeat(65)}`, undefined],
];
test.each(numbers)("%s is %d", (text, value) => expect(parseQuantity(text)).toBe(value));
