import type { Scaling } from "../../api/scaling.ts";
import { maxDrainedPods } from "../../api/status.ts";
import { drainedByHand, withheldFrom } from "../membership/drained.ts";
import { eligible } from "../membership/eligible.ts";
import type { Memories } from "../memory.ts";
import type { Plan, ScaleDecision } from "../planned.ts";
import { type Measure, measure, podsFor, pollsOf, replacementsFor, replicasFor } from "../scaling/demand.ts";
import { type Fleet, fleetOf } from "../scaling/fleet.ts";
import { type Gauge, gaugesOf } from "../scaling/gauges.ts";
import { demandOf } from "../scaling/history.ts";
import { cautious } from "../scaling/judge-down.ts";
import { fewestAfter, mostAfter, stepAt } from "../scaling/step.ts";
import { fewestKeeping, leavingOf } from "../scaling/victims.ts";
import type { Observation } from "../world.ts";
import type { ScalingExplanation } from "./explanation.ts";
import { createLedger, type Ledger } from "./lines.ts";

/** Decisions that look at no load. */
const unseen = new Set<ScaleDecision["reason"]>([
  "InvalidSpec",
  "NotScaled",
  "Paused",
  "PoolTerminating",
  "TargetMissing",
  "TargetTerminating",
  "TargetForbidden",
  "ScaleUnreadable",
  "ReplicasUnset",
  "ScaledByAnother",
  "AutoscalersUnreadable",
  "OwnersPending",
  "OwnersUnreadable",
  "NoOwnPods",
  "ScaledToZero",
  "ReportsUnauthenticated",
]);

/** A sum that is the limit to the last bit must not cost a pod: that is what the last term is for. */
const podsFormula = (sum: string, limit: string): string => `ceil(${sum} / ${limit} - 0.000000001)`;

interface Case {
  readonly observation: Observation;
  readonly made: Plan;
  readonly memories: Memories;
  readonly scaling: Scaling;
  readonly fleet: Fleet;
  readonly gauges: readonly Gauge[];
}

/** What the polls of a gauge ask for. */
interface Asked {
  readonly name: Gauge["name"];
  readonly needed: number;
  /** Whether the average passes the limit on every poll: else nothing is asked for. */
  readonly passes: boolean;
}

/** The polls of a gauge, newest first, and the replicas that the least of their sums asks for. */
function explainPolls(ledger: Ledger, { observation, scaling, fleet }: Case, gauge: Gauge): Asked {
  const { name, limit } = gauge;
  const polls = pollsOf(observation, fleet, gauge, scaling.up.polls);
  ledger.given(`${name}Limit`, limit);
  for (const [index, { sum, measured }] of polls.entries()) {
    const number = index + 1;
    ledger.given(`${name}Sum${number}`, sum);
    ledger.given(`${name}Pods${number}`, measured);
    if (measured > 0)
      ledger.step(`${name}Average${number}`, `${name}Sum${number} / ${name}Pods${number}`, sum / measured);
  }
  const sums = polls.map((_, index) => `${name}Sum${index + 1}`);
  const least = sums.length > 1 ? `min(${sums.join(", ")})` : sums.join();
  const carrying = podsFor(Math.min(...polls.map(({ sum }) => sum)), limit);
  const needed = carrying + fleet.reserved + replacementsFor(fleet, carrying);
  const formula = podsFormula(least, `${name}Limit`);
  ledger.step(`${name}Needed`, `${formula} + reserved + min(lost, ${formula})`, needed);
  return { name, needed, passes: polls.every(({ sum, measured }) => measured > 0 && sum / measured > limit) };
}

function explainUp(ledger: Ledger, { observation, made, scaling, fleet }: Case, asked: readonly Asked[]): void {
  const { up, maxReplicas } = scaling;
  const { scale } = made;
  const most = Math.max(...asked.map(({ needed }) => needed));
  ledger.step("needed", `max(${asked.map(({ name }) => `${name}Needed`).join(", ")})`, most);
  const step = stepAt("up", up.period, fleet.replicas, observation.status.lastScale, observation.now);
  ledger.given("stepFrom", step.from);
  ledger.given("maxStepPods", up.maxStepPods);
  ledger.given("maxStepPercent", up.maxStepPercent);
  const allowed = mostAfter(scaling, step);
  ledger.step("allowed", "stepFrom + max(maxStepPods, ceil(stepFrom * maxStepPercent / 100))", allowed);
  ledger.given("maxReplicas", maxReplicas);
  if (scale.kind === "scale") ledger.step("to", "min(needed, allowed, maxReplicas)", scale.to);
}

