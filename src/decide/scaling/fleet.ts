import { defined } from "../../api/defined.ts";
import { columnOf, rosterOf } from "../basics/by-pod.ts";
import { isOwn, isStaying } from "../membership/foreign.ts";
import { tooFewFresh } from "../samples/coverage.ts";
import { isFirstOfRate } from "../samples/rate.ts";
import { isCounted, noteServings, type Serving, type Servings } from "../samples/serving.ts";
import { freshSample } from "../samples/staleness.ts";
import type { Observation, ObservedPod, Pod, PodOwner, Sample } from "../world.ts";

/** A pod that counts for scaling, with its newest sample if that is fresh. */
export interface FleetPod extends ObservedPod {
  /** Ready, and not set aside for its health: its figures count. */
  readonly isServing: boolean;
  /** Has served, and has not for so long that another pod has to carry its part. */
  readonly isLost: boolean;
  /** Out of the lists by hand. */
  readonly isDrained: boolean;
  readonly sample?: Sample;
  /** Its samples, newest first, each only if it tells the load of a pod that serves. */
  readonly counted: readonly (Sample | undefined)[];
  /** Serves, and has not for so long that its newest sample would count. */
  readonly isWarmingUp: boolean;
}

/** The pods of a workload as scaling sees them. */
export interface Fleet {
  /** Replicas that the workload should have. */
  readonly replicas: number;
  /** Pods that a rollout leaves as they are have a lower ordinal; absent: it leaves none. */
  readonly rollsFrom?: number;
  /** Pods of its own that are neither gone nor on their way out, as the controllers of workloads count them. */
  readonly pods: readonly FleetPod[];
  readonly ready: number;
  /** Pods that are not on their way: ready, drained by hand or lost. */
  readonly settled: number;
  /** Pods whose figures count: all but those that somebody drains by hand. */
  readonly carriers: readonly FleetPod[];
  /** Pods drained by hand, which the workload has beside those that its load needs. */
  readonly reserved: number;
  /** Carriers that are lost, which the workload has beside those that its load needs, too. */
  readonly lost: number;
  /** Carriers that began to serve too recently for their figures to count. */
  readonly warmingUp: number;
  /** Too few pods have fresh numbers to remove any; those that were not asked yet have none. */
  readonly tooFewFresh: boolean;
}

/** UIDs of pods that get no traffic for a reason that is not the operator's own. */
export interface Withheld {
  /** Drained by hand, ready or not. */
  readonly drained: ReadonlySet<string>;
  /** Set aside for their health, as good as not ready: since when, Unix milliseconds. */
  readonly unhealthy: ReadonlyMap<string, number>;
  /** Since when the pods serve; absent: as the memory and the pods themselves tell. */
  readonly servings?: Servings;
}

/** A pod that is out for longer is not waited for. */
const lostAfterMs = 60_000;

/** A pod that turned unready so soon after its start is not known to have been ready ever, as the HorizontalPodAutoscaler has it. */
const initialReadinessMs = 30_000;

/** Since when a pod that did serve does not; undefined for one that serves, and for one that is still to begin. */
function outSince({ uid, ready, startedAt, readyChangedAt }: Pod, { unhealthy }: Withheld): number | undefined {
  if (ready) return unhealthy.get(uid);
  if (startedAt === undefined || readyChangedAt === undefined) return undefined;
  return readyChangedAt > startedAt + initialReadinessMs ? readyChangedAt : undefined;
}

const noSamples: FleetPod["counted"] = [];

const toFleetPod = (
  observed: ObservedPod,
  { pool, now }: Observation,
  serving: Serving | undefined,
  withheld: Withheld,
): FleetPod => {
  const { pod, reading } = observed;
  const sample = freshSample(reading, pool.spec.metrics, now);
  const isServing = pod.ready && !withheld.unhealthy.has(pod.uid);
  const isLost = now - (outSince(pod, withheld) ?? now) >= lostAfterMs;
  const counted =
    reading?.samples.map((each) => (serving && isCounted(each, pod, serving, pool) ? each : undefined)) ?? noSamples;
  const isWarmingUp = isServing && sample !== undefined && counted[0] === undefined;
  const isDrained = withheld.drained.has(pod.uid);
  const fleetPod = { ...observed, isServing, isLost, isDrained, counted, isWarmingUp };
  return sample ? { ...fleetPod, sample } : fleetPod;
};

