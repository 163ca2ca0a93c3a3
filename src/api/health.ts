import { z } from "zod";
import { duration } from "./duration.ts";
import { withRules } from "./rules.ts";

/** When a pod is set aside that is ready but does not answer its probe. */
export const health = withRules(
  z
    .object({
      failureThreshold: z
        .int32()
        .min(1)
        .max(100)
        .default(3)
        .describe("Probes that must fail in a row for a pod to be set aside."),
      recheck: duration(
        "10s",
        "Time until a pod that is set aside is probed again, from 200ms to 1h. It comes back after two successes in a row.",
      ),
      minimumAvailablePercent: z
        .int32()
        .min(0)
        .max(100)
        .default(50)
        .describe(
          "Share of the ready pods, in percent, that is never set aside, whatever the probes say. Where all fail, none is.",
        ),
    })
    .prefault({}),
  "What becomes of a pod that does not answer metrics.probe. Without a probe, readiness alone decides.",
  [
    {
      cel: "duration(self.recheck) >= duration('200ms') && duration(self.recheck) <= duration('1h')",
      message: "recheck must be from 200ms to 1h",
      holds: ({ recheck }) => recheck >= 200 && recheck <= 3_600_000,
    },
  ],
);

export type Health = z.output<typeof health>;
