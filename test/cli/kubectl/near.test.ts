import { expect, test } from "vitest";
import { nearNames } from "../../../src/cli/kubectl/near.ts";

const names = ["checkout", "checkout-v2", "search", "web", "api"];

test.each([
  ["chekcout", ["checkout"]],
  ["check", ["checkout", "checkout-v2"]],
  ["serch", ["search"]],
  ["wbe", ["web"]],
  ["billing", []],
])("%s may have meant %j", (given, near) => {
  expect(nearNames(given, names)).toEqual(near);
});
