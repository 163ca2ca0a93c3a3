import { expect, test } from "vitest";
import { readFlags } from "../../src/cli/flags/read-flags.ts";
import { leaseOf } from "../../src/cli/lease-of.ts";
import { runFlags } from "../../src/cli/run-flags.ts";

const leaseBy = (...args: string[]) => leaseOf(readFlags(runFlags, args));

test("the times of a lease are those of other controllers, or those that are given", () => {
  const usual = { name: "evenkeel", leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };
  expect(leaseBy()).toEqual(usual);
  expect(leaseBy("--lease-duration", "1m", "--lease-renew-deadline", "45s", "--lease-retry-period", "15s")).toEqual({
    ...usual,
    leaseDurationMs: 60_000,
    renewDeadlineMs: 45_000,
    retryPeriodMs: 15_000,
  });
  expect(leaseBy("--leader-election", "false")).toBeUndefined();
});

test.each([
  ["--lease-duration", "10s", "--lease-renew-deadline must be shorter than --lease-duration"],
  ["--lease-renew-deadline", "20s", "--lease-renew-deadline must be shorter than --lease-duration"],
  ["--lease-retry-period", "4s", "--lease-retry-period must be at most a third of --lease-renew-deadline"],
])("%s %s does not fit the others, and both are named", (flag, value, message) => {
  expect(() => leaseBy(flag, value)).toThrow(message);
});
