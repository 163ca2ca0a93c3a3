import { expect, test } from "vitest";
import { seedAt } from "../../../src/decide/strategies/rank.ts";
import { pool } from "../../builders/builders.ts";

const at = Date.UTC(2026, 0, 2, 3, 4, 0);

test("equal pods keep their places for ten seconds, and then change them", () => {
  expect(seedAt(pool(), at + 9_999)).toBe(seedAt(pool(), at));
  expect(seedAt(pool(), at + 10_000)).not.toBe(seedAt(pool(), at));
});

test("pools turn by themselves, and a restarted operator turns on", () => {
  expect(seedAt(pool({}, { uid: "other" }), at)).not.toBe(seedAt(pool(), at));
  expect(seedAt(pool(), at)).toBe(seedAt(pool(), at));
});
