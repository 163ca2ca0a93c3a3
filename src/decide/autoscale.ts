import type { Scaling } from "../api/scaling.ts";
import type { LastScale, ScaleStep } from "../api/status.ts";
import { parseTime, toTime } from "../api/time.ts";
import { freshForMs } from "./staleness.ts";
import type { HoldReason, Observation, ObservedPod, ScaleDecision } from "./world.ts";

const hold = (reason: HoldReason, message: string, recommended?: number): ScaleDecision => ({
  kind: "hold",
  reason,
  message,
  ...(recommended !== undefined && { recommended }),
});

const percent = (value: number): string => `${value.toFixed(1)}%`;

/** Sum of the loads on one poll, and how many pods it counts. */
interface Poll {
  readonly sum: number;
  readonly measured: number;
}

/** The pods whose load counts: those that are neither gone nor going. */
const counted = ({ pods }: Observation): ObservedPod[] =>
  pods.filter(({ pod }) => !pod.terminating && pod.phase !== "Failed" && pod.phase !== "Succeeded");

/** The newest poll first. A pod without a fresh reading for a poll is not measured on it. */
function pollsOf({ pool: { spec }, now }: Observation, pods: readonly ObservedPod[], count: number): Poll[] {
  const { metrics } = spec;
  if (!metrics) return [];
  return Array.from({ length: count }, (_, index) => {
    const oldest = now - freshForMs(metrics) - index * metrics.interval;
    const loads = pods
      .filter(({ pod }) => pod.ready)
      .map(({ reading }) => reading?.samples[index])
      .flatMap((sample) => (sample?.load !== undefined && sample.takenAt >= oldest ? [sample.load] : []));
    return { sum: loads.reduce((sum, load) => sum + load, 0), measured: loads.length };
  });
}

/** The step that a change of replicas now belongs to: the one in progress, unless somebody undid it, or a new one. */
function stepAt({ up }: Scaling, replicas: number, last: LastScale | undefined, now: number): ScaleStep {
  const inProgress =
    last !== undefined &&
    replicas >= last.step.from &&
    last.to > last.from &&
    now - parseTime(last.step.time) < up.period;
  return inProgress ? last.step : { time: toTime(now), from: replicas };
}

/** The most replicas that a step may reach. */
const stepLimit = ({ up }: Scaling, { from }: ScaleStep): number =>
  from + Math.max(up.maxStepPods, Math.ceil((from * up.maxStepPercent) / 100));

/**
 * Whether replicas should be added: when the average load passes `maxAverageLoad` on each of the last `polls` samples.
 *
 * Pods that are absent, not ready or not measured count as idle, as the HorizontalPodAutoscaler has it: pods on their
 * way are not asked for twice, and missing numbers alone never add a pod. The new size is the smallest at which the
 * load of every poll would be within the limit, bounded by the step and by `maxReplicas`. Never lowers replicas.
 */
export function autoscale(observation: Observation): ScaleDecision {
  const { pool, target, targetProblem, scaleProblem, status, now } = observation;
  const { scaling } = pool.spec;
  if (!scaling) return hold("NotScaled", "The pool has no spec.scaling.");
  if (scaling.mode === "Paused") return hold("Paused", "spec.scaling.mode is Paused.");
  if (!target) return hold("TargetMissing", targetProblem?.message ?? "The workload has not been read yet.");
  if (scaleProblem) return hold("ScaledByAnother", scaleProblem.message);
  const { replicas } = target;
  const { minReplicas, maxReplicas, maxAverageLoad: limit, up } = scaling;
  if (replicas === 0) return hold("ScaledToZero", "The workload has 0 replicas; set at least 1 to have it scaled.");
  const act = scaling.mode === "Auto";
  if (replicas < minReplicas) {
    const message = `${replicas} replicas are fewer than minReplicas ${minReplicas}.`;
    const step = { time: toTime(now), from: replicas };
    return { kind: "scale", reason: "BelowMinimum", message, from: replicas, to: minReplicas, step, act };
  }
  if (replicas > maxReplicas)
    return hold("AboveMaximum", `${replicas} replicas are more than maxReplicas ${maxReplicas}; none is removed.`);

  const pods = counted(observation);
  const polls = pollsOf(observation, pods, up.polls);
  const newest = polls[0];
  if (!newest || newest.measured === 0) return hold("NoSamples", "No pod has a fresh load.", replicas);
  const average = newest.sum / newest.measured;
  const passes = ({ sum, measured }: Poll) => measured > 0 && sum / measured > limit;
  if (!passes(newest))
    return hold("WithinLimit", `Average load ${percent(average)} is within the limit of ${limit}%.`, replicas);
  const over = polls.findIndex((poll) => !passes(poll));
  if (over !== -1)
    return hold(
      "WaitingForPolls",
      `Average load ${percent(average)} passes the limit of ${limit}% on ${over} of ${up.polls} polls.`,
      replicas,
    );

  const least = Math.min(...polls.map(({ sum }) => sum));
  // A sum of loads that is the limit to the last bit must not cost a pod.
  const needed = Math.ceil(least / limit - 1e-9);
  const arithmetic = `average load ${percent(average)} of ${newest.measured} measured pods, limit ${limit}%`;
  const ready = pods.filter(({ pod }) => pod.ready).length;
  // A rollout may hold more pods than replicas: what is not measured of those counts as idle, too.
  if (needed <= Math.max(replicas, ready)) {
    const coming = Math.max(replicas - pods.length, 0) + (pods.length - ready);
    return coming > 0
      ? hold("PodsOnTheirWay", `${coming} of ${replicas} pods are on their way: ${arithmetic}.`, replicas)
      : hold(
          "PodsNotMeasured",
          `${needed} pods suffice if those that are not measured are idle: ${arithmetic}.`,
          replicas,
        );
  }
  if (replicas === maxReplicas)
    return hold(
      "AtMaximum",
      `${needed} replicas are needed, maxReplicas is ${maxReplicas}: ${arithmetic}.`,
      maxReplicas,
    );
  const step = stepAt(scaling, replicas, status.lastScale, now);
  const allowed = stepLimit(scaling, step);
  const to = Math.min(needed, allowed, maxReplicas);
  if (to <= replicas)
    return hold(
      "StepLimit",
      `${needed} replicas are needed, the step in progress allows ${allowed}: ${arithmetic}.`,
      needed,
    );
  const message = `${to} replicas instead of ${replicas}, ${needed} needed: ${arithmetic}, on ${up.polls} polls.`;
  return { kind: "scale", reason: "LoadAboveLimit", message, from: replicas, to, step, act };
}
