import type { Scaling } from "../../api/scaling.ts";
import { counted } from "../basics/counted.ts";
import type { HoldReason, ScaleDecision } from "../planned.ts";
import type { Observation } from "../world.ts";
import { podsFor, pollsOf, replacementsFor } from "./demand.ts";
import { type Fleet, thoseMissing } from "./fleet.ts";
import { formatAverage, formatLimit, type Gauge } from "./gauges.ts";
import { hold } from "./hold.ts";
import { mostAfter, stepAt } from "./step.ts";

/** More replicas that a gauge asks for, or why it asks for none. */
type Verdict =
  | { readonly kind: "need"; readonly gauge: Gauge; readonly needed: number; readonly arithmetic: string }
  | ReturnType<typeof hold>;

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function judgeGauge(observation: Observation, { up, warmUp }: Scaling, fleet: Fleet, gauge: Gauge): Verdict {
  const { replicas, pods, settled, reserved, lost, warmingUp } = fleet;
  const { limit } = gauge;
  const polls = pollsOf(observation, fleet, gauge, up.polls);
  const newest = polls[0];
  const setting = warmUp > 0 ? `: spec.scaling.warmUp is ${warmUp / 1_000}s` : "";
  if (!newest || newest.measured === 0)
    return warmingUp > 0
      ? hold("PodsWarmingUp", `No pod has served for long enough yet for its figures to count${setting}.`, replicas)
      : hold("NoSamples", `No pod has a fresh ${gauge.name}.`, replicas);
  const average = formatAverage(gauge, newest.sum / newest.measured);
  const passes = ({ sum, measured }: (typeof polls)[number]) => measured > 0 && sum / measured > limit;
  if (!passes(newest))
    return hold("WithinLimit", `${capital(average)} is within the limit of ${formatLimit(gauge)}.`, replicas);
  const over = polls.findIndex((poll) => !passes(poll));
  if (over !== -1)
    return hold(
      "WaitingForPolls",
      `${capital(average)} passes the limit of ${formatLimit(gauge)} on ${over} of ${up.polls} polls.`,
      replicas,
    );

  const carrying = podsFor(Math.min(...polls.map(({ sum }) => sum)), limit);
  const replacements = replacementsFor(fleet, carrying);
  const needed = carrying + reserved + replacements;
  const byHand = reserved > 0 ? `, ${reserved} more drained by hand` : "";
  const replacing = replacements < lost ? `${replacements} more for ${lost} that are` : `${lost} more`;
  const out = lost > 0 ? `, ${replacing} out for over a minute` : "";
  const measured = counted(newest.measured, "measured pod");
  const young = warmingUp > 0 ? `, ${warmingUp} more too new to count` : "";
  const arithmetic = `${average} of ${measured}${young}${byHand}${out}, limit ${formatLimit(gauge)}`;
  // A rollout may hold more pods than replicas: what is not measured of those counts as idle, too.
  if (needed > Math.max(replicas, settled)) return { kind: "need", gauge, needed, arithmetic };
  const coming = Math.max(replicas - pods.length, 0) + (pods.length - settled);
  if (coming > 0)
    return hold("PodsOnTheirWay", `${coming} of ${replicas} pods are on their way: ${arithmetic}.`, replicas);
  if (replacements < lost)
    return hold("PodsNotMeasured", `No more pods are added for those that are out: ${arithmetic}.`, replicas);
  return hold(
    warmingUp > 0 ? "PodsWarmingUp" : "PodsNotMeasured",
    `${counted(needed, "pod")} would be enough if ${thoseMissing(fleet)} are idle: ${arithmetic}.`,
    replicas,
  );
}

/** Of several gauges that hold, the one nearest to a change speaks. */
const urgency: readonly HoldReason[] = [
  "PodsOnTheirWay",
  "PodsWarmingUp",
  "PodsNotMeasured",
  "WaitingForPolls",
  "WithinLimit",
  "NoSamples",
];

/**
 * Whether replicas should be added: when an average passes its limit on each of the last `polls` samples; of several
 * averages the one that needs the most replicas counts.
 *
 * Pods that are absent, not ready, too new to count or not measured count as idle, as the HorizontalPodAutoscaler has
 * it: pods on their way are not asked for twice, and missing numbers alone never add a pod. Pods that are lost count as none: whatever the
 * load needs is needed beside them, up to as many again. The new size is the smallest at which the average of every poll would be within the
 * limit, bounded by the step and by `maxReplicas`.
 */
export function judgeUp(
  observation: Observation,
  scaling: Scaling,
  fleet: Fleet,
  gauges: readonly Gauge[],
): ScaleDecision {
  const { replicas } = fleet;
  const { maxReplicas, up } = scaling;
  const verdicts = gauges.map((gauge) => judgeGauge(observation, scaling, fleet, gauge));
  const needs = verdicts.filter((verdict) => verdict.kind === "need").sort((a, b) => b.needed - a.needed);
  const most = needs[0];
  if (!most) {
    const holds = verdicts.filter((verdict) => verdict.kind === "hold");
    const first = holds.sort((a, b) => urgency.indexOf(a.reason) - urgency.indexOf(b.reason))[0];
    return first ?? hold("NoSamples", "The pool reads nothing that it could be scaled by.", replicas);
  }
  const { gauge, needed, arithmetic } = most;
  if (replicas === maxReplicas)
    return hold(
      "AtMaximum",
      `${needed} replicas are needed, maxReplicas is ${maxReplicas}: ${arithmetic}.`,
      maxReplicas,
    );
  const step = stepAt("up", up.period, replicas, observation.status.lastScale, observation.now);
  const allowed = mostAfter(scaling, step);
  const to = Math.min(needed, allowed, maxReplicas);
  if (to <= replicas)
    return hold(
      "StepLimit",
      `${needed} replicas are needed, the step in progress allows ${allowed}: ${arithmetic}.`,
      needed,
    );
  return {
    kind: "scale",
    reason: gauge.name === "load" ? "LoadAboveLimit" : "ConnectionsAboveLimit",
    message: `${counted(to, "replica")} instead of ${replicas}, ${needed} needed: ${arithmetic}, on ${up.polls} polls.`,
    from: replicas,
    to,
    step,
    act: scaling.mode === "Auto",
  };
}
