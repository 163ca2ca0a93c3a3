import { describe, expect, test } from "vitest";
import { count, example, joined, print, saysElse, type Wording, worded } from "../../../src/decide/basics/wording.ts";

const fresh = (of: number, pod: string): Wording =>
  worded`${count(of)} of 60 pods are fresh: ${1} not (${example(pod)}).`;

test("a wording prints as the text that it is", () => {
  expect(print(fresh(59, "web-3"))).toBe("59 of 60 pods are fresh: 1 not (web-3).");
  expect(print("Plain.")).toBe("Plain.");
  expect(print(worded`${fresh(2, "a")} ${"And"} ${joined(["one", worded`${count(2)}`, "three"], ", ")}`)).toBe(
    "2 of 60 pods are fresh: 1 not (a). And one, 2, three",
  );
  expect(print(joined([], ", "))).toBe("");
});

describe("a wording says something else", () => {
  test.each<[what: string, before: Wording, after: Wording, isElse: boolean]>([
    ["not with another example", fresh(59, "web-3"), fresh(59, "web-4"), false],
    ["not with a count that hardly moved", fresh(59, "web-3"), fresh(57, "web-3"), false],
    ["with a count that moved", fresh(59, "web-3"), fresh(50, "web-3"), true],
    ["with other words", worded`${count(5)} pods`, worded`${count(5)} replicas`, true],
    ["with a number that is no count", worded`Port ${8080}`, worded`Port ${8081}`, true],
    ["with a count for a number", worded`Port ${8080}`, worded`Port ${count(8080)}`, true],
    ["not as plain text where the words are the same", "Plain.", worded`${"Plain"}.`, false],
    ["with one count more", worded`${count(5)} pods`, worded`${count(5)} pods, ${count(1)} new`, true],
  ])("%s", (_, before, after, isElse) => {
    expect(saysElse(before, after, 0.05)).toBe(isElse);
    expect(saysElse(after, before, 0.05)).toBe(isElse);
  });
});