export function fleetOf(observation: Observation, replicas: number, withheld: Withheld): Fleet {
  const { pods, target } = observation;
  const servings = withheld.servings ?? noteServings(observation, withheld.unhealthy);
  const serving = columnOf(servings, rosterOf(pods, servings));
  const counted: FleetPod[] = [];
  pods.forEach((observed, place) => {
    if (!isStaying(observed.pod) || !isOwn(observed)) return;
    counted.push(toFleetPod(observed, observation, serving[place], withheld));
  });
  const carriers = counted.filter(({ isDrained }) => !isDrained);
  const ready = carriers.filter(({ isServing }) => isServing);
  return {
    replicas,
    ...defined({ rollsFrom: target?.rollsFrom }),
    pods: counted,
    ready: counted.filter(({ pod }) => pod.ready).length,
    settled: counted.filter(({ pod, isLost, isDrained }) => pod.ready || isLost || isDrained).length,
    carriers,
    reserved: counted.length - carriers.length,
    lost: carriers.filter(({ isLost }) => isLost).length,
    warmingUp: carriers.filter(({ isWarmingUp }) => isWarmingUp).length,
    tooFewFresh: tooFewFresh({
      expected: ready.length,
      fresh: ready.filter(({ sample }) => sample && !isFirstOfRate(sample)).length,
      failures: [],
    }),
  };
}

/** Kinds of which a workload has one for each template: two at a time are a rollout. */
const revisionKinds = new Set(["ReplicaSet", "ReplicationController", "StatefulSet"]);

const controllersOf = ({ belonging, pod }: ObservedPod): readonly PodOwner[] =>
  belonging?.kind === "own" && belonging.controllers.length > 0 ? belonging.controllers : pod.owner ? [pod.owner] : [];

/**
 * Whether the pods are of more than one controller, as in a rollout. Where a workload makes a controller for each single
 * pod, those that made these decide.
 */
function haveSeveralOwners(pods: readonly ObservedPod[]): boolean {
  const chains = pods.map(controllersOf);
  const makers = new Set(chains.map(([maker]) => maker?.uid));
  if (makers.size <= 1) return false;
  const isOneEach = makers.size === pods.length && chains.every(([maker]) => maker && !revisionKinds.has(maker.kind));
  return !isOneEach || new Set(chains.map(([, above]) => above?.uid)).size > 1;
}

/** The number at the end of a StatefulSet's pod; -1 where there is none. */
export const ordinalOf = ({ name }: Pod): number => Number(/-(\d+)$/.exec(name)?.[1] ?? -1);

const templateLabels = ["pod-template-hash", "rollouts-pod-template-hash", "controller-revision-hash"] as const;

/** Whether the workload is moving to another template, so that nobody can tell which pods it will remove. */
export function isRollingOut({ pods, replicas, rollsFrom }: Fleet): boolean {
  const rolled = pods.filter(({ pod }) => rollsFrom === undefined || ordinalOf(pod) >= rollsFrom);
  const template = rolled[0]?.pod.labels;
  return (
    pods.length > replicas ||
    haveSeveralOwners(pods) ||
    rolled.some(({ pod: { labels } }) => templateLabels.some((label) => labels[label] !== template?.[label]))
  );
}

/** The ready pods whose figures do not count, in words. */
export const thoseMissing = ({ warmingUp }: Fleet): string =>
  warmingUp > 0 ? "those that are not measured, or too new to count," : "those that are not measured";

/** Names for people: the first few, and how many more. */
export function namesOf(pods: readonly FleetPod[]): string {
  const names = pods.slice(0, 3).map(({ pod }) => pod.name);
  return pods.length > names.length ? `${names.join(", ")} and ${pods.length - names.length} more` : names.join(", ");
}