/** What pods that are absent, not serving or not measured are taken to carry, and how many replicas that leaves needed. */
function explainEnough(ledger: Ledger, { scaling, fleet }: Case, measures: readonly Measure[]): void {
  const terms = measures.map(({ gauge: { name }, sum, measured, missing, assumed }) => {
    ledger.given(`${name}Sum`, sum);
    ledger.given(`${name}Measured`, measured);
    ledger.given(`${name}Missing`, missing);
    ledger.given(`${name}Assumed`, assumed);
    return podsFormula(`(${name}Sum + ${name}Assumed)`, `(${cautious.share} * ${name}Limit)`);
  });
  ledger.given("minReplicas", scaling.minReplicas);
  const leaving = leavingOf(fleet, scaling);
  ledger.given("leaving", leaving);
  const enough = Math.max(scaling.minReplicas, replicasFor(measures, fleet, { ...cautious, leaving }));
  ledger.step("enough", `max(minReplicas, max(1, ${terms.join(", ")}) + reserved - leaving)`, enough);
}

function explainDown(ledger: Ledger, { observation, made, memories, scaling, fleet }: Case): void {
  const { demand } = memories.after;
  const { down } = scaling;
  if (!demand || !down.enabled) return;
  const { most, knownMs } = demandOf(demand);
  ledger.given("window", down.window / 1_000);
  ledger.given("knownFor", knownMs / 1_000);
  ledger.given("mostNeeded", most);
  ledger.step("fewest", "max(minReplicas, mostNeeded)", Math.max(scaling.minReplicas, most));
  const step = stepAt("down", down.period, fleet.replicas, observation.status.lastScale, observation.now);
  ledger.given("stepFrom", step.from);
  ledger.given("maxStepPods", down.maxStepPods);
  ledger.given("maxStepPercent", down.maxStepPercent);
  const halved = "max(floor(stepFrom / 2), stepFrom - max(maxStepPods, floor(stepFrom * maxStepPercent / 100)))";
  const allowed = Math.max(fewestAfter(scaling, step), fleet.replicas - maxDrainedPods);
  ledger.step("allowed", `max(${halved}, replicas - ${maxDrainedPods})`, allowed);
  const to = toOf(made, observation);
  if (to === undefined) return;
  ledger.given("keeping", fewestKeeping(fleet, scaling));
  ledger.step("to", "max(fewest, allowed, keeping)", to);
}

/** To what this plan goes down, by a drain that it begins or at once. One that goes on was decided before. */
function toOf({ scale, drain }: Plan, { status }: Observation): number | undefined {
  if (status.drain) return undefined;
  if (drain) return drain.to;
  return scale.kind === "scale" && scale.reason === "LoadBelowLimit" ? scale.to : undefined;
}

function linesOf(observation: Observation, made: Plan, memories: Memories): ScalingExplanation["lines"] {
  const { scaling } = observation.pool.spec;
  const { scale } = made;
  if (!scaling || !observation.target || unseen.has(scale.reason)) return [];
  const ledger = createLedger();
  const able = eligible(observation, memories.before);
  const byHand = drainedByHand(able, observation);
  const fleet = fleetOf(observation, observation.target.replicas, withheldFrom(able, byHand));
  ledger.given("replicas", fleet.replicas);
  if (scale.reason === "BelowMinimum") {
    ledger.given("minReplicas", scaling.minReplicas);
    ledger.step("to", "minReplicas", scaling.minReplicas);
    return ledger.lines;
  }
  ledger.given("pods", fleet.pods.length);
  ledger.given("ready", fleet.ready);
  ledger.given("reserved", fleet.reserved);
  ledger.given("lost", fleet.lost);
  ledger.given("warmingUp", fleet.warmingUp);
  const gauges = gaugesOf(observation.pool.spec);
  const given: Case = { observation, made, memories, scaling, fleet, gauges };
  if (gauges.length === 0) return ledger.lines;
  const asked = gauges.map((gauge) => explainPolls(ledger, given, gauge)).filter(({ passes }) => passes);
  const enough = Math.max(fleet.replicas, fleet.settled);
  if (asked.some(({ needed }) => needed > enough) && fleet.replicas <= scaling.maxReplicas)
    explainUp(ledger, given, asked);
  else {
    explainEnough(
      ledger,
      given,
      gauges.map((gauge) => measure(fleet, gauge)),
    );
    explainDown(ledger, given);
  }
  return ledger.lines;
}

/** How the decision on scaling came about: asked again of the functions that made it. */
export const explainScale = (observation: Observation, made: Plan, memories: Memories): ScalingExplanation => {
  const { kind, reason, message } = made.scale;
  return { kind, reason, message, lines: linesOf(observation, made, memories) };
};
