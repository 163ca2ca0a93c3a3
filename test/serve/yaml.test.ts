import fc from "fast-check";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { toYaml } from "../../src/serve/yaml.ts";

test("says what the JSON says, whatever that is", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const given = JSON.parse(JSON.stringify(value));
      expect(parse(toYaml(given))).toEqual(given);
    }),
  );
});

test.each([
  "true",
  "No",
  "null",
  "~",
  "1e3",
  "0x1f",
  "- a",
  "a: b",
  "#",
  "",
  " a",
  "2026-01-02",
  "é",
  "a\nb",
  "\u2028",
  "\x85a: b",
  "\x7f\x9b2J",
  "\ufeff\u202e\uffff\u{e0001}",
])("keeps %j a string", (value) => expect(parse(toYaml({ [value]: [value] }))).toEqual({ [value]: [value] }));

test("has no sign in it that ends a line for some readers, or that a terminal would obey", () =>
  expect(toYaml({ message: "a\x85b: c\x1b[2J\x9b\u2029\u{e0001}" })).toBe(
    'message: "a\\U00000085b: c\\u001b[2J\\U0000009b\\U00002029\\U000e0001"\n',
  ));

test("reads as people write it", () =>
  expect(toYaml({ name: "web", pods: [{ pod: "web-1", load: 3.5, ports: [] }, "b c"], none: {} })).toBe(
    `name: web
pods:
  - pod: web-1
    load: 3.5
    ports: []
  - "b c"
none: {}
`,
  ));
