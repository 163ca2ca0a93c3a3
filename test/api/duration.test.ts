import { expect, test } from "vitest";
import { duration, parseDuration } from "../../src/api/duration.ts";

const schema = duration("15s", "A time.");

test.each([
  ["0ms", 0],
  ["1ms", 1],
  ["1500ms", 1_500],
  ["1s", 1_000],
  ["90s", 90_000],
  ["2m", 120_000],
  ["1h", 3_600_000],
  ["999999h", 3_599_996_400_000],
])("%s is %d ms", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
  expect(schema.parse(text)).toBe(ms);
});

test("what is not said is the default, in milliseconds", () => {
  expect(schema.parse(undefined)).toBe(15_000);
});

test.each(["", "s", "1", "1.5s", "-1s", " 1s", "1s ", "1S", "1m30s", "01s", "1d", "1e3ms", "1000000ms", "١s"])(
  "%j is no duration",
  (text) => {
    expect(schema.safeParse(text).success).toBe(false);
  },
);
