import type { LeaseOptions } from "../control/leadership.ts";
import { UsageError } from "./flags/flag.ts";
import type { RunConfig } from "./run-flags.ts";

type LeaseConfig = Pick<
  RunConfig,
  "leader-election" | "lease-name" | "lease-duration" | "lease-renew-deadline" | "lease-retry-period"
>;

/** How leadership is held, without the Lease's namespace; undefined without election. Throws UsageError on times that do not fit. */
export function leaseOf(config: LeaseConfig): Omit<LeaseOptions, "namespace"> | undefined {
  const {
    "lease-duration": leaseDurationMs,
    "lease-renew-deadline": renewDeadlineMs,
    "lease-retry-period": retryPeriodMs,
  } = config;
  if (leaseDurationMs <= renewDeadlineMs)
    throw new UsageError("--lease-renew-deadline must be shorter than --lease-duration, or two replicas might lead");
  if (3 * retryPeriodMs > renewDeadlineMs)
    throw new UsageError(
      "--lease-retry-period must be at most a third of --lease-renew-deadline, or a miss ends the term",
    );
  if (!config["leader-election"]) return undefined;
  return { name: config["lease-name"], leaseDurationMs, renewDeadlineMs, retryPeriodMs };
}
