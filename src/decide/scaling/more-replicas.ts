import { counted } from "../basics/counted.ts";
import { type HoldDecision, type HoldReason, hold } from "./decision.ts";
import { thoseMissing } from "./fleet.ts";
import { formatAverage, formatLimit } from "./gauges.ts";
import { upLimits } from "./limits.ts";
import type { FleetCase, Need } from "./load-case.ts";
import { exceeds, isOver, type Polled } from "./polls.ts";

function arithmeticOf({ fleet }: FleetCase, { gauge, polls, replacements }: Polled): string {
  const { reserved, lost, warmingUp } = fleet;
  const { sum, measured } = polls[0]!;
  const young = warmingUp > 0 ? `, ${warmingUp} more too new to count` : "";
  const byHand = reserved > 0 ? `, ${reserved} more drained by hand` : "";
  const replacing = replacements < lost ? `${replacements} more for ${lost} that are` : `${lost} more`;
  const out = lost > 0 ? `, ${replacing} out for over a minute` : "";
  const average = formatAverage(gauge, sum / measured);
  return `${average} of ${counted(measured, "measured pod")}${young}${byHand}${out}, limit ${formatLimit(gauge)}`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Why a gauge asks for no more replicas than there are. */
function whyNoMore(given: FleetCase, asked: Polled): HoldDecision {
  const { replicas, pods, settled, lost, warmingUp } = given.fleet;
  const { up, warmUp } = given.scaling;
  const { gauge, polls, over, replacements, needed } = asked;
  const newest = polls[0];
  const setting = warmUp > 0 ? `: spec.scaling.warmUp is ${warmUp / 1_000}s` : "";
  if (!newest || newest.measured === 0)
    return warmingUp > 0
      ? hold("PodsWarmingUp", `No pod has served for long enough yet for its figures to count${setting}.`, replicas)
      : hold("NoSamples", `No pod has a fresh ${gauge.name}.`, replicas);
  const average = capital(formatAverage(gauge, newest.sum / newest.measured));
  const limit = formatLimit(gauge);
  if (over === 0) return hold("WithinLimit", `${average} is within the limit of ${limit}.`, replicas);
  if (!isOver(given, asked))
    return hold(
      "WaitingForPolls",
      `${average} passes the limit of ${limit} on ${over} of ${up.polls} polls.`,
      replicas,
    );
  const arithmetic = arithmeticOf(given, asked);
  const coming = Math.max(replicas - pods.length, 0) + (pods.length - settled);
  if (coming > 0)
    return hold("PodsOnTheirWay", `${coming} of ${replicas} pods are on their way: ${arithmetic}.`, replicas);
  if (replacements < lost)
    return hold("PodsNotMeasured", `No more pods are added for those that are out: ${arithmetic}.`, replicas);
  return hold(
    warmingUp > 0 ? "PodsWarmingUp" : "PodsNotMeasured",
    `${counted(needed, "pod")} would be enough if ${thoseMissing(given.fleet)} are idle: ${arithmetic}.`,
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
 * How many more replicas there should be: when an average passes its limit on each of the last `polls` samples; of
 * several averages the one that needs the most replicas counts.
 *
 * Pods that are absent, not ready, too new to count or not measured count as idle, as the HorizontalPodAutoscaler has
 * it: pods on their way are not asked for twice, and missing numbers alone never add a pod. Pods that are lost count as
 * none: whatever the load needs is needed beside them, up to as many again. The new size is the smallest at which the
 * average of every poll would be within the limit.
 */
export function moreReplicas(given: FleetCase, asked: readonly Polled[]): Need | HoldDecision {
  const { scaling, fleet, ledger } = given;
  const over = asked.filter((each) => isOver(given, each)).sort((a, b) => b.needed - a.needed);
  const most = over[0];
  if (most && exceeds(fleet, most.needed)) {
    const need = {
      kind: "need",
      gauge: most.gauge,
      replicas: most.needed,
      arithmetic: arithmeticOf(given, most),
    } as const;
    if (fleet.replicas > scaling.maxReplicas) return { ...need, bounds: [] };
    const names = asked.filter((each) => over.includes(each)).map(({ gauge }) => `${gauge.name}Needed`);
    ledger.step("needed", `max(${names.join(", ")})`, most.needed);
    return { ...need, bounds: upLimits.map((limit) => limit(given)) };
  }
  const holds = asked.map((each) => whyNoMore(given, each));
  const first = holds.sort((a, b) => urgency.indexOf(a.reason) - urgency.indexOf(b.reason))[0];
  return first ?? hold("NoSamples", "The pool reads nothing that it could be scaled by.", fleet.replicas);
}
