import { expect, test } from "vitest";
import { parse } from "yaml";
import { formatDocument } from "../../../../src/cli/kubectl/screen/format-document.ts";

const hostile = {
  message: "a\x1b[2Jb\x7f\x9b31mc\x85d\u202ee\u2028f\u{e0041}g",
  "\x9bkey": ["\u200b", "two\nlines\x9d", "plain: text"],
  number: 1.5,
};

test.each([
  ["json", (text: string) => JSON.parse(text)],
  ["yaml", (text: string) => parse(text)],
] as const)("%s has no character that a terminal obeys, and loses none", (output, read) => {
  const text = formatDocument(hostile, output);
  expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  expect(read(text)).toEqual(hostile);
});

test("what is harmless stays readable", () => {
  expect(formatDocument({ a: "größer, 日本", b: ["x"] }, "yaml")).toBe("a: größer, 日本\nb:\n  - x\n");
});
