import { expect, test } from "vitest";
import { parse } from "yaml";
import { printTree, toObject } from "../../src/propose/tree.ts";

const attack = "a\x85evil: true\nworse: true\u2028\x1b[2J\u202e";

test("nothing that a pod says leaves its line, in a value or in a comment", () => {
  const tree = [
    { key: "kind", value: "Pool", note: [attack] },
    { key: "label", value: attack },
    { key: "other", value: [{ key: attack, value: attack }], isOff: true },
  ];
  const text = printTree(tree);
  expect(text).not.toMatch(/[^\n\x20-\x7e]/);
  expect(parse(text)).toEqual(toObject(tree));
  expect(text.split("\n").filter((line) => /^(evil|worse)/.test(line))).toEqual([]);
});
