import * as z from "zod";
import { strategyTypes } from "../api/pool.ts";
import { poolCondition } from "../api/status.ts";
import type { RebalanceState } from "../decide/rebalance/rebalance.ts";
import { type ScaleDecision, scaleReasons } from "../decide/scaling/decision.ts";
import type { RefusedMetric, SampleFailure } from "../decide/world.ts";
import { drainingDocument, replicaDocument, trafficDocument, troubleDocument } from "./state-documents.ts";
import { count, openWord, rfc3339, type Told, unixMs } from "./told.ts";

const strategy = z.enum(strategyTypes).describe("The pool's strategy.");
const generation = count("Generation of the pool's spec that this was planned on.");
const plannedAt = rfc3339("When the plan was made.");

const averages = {
  averageLoad: z.number().describe("Percent.").exactOptional(),
  limit: z
    .number()
    .describe("Percent, above which replicas are added. Only where the pool reads a load.")
    .exactOptional(),
  averageConnections: z
    .number()
    .describe("Open connections per endpoint, over those that report them. Only with `connectionsPerPod`.")
    .exactOptional(),
  connectionsPerPod: z.number().describe("The average above which replicas are added.").exactOptional(),
  replicas: count("Replicas that the workload is set to.").exactOptional(),
};

export const poolSummary = z.object({
  namespace: z.string(),
  name: z.string(),
  strategy,
  generation,
  ready: poolCondition.shape.status.describe("Status of the condition Ready."),
  endpoints: count("Pods that may get traffic."),
  excluded: count("Pods of the pool that get none."),
  trouble: troubleDocument.describe("The worst of its troubles. Absent: it has none.").exactOptional(),
  ...averages,
  plannedAt,
});

export const poolListDocument = z
  .object({
    pools: z.array(poolSummary).describe("Ordered by namespace and name."),
    replica: replicaDocument,
  })
  .describe("The pools that the caller may read.");

export const portDocument = z.object({ name: z.string(), port: z.int().min(1).max(65_535) });

export const endpointDocument = z.object({
  rank: z.int().min(1).describe("1 is the best."),
  pod: z.string(),
  address: z.string(),
  ports: z.array(portDocument),
  weight: z.number().describe("Share of the traffic, 1000 being an even share."),
  connections: z.number().describe("Open connections.").exactOptional(),
  load: z.number().describe("Percent.").exactOptional(),
  responseMs: z
    .number()
    .describe("Mean response time of the last interval. Without one, the time to the answer of a probe.")
    .exactOptional(),
  requestsPerSecond: z
    .number()
    .describe("Requests that it completed of late. Only where the pool counts them.")
    .exactOptional(),
  errorPercent: z.number().describe("Of those, how many failed. Absent where there were none.").exactOptional(),
  ageMs: z.int().describe("Age of the newest sample as of this answer.").exactOptional(),
  node: z.string().exactOptional(),
  zone: z.string().exactOptional(),
  surplus: count(
    "Connections that the pod should close in the period of `rebalance`, 0 where it has no more than its share. Absent: the pool moves none, or nothing is decided in this period.",
  ).exactOptional(),
  full: z
    .literal(true)
    .describe(
      "A Service sends the pod nothing new for now, because the others have fewer connections. Absent: it does. Rank and weight are as without.",
    )
    .exactOptional(),
  reason: z.string().describe("Why the pod stands here, or why it is full."),
});

export const rebalanceDocument = z
  .object({
    state: openWord<RebalanceState>("Whether anything is decided in this period.", [
      "starting",
      "missing",
      "impaired",
      "waiting",
      "decided",
    ]),
    periodMs: z.number(),
    decidedAt: unixMs(
      "Each `surplus` counts once for this time. Absent where nothing is decided in this period.",
    ).exactOptional(),
  })
  .describe("What pods should close so that their connections come back elsewhere.");

export const writerDocument = z
  .object({
    pod: z.string(),
    address: z.string(),
    ports: z.array(portDocument),
    reason: z.string().describe("Why it takes writes."),
  })
  .describe("A pod that takes writes.");

const recommended = count("Replicas that the load asks for while they are held.").exactOptional();

export const decisionDocument = z.object({
  kind: z.enum(["hold", "scale"]),
  reason: openWord<ScaleDecision["reason"]>("Why, in one word.", scaleReasons),
  message: z.string().describe("Why, with the figures."),
  recommended,
  from: count("Replicas before.").exactOptional(),
  to: count("Replicas after.").exactOptional(),
  act: z.boolean().describe("False where the pool only recommends: mode Recommend.").exactOptional(),
});

export const scaleDocument = z
  .object({
    at: unixMs("When."),
    from: z.int().describe("Replicas before."),
    to: z.int().describe("Replicas after."),
    reason: z.string(),
    message: z.string(),
  })
  .describe("Replicas that the operator wrote.");

const example = z.string().describe("Name of one of them.");

const coverageFailure = z.object({
  failure: openWord<SampleFailure>("Why the last sample failed, in one word."),
  pods: count("Pods that it failed for."),
  example,
  detail: z.string().describe("What was found there, where that says more.").exactOptional(),
});

