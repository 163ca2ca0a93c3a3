import { describe, expect, test } from "vitest";
import { hash } from "../../../src/decide/basics/hash.ts";

const uids = Array.from({ length: 10_000 }, (_, index) => `uid-${index}`);

/** Chi-squared of the texts over 16 buckets of the hash's bits from `shift` on: 15 on average, 45 once in 10 000 times. */
function chiSquared(seed: number, shift: number): number {
  const counts = new Array<number>(16).fill(0);
  for (const uid of uids) counts[(hash(uid, seed) >>> shift) & 15]! += 1;
  const expected = uids.length / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

describe("a hash", () => {
  test("is a whole number of 32 bits, the same each time", () => {
    for (const text of ["", "a", "uid-1", "数".repeat(100)]) {
      const value = hash(text, 1);
      expect(Number.isInteger(value) && value >= 0 && value < 2 ** 32).toBe(true);
      expect(hash(text, 1)).toBe(value);
    }
  });

  test("spreads texts that are almost the same, in its high bits and in its low ones", () => {
    for (const seed of [0, 1, 2, 0xffff_ffff])
      for (const shift of [0, 14, 28]) expect(chiSquared(seed, shift)).toBeLessThan(45);
  });

  test("hardly ever gives two texts the same", () => {
    expect(new Set(uids.map((uid) => hash(uid, 3))).size).toBeGreaterThan(uids.length - 3);
  });

  test("orders texts anew under a neighbouring seed: each pair stays in its order half the time", () => {
    let kept = 0;
    for (let index = 0; index < uids.length - 1; index += 1) {
      const [a, b] = [uids[index]!, uids[index + 1]!];
      if (hash(a, 0) < hash(b, 0) === hash(a, 1) < hash(b, 1)) kept += 1;
    }
    expect(Math.abs(kept / uids.length - 0.5)).toBeLessThan(0.03);
  });
});
