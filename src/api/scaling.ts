import * as z from "zod";
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

const down = z
  .object({
    enabled: z.boolean().default(true).describe("Whether replicas are ever removed. With false they only grow."),
    window: duration(
      "5m",
      "Time over which fewer replicas must have sufficed, without a break, before any is removed.",
    ),
    victims: z
      .enum(["LeastBusy", "Default"])
      .default("LeastBusy")
      .describe(
        "LeastBusy removes the pods with the fewest connections, and drains them first. Default leaves the choice to the workload's controller and drains nothing. Where a controller takes no hints (anything but ReplicaSet and StatefulSet), it is always Default.",
      ),
    drain: duration(
      "60s",
      "Time that a pod which is to be removed has, out of every list, for its connections to end. It goes as soon as they have.",
    ),
    maxStepPercent: z
      .int32()
      .min(1)
      .max(50)
      .default(50)
      .describe(
        "Most that one step removes, in percent of the replicas. The larger of the two limits counts, but never more than half of the replicas go.",
      ),
    maxStepPods: z
      .int32()
      .min(1)
      .max(1_000)
      .default(1)
      .describe("Most that one step removes, in pods. The larger of the two limits counts."),
    period: duration("1m", "Time within which at most one such step is removed."),
  })
  .describe("How replicas are removed.")
  .prefault({});

/** When one more pod is needed, or one less suffices. */
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
      .describe("Average load of the pods, in percent, above which replicas are added, where the source tells a load."),
    connectionsPerPod: z
      .int32()
      .min(1)
      .max(1_000_000)
      .describe(
        "Average of open connections per pod above which replicas are added. With a load as well, the larger number of replicas wins; without one, connections alone decide.",
      )
      .optional(),
    warmUp: duration(
      "30s",
      "Time from which on the load of a pod that was started counts, after it began to serve: what it takes to start is no demand. Pods that are as old as the pool, and pods that come back without a start, count at once. 0s for none.",
    ),
    pods: z
      .enum(["Owned", "Selected"])
      .default("Owned")
      .describe(
        "Which pods count. Owned: those that the target owns, by the controllers that their owner references name, whatever lies between. Selected: all that its selector matches, as for a HorizontalPodAutoscaler; for workloads whose pods do not refer to them. Endpoints follow the selector either way.",
      ),
    up,
    down,
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