const refusedMetric = z.object({
  of: z.enum(["requests", "responseTime", "errors"]).describe("What it is in the pool's source."),
  metric: z.string().describe("Its name, or JSON pointer."),
  fault: openWord<RefusedMetric["fault"]>("What is wrong with it, in one word."),
  pods: count("Pods that it is wrong for."),
  example,
});

const beginningCounter = z.object({
  metric: z.string(),
  pods: count("Pods that have reported it once."),
  example,
});

export const coverageDocument = z.object({
  expected: count("Pods that should be measured."),
  fresh: count("Of those, pods that had a fresh sample when the plan was made."),
  oldestMs: z.int().describe("Age of the oldest sample in use as of this answer.").exactOptional(),
  failures: z.array(coverageFailure),
  refused: z
    .array(refusedMetric)
    .describe("Metrics that samples lack, although the pool asks for them. Absent: none.")
    .exactOptional(),
  beginning: z
    .array(beginningCounter)
    .describe("Counters with one value so far, so that there is no rate yet. Absent: none.")
    .exactOptional(),
});

export const readySetDocument = z.object({
  size: count("Endpoints that a Service sends new connections."),
  able: count("Endpoints that could get them."),
  floor: count("How many get them at least."),
  message: z.string().describe("Why it is so, and whether a set can help here."),
});

export const excludedDocument = z.object({
  pod: z.string(),
  reason: z.string().describe("Why it gets no traffic: one word, then a detail where there is one."),
});

export const nextEndpoint = z.object({
  pod: z.string(),
  address: z.string(),
  port: portDocument.shape.port.describe("The pool's first port."),
  ports: z.array(portDocument),
});

export const poolDocument = z
  .object({
    namespace: z.string(),
    name: z.string(),
    strategy,
    generation,
    plannedAt,
    staleMs: z
      .int()
      .describe(
        "How long this replica has heard nothing of the cluster. Absent while it follows it. Samples have ages of their own.",
      )
      .exactOptional(),
    ...averages,
    maxReplicas: z.int().exactOptional(),
    traffic: trafficDocument,
    readySet: readySetDocument.describe("Absent where a Service sends connections to all endpoints.").exactOptional(),
    decision: decisionDocument,
    confirm: z
      .string()
      .describe("Why the next sample comes before its interval is over. Absent: it does not.")
      .exactOptional(),
    lastScale: scaleDocument.describe("The last change of replicas by the operator.").exactOptional(),
    coverage: coverageDocument,
    rebalance: rebalanceDocument.describe("Only of a pool with `spec.rebalance`.").exactOptional(),
    conditions: z.array(poolCondition),
    troubles: z.array(troubleDocument).describe("The worst first. Empty: everything is as it should be."),
    endpoints: z.array(endpointDocument).describe("In the strategy's order, best first."),
    excluded: z.array(excludedDocument).describe("Pods that get no traffic, by name."),
    draining: z
      .array(drainingDocument)
      .describe("Of those, pods that are drained, by name. Absent: none.")
      .exactOptional(),
    list: z
      .array(nextEndpoint)
      .describe(
        "Of the client that the request names: whom to turn to first, then next, as the pool's `publish.order` says.",
      )
      .exactOptional(),
    writers: z
      .array(writerDocument)
      .describe(
        "Only of a pool with `spec.access`: reads go to the endpoints, writes to these. With `writers.all` every write goes to all of them, in this order, and is done when all have answered. With `writers.matchLabels` it goes to the one.",
      )
      .exactOptional(),
  })
  .describe("All that is known of a pool.");

export const nextDocument = z
  .object({
    namespace: z.string(),
    name: z.string(),
    strategy,
    endpoints: z
      .array(nextEndpoint)
      .describe(
        "Whom to ask, then where to turn when that fails, all different. With `access=write`, the whole write list.",
      ),
  })
  .describe("Endpoints to send the next request to.");

export const reportDocument = z
  .object({
    namespace: z.string(),
    name: z.string(),
    client: z.string(),
    expiryMs: z.number().describe("How long the report stands. Repeat it at least every third of that."),
    unknown: z
      .array(z.string())
      .describe(
        "The first 20 names that belong to no pod of the pool, as far as this replica knows. They count for nothing.",
      ),
  })
  .describe("What became of a report.");

export type PoolListDocument = Told<typeof poolListDocument>;
export type PoolSummary = Told<typeof poolSummary>;
export type EndpointDocument = Told<typeof endpointDocument>;
export type RebalanceDocument = Told<typeof rebalanceDocument>;
export type WriterDocument = Told<typeof writerDocument>;
export type DecisionDocument = Told<typeof decisionDocument>;
export type ScaleDocument = Told<typeof scaleDocument>;
export type CoverageDocument = Told<typeof coverageDocument>;
export type ReadySetDocument = Told<typeof readySetDocument>;
export type PoolDocument = Told<typeof poolDocument>;
export type NextDocument = Told<typeof nextDocument>;
export type NextEndpoint = Told<typeof nextEndpoint>;
export type ReportDocument = Told<typeof reportDocument>;
