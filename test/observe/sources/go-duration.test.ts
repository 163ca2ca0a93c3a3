import { expect, test } from "vitest";
import { parseGoDuration } from "../../../src/observe/sources/go-duration.ts";

test.each([
  ["20s", 20_000],
  ["1m0s", 60_000],
  ["15.204s", 15_204],
  ["1h2m3.5s", 3_723_500],
  ["500ms", 500],
  ["250µs", 0.25],
  [".5s", 500],
  ["0s", 0],
  ["", undefined],
  ["20", undefined],
  ["-20s", undefined],
  ["20 s", undefined],
  ["s", undefined],
  ["1d", undefined],
  ["20s!", undefined],
  [`${"0".repeat(64)}1s`, undefined],
])("%j is %j ms", (text, ms) => {
  const parsed = parseGoDuration(text);
  if (ms === undefined) expect(parsed).toBeUndefined();
  else expect(parsed).toBeCloseTo(ms, 6);
});
