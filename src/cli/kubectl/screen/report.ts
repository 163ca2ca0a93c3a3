import { defined } from "../../../api/defined.ts";
import type { StrategyType } from "../../../api/pool.ts";
import type { CarrierType } from "../../../api/publish-to.ts";
import type { LastScale, PoolCondition } from "../../../api/status.ts";
import type { FollowersDocument } from "../../../serve/followers-document.ts";
import type { PodObject, PoolObject } from "../cluster/pool-object.ts";
import { drainAskedFor } from "./removal.ts";

/** Something about a pool that is not as it should be. */
export interface PoolTrouble {
  /** Type of the condition, or `Observed` where the status itself is missing or behind. */
  readonly type: string;
  readonly status: PoolCondition["status"];
  readonly reason: string;
  readonly message: string;
}

/** How many, of how many. */
export interface CountOf {
  readonly count: number;
  readonly of: number;
}

/** What `status -o json` tells of a pool: numbers are numbers, without units. */
export interface PoolReport {
  readonly namespace: string;
  readonly name: string;
  readonly strategy: StrategyType;
  /** Kind and name of the workload; absent where the pool has a selector instead. */
  readonly workload?: string;
  /** Mode of the scaling; absent where the pool does not scale. */
  readonly scaling?: "Auto" | "Recommend" | "Paused";
  /** Whether it is at work, as the condition ScalingActive tells; absent where nothing does. */
  readonly scalingActive?: boolean;
  /** Endpoints that take traffic, of the pods of the pool. */
  readonly ready?: CountOf;
  /** Endpoints that a Service sends new connections, of those that take traffic; absent where it is all of them. */
  readonly readySet?: CountOf;
  /** Whose objects carry the weights; absent where nobody's do. */
  readonly publishedTo?: readonly CarrierType[];
  readonly replicas?: number;
  readonly minReplicas?: number;
  readonly maxReplicas?: number;
  readonly recommendedReplicas?: number;
  /** Percent. */
  readonly averageLoad?: number;
  /** Percent, above which replicas are added. */
  readonly limit?: number;
  readonly averageConnections?: number;
  /** Average of connections above which replicas are added. */
  readonly connectionsPerPod?: number;
  readonly source?: string;
  /** The oldest sample is younger, or older, than samples are fresh for. */
  readonly oldestSample?: { readonly withinMs: number } | { readonly beyondMs: number };
  /** Who takes writes, where the pool has a write list and somebody does. */
  readonly writers?: { readonly reason: string; readonly message: string };
  /** The last decision on scaling. */
  readonly decision?: { readonly reason: string; readonly message: string };
  readonly lastScale?: LastScale;
  readonly createdAt?: string;
  readonly troubles: readonly PoolTrouble[];
}

/** A pod of a pool. Those without a rank get no new traffic. */
export interface PodReport {
  readonly rank?: number;
  readonly pod: string;
  readonly address?: string;
  readonly connections?: number | undefined;
  /** Percent. */
  readonly load?: number | undefined;
  /** Share of the traffic, 1000 being an even share. */
  readonly weight?: number;
  /** It is full for now: a Service sends it nothing new. */
  readonly full?: boolean | undefined;
  readonly node?: string;
  readonly createdAt?: string;
  readonly reason: string;
}

export interface PoolDetail extends PoolReport {
  readonly pods: readonly PodReport[];
  /** Who follows it, as one replica of the operator knows; absent where none could be asked. */
  readonly followers?: FollowersDocument;
}

/** Decisions to do nothing that were asked for. */
const wanted = new Set(["NotScaled", "Paused"]);

/** Whether a condition does not hold because nobody wants it to. */
export const isWanted = ({ type, reason }: { readonly type: string; readonly reason: string }): boolean =>
  type === "ScalingActive" && wanted.has(reason);

function troublesOf({ metadata, status }: PoolObject): PoolTrouble[] {
  const { generation = 0 } = metadata;
  if (status?.observedGeneration === undefined) {
    const message = "No operator has reported on this pool: is one running, and does it look at this namespace?";
    return [{ type: "Observed", status: "False", reason: "NotReported", message }];
  }
  const conditions = (status.conditions ?? []).filter(
    (condition) => condition.status !== "True" && !isWanted(condition),
  );
  const troubles = conditions.map(({ type, status: state, reason, message }) => ({
    type,
    status: state,
    reason,
    message,
  }));
  if (status.observedGeneration >= generation) return troubles;
  const message = `The status is about generation ${status.observedGeneration} of the spec, which is at ${generation}: is the operator running?`;
  return [{ type: "Observed", status: "False", reason: "Behind", message }, ...troubles];
}

/** A column of kubectl's table, `3/5`, as numbers. */
function partIn<Name extends string>(name: Name, text: string | undefined): { readonly [Key in Name]?: CountOf } {
  const [, count, of] = /^(\d{1,9})\/(\d{1,9})$/.exec(text ?? "") ?? [];
  return (count === undefined ? {} : { [name]: { count: Number(count), of: Number(of) } }) as {
    [Key in Name]?: CountOf;
  };
}

