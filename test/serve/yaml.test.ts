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
])("keeps %j a string", (value) => expect(parse(toYaml({ [value]: [value] }))).toEqual({ [value]: [value] }));

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
