import { z } from "zod";
import { duration } from "./duration.ts";
import { withRules } from "./rules.ts";

const up = z
  .object({
    polls: z
      .int32()
      .min(1)
      .max(10)
      .default(2)
      .describe("Samples in a row on which the average load must pass maxAverageLoad."),
    maxStepPercent: z
      .int32()
      .min(1)
      .max(1_000)
      .default(100)
      .describe("Most that one step adds, in percent of the replicas. The larger of the two limits counts."),
    maxStepPods: z
      .int32()
      .min(1)
      .max(1_000)
      .default(4)
      .describe("Most that one step adds, in pods. The larger of the two limits counts."),
    period: duration("15s", "Time within which at most one such step is added."),
  })
  .describe("How replicas are added.")
  .prefault({});

/** When one more pod is needed. */
export const scaling = withRules(
  z.object({
    mode: z
      .enum(["Auto", "Recommend", "Paused"])
      .default("Auto")
      .describe("Auto scales. Recommend decides and reports but does not scale. Paused decides nothing."),
    minReplicas: z.int32().min(1).default(1).describe("Fewest replicas."),
    maxReplicas: z.int32().min(1).describe("Most replicas."),
    maxAverageLoad: z
      .int32()
      .min(1)
      .max(1_000)
      .default(50)
      .describe("Average load of the pods, in percent, above which replicas are added."),
    up,
  }),
  "When and how far the workload is scaled.",
  [
    {
      cel: "self.minReplicas <= self.maxReplicas",
      message: "minReplicas must not exceed maxReplicas",
      holds: ({ minReplicas, maxReplicas }) => minReplicas <= maxReplicas,
    },
  ],
);

export type Scaling = z.output<typeof scaling>;
