import { describe, expect, test } from "vitest";
import { type ArrivalsMemory, companyOf, learnArrivals } from "../../../src/decide/ready-set/bunching.ts";

const learnAll = (counts: readonly number[]): ArrivalsMemory =>
  counts.reduce<ArrivalsMemory>((memory, count) => learnArrivals(memory, count), []);
const repeated = (counts: readonly number[], times: number): number[] => Array(times).fill(counts).flat();

describe("connections in whose company one comes", () => {
  test("are none where as many come in each period", () => {
    expect(companyOf(learnAll(Array(50).fill(20)), 0.9)).toBe(0);
  });

  test("are about as many as come at once", () => {
    // 30 every third period: seen from one of them, 30 come in a period, and 10 in the mean.
    const company = companyOf(learnAll(repeated([30, 0, 0], 30)), 1);
    expect(company).toBeGreaterThan(15);
    expect(company).toBeLessThan(20);
  });

  test("are not those of a crowd that came once", () => {
    expect(companyOf(learnAll([...Array(30).fill(10), 300, 150, ...Array(30).fill(10)]), 0.9)).toBe(0);
  });

  test("are not known of few periods", () => {
    expect(companyOf(undefined, 0.9)).toBe(0);
    expect(companyOf(learnAll([30, 0, 0, 30, 0, 0]), 0.9)).toBe(0);
  });

  test("are forgotten after a hundred periods", () => {
    const memory = learnAll([...repeated([30, 0, 0], 30), ...Array(100).fill(10)]);
    expect(memory).toHaveLength(100);
    expect(companyOf(memory, 0.9)).toBe(0);
  });
});