/** The same of an age, `<3.8s` or `>3.8s`. */
function ageIn(text: string | undefined): Pick<PoolReport, "oldestSample"> {
  const [, side, seconds] = /^([<>])(\d{1,9}(?:\.\d+)?)s$/.exec(text ?? "") ?? [];
  if (side === undefined) return {};
  const ms = Math.round(Number(seconds) * 1_000);
  return { oldestSample: side === "<" ? { withinMs: ms } : { beyondMs: ms } };
}

/** A pool by what the API server tells of it. */
export function reportPool(pool: PoolObject): PoolReport {
  const { metadata, spec, status = {} } = pool;
  const { targetRef, scaling } = spec;
  const conditionOf = (wantedType: string) => status.conditions?.find(({ type }) => type === wantedType);
  const active = conditionOf("ScalingActive");
  const writers = conditionOf("WritersReady");
  return {
    namespace: metadata.namespace!,
    name: metadata.name,
    strategy: spec.strategy?.type ?? "LeastConnections",
    ...(targetRef && { workload: `${targetRef.kind ?? "Deployment"}/${targetRef.name}` }),
    ...(scaling && { scaling: scaling.mode ?? "Auto" }),
    ...(scaling && active && { scalingActive: active.status === "True" }),
    ...partIn("ready", status.ready),
    ...partIn("readySet", status.readySet),
    ...(status.publishedTo && { publishedTo: status.publishedTo }),
    ...defined({ replicas: status.replicas }),
    ...(scaling && { minReplicas: scaling.minReplicas ?? 1, maxReplicas: scaling.maxReplicas }),
    ...defined({ recommendedReplicas: status.recommendedReplicas, averageLoad: status.averageLoad }),
    ...(scaling && { limit: scaling.maxAverageLoad ?? 50 }),
    ...defined({
      averageConnections: status.averageConnections,
      connectionsPerPod: scaling?.connectionsPerPod,
      source: status.source,
    }),
    ...ageIn(status.oldestSample),
    ...(writers?.status === "True" && { writers: { reason: writers.reason, message: writers.message } }),
    ...(scaling && active && { decision: { reason: active.reason, message: active.message } }),
    ...(status.lastScale && { lastScale: status.lastScale }),
    ...defined({ createdAt: metadata.creationTimestamp }),
    troubles: troublesOf(pool),
  };
}

/** Whether reads keep away from a pod because the pool writes to it. */
function isSpared({ metadata }: PodObject, { access }: PoolObject["spec"]): boolean {
  const wanted = Object.entries(access?.writers?.matchLabels ?? {});
  if ((access?.readers ?? "All") === "All" || wanted.length === 0) return false;
  return wanted.every(([key, value]) => metadata.labels?.[key] === value);
}

/** Why a pod that status does not list gets no traffic, or why status does not list it. `failing`: how its probe fails. */
function whyUnlisted(pod: PodObject, spec: PoolObject["spec"], failing: string | undefined): string {
  const { metadata, status } = pod;
  if (metadata.deletionTimestamp !== undefined) return "Terminating";
  if (drainAskedFor(pod) !== "nothing") return "to be drained";
  const phase = status?.phase ?? "Pending";
  if (phase !== "Running") return phase;
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  if (ready?.status !== "True") return "NotReady";
  if (failing !== undefined) return `Unhealthy: ${failing}`;
  return isSpared(pod, spec) ? "takes writes, is not read" : "ready, not listed in status";
}

/** A pool with its pods: those of its status in their order, then the others by name. */
export function reportDetail(pool: PoolObject, pods: readonly PodObject[] | undefined): PoolDetail {
  const known = new Map(pods?.map((pod) => [pod.metadata.name, pod]));
  const metaOf = (pod: PodObject | undefined) => ({
    ...defined({ node: pod?.spec?.nodeName, createdAt: pod?.metadata.creationTimestamp }),
  });
  const listed = (pool.status?.endpoints ?? []).map((endpoint, index) => ({
    rank: index + 1,
    ...endpoint,
    ...metaOf(known.get(endpoint.pod)),
  }));
  const names = new Set(listed.map(({ pod }) => pod));
  const draining = new Map(pool.status?.draining?.map(({ pod, connections }) => [pod, connections]));
  const unhealthy = new Map(pool.status?.unhealthy?.map(({ pod, reason }) => [pod, reason]));
  const unlisted = [...new Set([...known.keys(), ...draining.keys()])]
    .filter((name) => !names.has(name))
    .sort()
    .map((name): PodReport => {
      const found = known.get(name);
      return {
        pod: name,
        ...defined({ address: found?.status?.podIP }),
        ...(draining.get(name) !== undefined && { connections: draining.get(name) }),
        ...metaOf(found),
        reason: draining.has(name) || !found ? "draining" : whyUnlisted(found, pool.spec, unhealthy.get(name)),
      };
    });
  return { ...reportPool(pool), pods: [...listed, ...unlisted] };
}
