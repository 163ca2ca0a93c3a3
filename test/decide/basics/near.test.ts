import { expect, test } from "vitest";
import { nearNames } from "../../../src/decide/basics/near.ts";

const names = ["checkout", "checkout-v2", "search", "web", "api"];

test.each([
  ["chekcout", ["checkout"]],
  ["check", ["checkout", "checkout-v2"]],
  ["serch", ["search"]],
  ["wbe", ["web"]],
  ["billing", []],
  ["v2-checkout", ["checkout", "checkout-v2"]],
])("%s may have meant %j", (given, near) => {
  expect(nearNames(given, names)).toEqual(near);
});

test("of many names it takes little time", () => {
  const many = Array.from({ length: 100_000 }, (_, index) => `a_metric_of_the_pod_with_number_${index}`);
  const before = process.cpuUsage();
  expect(nearNames("a_metric_of_the_pod_wiht_number_77777", many)[0]).toBe("a_metric_of_the_pod_with_number_77777");
  // Of the processor's time, which a busy machine takes no more of.
  expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
});
