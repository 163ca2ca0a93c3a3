import * as z from "zod";
import { carrierTypes } from "./publish-to.ts";
import { listed } from "./rules.ts";
import { labelOf, sourceTypes } from "./sources/sources.ts";

/** Endpoints that status lists: enough to read, little enough to write. */
export const maxStatusEndpoints = 50;

const time = (description: string) => z.iso.datetime().describe(description).meta({ format: "date-time" });

export const poolCondition = z.object({
  type: z
    .string()
    .describe(
      "Ready, MetricsHealthy, ScalingActive, PodsHealthy, WritersReady, SplitPublished, WeightsPublished or Rebalancing.",
    ),
  status: z.enum(["True", "False", "Unknown"]).describe("True is the good state for every type."),
  reason: z.string().describe("Why, in one word."),
  message: z.string().describe("Why, for people: what is wrong and what to do."),
  observedGeneration: z.int32().min(0).describe("Generation of the spec that this condition is about.").optional(),
  lastTransitionTime: time("When the status last changed."),
});

const endpoint = z.object({
  pod: z.string().describe("Name of the pod."),
  address: z.string().describe("Address of the pod."),
  connections: z.int32().min(0).describe("Open connections of the last sample.").optional(),
  load: z.int32().min(0).describe("Load of the last sample, in percent.").optional(),
  weight: z.int32().min(0).describe("Share of the traffic, 1000 being an even share."),
  full: z
    .boolean()
    .describe("True if the pod is full for now: the Service sends it no new connections. Absent otherwise.")
    .optional(),
  reason: z
    .string()
    .describe(
      "Why the endpoint has this place. For a pod that is full for now, why the Service sends it no new connections.",
    ),
});

const unhealthy = z.object({
  pod: z.string().describe("Name of the pod."),
  reason: z.string().describe("How its last probe failed, or Recovering after a probe that succeeded."),
});

const foreign = z.object({
  pod: z.string().describe("Name of the pod."),
  owner: z
    .string()
    .describe("Kind and name of what controls it, such as Job report. Absent if nothing does.")
    .optional(),
});

const draining = z.object({
  pod: z.string().describe("Name of the pod."),
  connections: z
    .int32()
    .min(0)
    .describe("Open connections of the last sample. Absent where there is no fresh one.")
    .optional(),
});

const step = z.object({
  time: time("When the step began."),
  from: z.int32().describe("Replicas before it."),
});

const lastScale = z.object({
  time: time("When replicas were written."),
  from: z.int32().describe("Replicas before."),
  to: z.int32().describe("Replicas after."),
  reason: z.string().describe("Why."),
  message: z.string().describe("The arithmetic."),
  step: step.describe(
    "The step that the change belongs to. What is added within spec.scaling.up.period, or removed within spec.scaling.down.period, counts as one step.",
  ),
});

/** Pods that one drain holds at most, as status names them all. */
export const maxDrainedPods = 50;

const drain = z.object({
  time: time("When the drain began."),
  from: z.int32().min(1).describe("Replicas before it."),
  to: z.int32().min(1).describe("Replicas after it."),
  message: z.string().describe("The arithmetic."),
  pods: z
    .array(
      z.object({
        name: z.string().describe("Name of the pod."),
        uid: z.string().describe("UID of the pod."),
        cost: z
          .int32()
          .describe(
            "Its controller.kubernetes.io/pod-deletion-cost from before the drain, which is restored if the drain is undone.",
          )
          .optional(),
      }),
    )
    .max(maxDrainedPods)
    .describe("The pods that will be removed, and get no new traffic."),
});

/** What the operator reports under `status`. */
export const poolStatus = z
  .object({
    observedGeneration: z.int32().min(0).describe("Generation of the spec that this status is about.").optional(),
    conditions: z
      .array(poolCondition)
      .describe(
        "Ready, MetricsHealthy and ScalingActive on every pool. PodsHealthy if pods are probed. WritersReady if there is a write list, and SplitPublished if its lists have Services. WeightsPublished with publish.to. Rebalancing with rebalance.",
      )
      .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] })
      .optional(),
    ready: z.string().describe("Endpoints that take traffic, and all pods of the pool: 3/5.").optional(),
    readySet: z
      .string()
      .describe(
        "If publish.readySet is LeastBusy: endpoints that the slices publish as ready, and all that take traffic: 7/10. The others are full for now, not unhealthy.",
      )
      .optional(),
    publishedTo: z
      .array(z.enum(carrierTypes))
      .describe("Products whose objects carry the weights, or whose objects still have to be removed.")
      .optional(),
    replicas: z.int32().min(0).describe("Replicas that the workload is set to.").optional(),
    recommendedReplicas: z.int32().min(0).describe("Replicas that the pool's load asks for.").optional(),
    averageLoad: z
      .int32()
      .min(0)
      .describe("Average load of the measured pods, in percent. If a target is scaled, only its own pods count.")
      .optional(),
    averageConnections: z
      .int32()
      .min(0)
      .describe("Average of open connections of the measured pods, if scaling.connectionsPerPod is set.")
      .optional(),
    load: z
      .string()
      .describe("What decides the replicas, and its limit: 48%/50%, or for connections 31/40 conn, or both.")
      .optional(),
    source: z
      .string()
      .describe(`Where the numbers come from: ${listed([...sourceTypes.map(labelOf), "Probe", "None"], "or")}.`)
      .optional(),
    oldestSample: z.string().describe("Upper bound of the age of the oldest sample in use: <3s.").optional(),
    lastScale: lastScale.describe("The last change of replicas by the operator.").optional(),
    unhealthy: z
      .array(unhealthy)
      .max(maxStatusEndpoints)
      .describe(
        `Ready pods that get no traffic because their probe fails: the first ${maxStatusEndpoints}. When an operator starts, it treats these pods as down.`,
      )
      .optional(),
    foreign: z
      .array(foreign)
      .max(maxStatusEndpoints)
      .describe(
        `Pods that a scaled target's selector matches, but that the target does not own. They take traffic and do not count for replicas. The first ${maxStatusEndpoints}.`,
      )
      .optional(),
    drain: drain.describe("Pods that are being drained so that they can be removed.").optional(),
    draining: z
      .array(draining)
      .max(maxStatusEndpoints)
      .describe(
        `Pods that get no new traffic but keep their connections. They will be removed, or have the annotation evenkeel.io/drain. The first ${maxStatusEndpoints}.`,
      )
      .optional(),
    endpoints: z
      .array(endpoint)
      .max(maxStatusEndpoints)
      .describe(
        `The endpoints in the strategy's order, best first: the first ${maxStatusEndpoints}. Updated at most every 10 s, and only when the numbers have changed noticeably.`,
      )
      .optional(),
  })
  .describe("What the operator last saw and did.");

export type PoolStatus = z.output<typeof poolStatus>;
export type StatusDraining = z.output<typeof draining>;
export type StatusEndpoint = z.output<typeof endpoint>;
export type StatusUnhealthy = z.output<typeof unhealthy>;
export type ScaleStep = z.output<typeof step>;
export type LastScale = z.output<typeof lastScale>;
export type Drain = z.output<typeof drain>;
export type PoolCondition = z.output<typeof poolCondition>;
