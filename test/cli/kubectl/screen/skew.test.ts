import { expect, test } from "vitest";
import { skewOf } from "../../../../src/cli/kubectl/screen/skew.ts";

test.each([
  ["0.1.0", "0.1.0"],
  ["0.1.4", "v0.1.0"],
  ["0.2.0", "0.1.9"],
  ["1.3.0-rc.1", "1.4.2"],
  ["custom", "custom"],
])("a client %s may be used with an operator %s", (client, operator) => {
  expect(skewOf(client, operator)).toBeUndefined();
});

test.each([
  ["0.3.0", "0.1.9"],
  ["0.9.0", "1.0.0"],
  ["2.0.0", "1.0.0"],
])("a client %s should not be used with an operator %s", (client, operator) => {
  expect(skewOf(client, operator)).toBe(
    `The client (${client}) and the operator (${operator}) are more than a minor version apart: use a client of the operator's version.`,
  );
});

test("what is no version is told as it is", () => {
  expect(skewOf("0.1.0", "latest")).toBe("The versions 0.1.0 and latest cannot be compared.");
});
