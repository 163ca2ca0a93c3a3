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
      .describe(
        "Samples in a row on which an average must be above its limit (maxAverageLoad or connectionsPerPod) before replicas are added.",
      ),
    maxStepPercent: z
      .int32()
      .min(1)
      .max(1_000)
      .default(100)
      .describe("The most that one step adds, in percent of the replicas. The larger of this and maxStepPods counts."),
    maxStepPods: z
      .int32()
      .min(1)
      .max(1_000)
      .default(4)
      .describe("The most that one step adds, in pods. The larger of this and maxStepPercent counts."),
    period: duration("15s", "Time in which at most one such step is added."),
  })
  .describe("How replicas are added.")
  .prefault({});

const down = z
  .object({
    enabled: z
      .boolean()
      .default(true)
      .describe("Whether replicas are ever removed. With false, replicas are only added."),
    window: duration("5m", "How long fewer replicas must have been enough, without a break, before any is removed."),
    victims: z
      .enum(["LeastBusy", "Default"])
      .default("LeastBusy")
      .describe(
        "LeastBusy drains pods before it removes them: those with the fewest connections, or a StatefulSet's highest ordinals. Default drains nothing and leaves the choice to the workload's controller. If pods belong to neither a ReplicaSet nor a StatefulSet, it is always Default.",
      ),
    drain: duration(
      "60s",
      "How long at most a pod stays out of every list before it is removed, so that its connections can end. It is removed as soon as they have ended.",
    ),
    maxStepPercent: z
      .int32()
      .min(1)
      .max(50)
      .default(50)
      .describe(
        "The most that one step removes, in percent of the replicas. The larger of this and maxStepPods counts, but never more than half of the replicas are removed.",
      ),
    maxStepPods: z
      .int32()
      .min(1)
      .max(1_000)
      .default(1)
      .describe("The most that one step removes, in pods. The larger of this and maxStepPercent counts."),
    period: duration("1m", "Time in which at most one such step is removed."),
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
      .describe(
        "Average load of the pods, in percent, above which replicas are added. It needs a source that reports a load.",
      ),
    connectionsPerPod: z
      .int32()
      .min(1)
      .max(1_000_000)
      .describe(
        "Average of open connections per pod above which replicas are added. If the source also reports a load, each limit asks for a number of replicas, and the larger number counts. Without a load, only connections decide.",
      )
      .optional(),
    warmUp: duration(
      "30s",
      "How long a new pod must have served before its load counts. Starting a pod causes load of its own, which is no reason to add another. Pods at least as old as the pool, and pods that come back without a restart, count at once. 0s for none.",
    ),
    pods: z
      .enum(["Owned", "Selected"])
      .default("Owned")
      .describe(
        "Which pods count for scaling. Owned counts those that the target owns, directly or through other controllers, by their owner references. Selected counts all pods that its selector matches, as a HorizontalPodAutoscaler does. Use it if the pods have no owner references to the workload. Endpoints follow the selector either way.",
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
