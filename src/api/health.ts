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
      .describe("How many probes in a row must fail until a pod is down."),
    recheck,
    minimumAvailablePercent: z
      .int32()
      .min(0)
      .max(100)
      .default(50)
      .describe(
        "Share of the ready pods, in percent, that keeps getting traffic, whatever the probes say. If all pods are down, all keep getting traffic.",
      ),
  })
  .describe(
    "When a ready pod that fails metrics.probe counts as down. A pod that is down gets no traffic, unless too few pods would be left. Without a probe, only readiness decides.",
  )
  .prefault({});

export type Health = z.output<typeof health>;
