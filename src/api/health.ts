import * as z from "zod";
import { duration } from "./duration.ts";
import { withRules } from "./rules.ts";

const recheck = withRules(
  duration("10s", ""),
  "Time until a pod that is down is probed again, from 200ms to 1h. It is up again after two successes in a row.",
  [
    {
      cel: "duration(self) >= duration('200ms') && duration(self) <= duration('1h')",
      message: "must be from 200ms to 1h",
      holds: (ms) => ms >= 200 && ms <= 3_600_000,
    },
  ],
);

/** When a pod is set aside that is ready but does not answer its probe. */
export const health = z
  .object({
    failureThreshold: z
      .int32()
      .min(1)
      .max(100)
      .default(3)
      .describe("Probes that must fail in a row for a pod to be down."),
    recheck,
    minimumAvailablePercent: z
      .int32()
      .min(0)
      .max(100)
      .default(50)
      .describe(
        "Share of the ready pods, in percent, that is never set aside, whatever the probes say. If all are down, none is.",
      ),
  })
  .describe(
    "What happens to a ready pod that does not answer metrics.probe: once it is down, it gets no traffic. Without a probe, only readiness decides.",
  )
  .prefault({});

export type Health = z.output<typeof health>;
