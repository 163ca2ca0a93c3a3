import { defined } from "../api/defined.ts";
import { fieldOf, fieldsOf, listOf, textMapOf, textOf, wholeOf } from "../kube/untyped.ts";
import { quantityOf, stepsOf, type Translated, targetOf, type WantedLoad } from "./translate.ts";

const queue =
  "what waits in a queue is one figure for all pods: leave it to KEDA, or have each pod report how much it is working on";

/** Triggers that say nothing of single pods, and what becomes of them. */
const without: Readonly<Record<string, string>> = {
  cron: "no schedule: change minReplicas by a CronJob",
  kafka: queue,
  rabbitmq: queue,
  "aws-sqs-queue": queue,
  "azure-servicebus": queue,
  "gcp-pubsub": queue,
  "nats-jetstream": queue,
  redis: queue,
  "redis-streams": queue,
};

/** What one trigger asks for; undefined with the reason in `lost`. */
function wantedOf(trigger: Readonly<Record<string, unknown>>, lost: string[]): WantedLoad | undefined {
  const type = textOf(trigger.type) ?? "";
  const metadata = textMapOf(trigger.metadata);
  const { value, containerName, query, threshold } = metadata;
  if (type === "cpu" || type === "memory") {
    // `metadata.type` is what `metricType` was called before.
    const isValue = (textOf(trigger.metricType) ?? metadata.type) === "AverageValue";
    const percent = Number(value);
    return {
      kind: "resource",
      name: type,
      ...defined({ container: containerName }),
      ...(isValue ? { value } : Number.isInteger(percent) && percent > 0 && { utilization: percent }),
    };
  }
  if (type === "prometheus") {
    const most = quantityOf(threshold);
    if (fieldOf(metadata, "activationThreshold") !== undefined)
      lost.push("prometheus.activationThreshold: a pool never goes to 0 pods.");
    if (textOf(trigger.metricType) === "Value")
      lost.push("prometheus.metricType Value: a pool goes by the average a pod.");
    if (query !== undefined && most !== undefined) return { kind: "query", expr: query, value: most };
  }
  lost.push(
    `trigger ${type}: ${without[type] ?? "it is not read of pods; what PromQL tells of each pod can be (source query)"}.`,
  );
  return undefined;
}

/** A ScaledObject of KEDA as a pool would have it. */
export function translateScaledObject(object: {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
}): Translated {
  const spec = fieldsOf(fieldOf(object, "spec"));
  const lost: string[] = [];
  const loads = listOf(spec.triggers).flatMap((trigger) => wantedOf(trigger, lost) ?? []);
  if (loads.length > 1)
    lost.push(
      `${loads.length} triggers, of which KEDA takes the one that asks for most pods: a pool has one load, and connectionsPerPod beside it. The first is taken.`,
    );
  const min = wholeOf(spec.minReplicaCount) ?? 0;
  if (min === 0) lost.push("minReplicaCount 0 (KEDA's default): a pool keeps one pod at least.");
  if (spec.idleReplicaCount !== undefined) lost.push("idleReplicaCount: a pool keeps minReplicas.");
  if (spec.cooldownPeriod !== undefined) lost.push("cooldownPeriod, which is for the last step to 0 alone.");
  if (spec.fallback !== undefined)
    lost.push("fallback: without figures a pool holds its replicas, and weights move to their long-run values.");
  const advanced = fieldsOf(spec.advanced);
  if (advanced.scalingModifiers !== undefined)
    lost.push("advanced.scalingModifiers: write the formula in PromQL (source query).");
  if (advanced.restoreToOriginalReplicaCount === true)
    lost.push("advanced.restoreToOriginalReplicaCount: a pool that is deleted leaves the replicas as they are.");
  const annotations = object.metadata.annotations ?? {};
  if (Object.keys(annotations).some((name) => name.startsWith("autoscaling.keda.sh/paused")))
    lost.push("the annotation autoscaling.keda.sh/paused: kubectl evenkeel pause does the same.");
  const polling = wholeOf(spec.pollingInterval);
  return {
    from: `scaledobject/${object.metadata.name}`,
    target: targetOf(spec.scaleTargetRef),
    minReplicas: { key: "minReplicas", value: Math.max(1, min), note: ["From minReplicaCount."] },
    maxReplicas: {
      key: "maxReplicas",
      value: wholeOf(spec.maxReplicaCount) ?? 100,
      note: [spec.maxReplicaCount === undefined ? "KEDA's default." : "From maxReplicaCount."],
    },
    steps: stepsOf(fieldOf(advanced.horizontalPodAutoscalerConfig, "behavior"), lost),
    ...(polling !== undefined && polling > 0 && { polling: { seconds: polling, note: "From pollingInterval." } }),
    loads,
    lost,
  };
}
