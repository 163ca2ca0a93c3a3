import { expect, test } from "vitest";
import { compilePattern, judgePattern } from "../../src/api/sources/pattern.ts";

test.each([
  "5..|429",
  "/(items|slow|fail).*",
  "Internal|Unavailable|Unknown|DataLoss|DeadlineExceeded",
  "(?i:abc)(?P<name>x){2}",
  "\\p{Greek}{3}[a-z]{1,5}\\.[^]]",
  "\\Q{5}\\E",
  "x{0}",
  "(?:GET|POST){2,}",
])("%s is compiled, and is as large as it is", (pattern) => {
  const compiled = compilePattern(pattern);
  expect(compiled).toMatchObject({ kind: "compiled", instructions: expect.any(Number) });
  expect(judgePattern(pattern)).toBe("compiled");
  expect(judgePattern(pattern)).toBe("compiled");
});

test.each([
  "a{1000}".repeat(28),
  "((a{31}){32})".repeat(8),
  "(a{20}){20}",
  "[ab]{300}",
  "(((x{9}){9}){9})",
  "(?P<a>\\pL{1000})(?P<b>\\pL{1000})",
  "(?P<n>(a|b){200})",
])("%s is too large", (pattern) =>
  expect([compilePattern(pattern).kind, judgePattern(pattern)]).toEqual(["tooLarge", "tooLarge"]),
);

test.each(["(", "[", "a{2,1}", "(?<=x)y", "\\1", "*"])("%s is none", (pattern) =>
  expect([compilePattern(pattern).kind, judgePattern(pattern)]).toEqual(["malformed", "malformed"]),
);
