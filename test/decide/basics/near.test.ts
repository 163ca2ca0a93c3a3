import { expect, test } from "vitest";
import { nearNames } from "../../../src/decide/basics/near.ts";

const names = ["checkout", "checkout-v2", "search", "web", "api", "init"];

test.each([
  ["chekcout", ["checkout"]],
  ["check", ["checkout", "checkout-v2"]],
  ["serch", ["search"]],
  ["wbe", ["web"]],
  ["billing", []],
  ["edit", []],
  ["v2-checkout", ["checkout", "checkout-v2"]],
])("%s may have meant %j", (given, near) => {
  expect(nearNames(given, names)).toEqual(near);
});

test("of many names it takes as long as all of them together", () => {
  const names = (count: number) =>
    Array.from({ length: count }, (_, index) => `a_metric_of_the_pod_with_number_${index}`);
  /** Of the processor's time, which a busy machine takes no more of; the least of three. */
  const costOf = (many: readonly string[]): number =>
    Math.min(
      ...[1, 2, 3].map(() => {
        const before = process.cpuUsage();
        expect(nearNames("a_metric_of_the_pod_wiht_number_777", many)[0]).toBe("a_metric_of_the_pod_with_number_777");
        return process.cpuUsage(before).user;
      }),
    );
  costOf(names(10_000));
  // A hundred times as many; if each were compared with the others it would be ten thousand times.
  expect(costOf(names(100_000))).toBeLessThan(1_000 * Math.max(100, costOf(names(1_000))));
});
