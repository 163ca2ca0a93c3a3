import { defined } from "../../../api/defined.ts";
import type { Drain } from "../../../api/status.ts";
import { parseTime, toTime } from "../../../api/time.ts";
import { counted, countedIs } from "../../basics/counted.ts";
import { graceMs } from "../../membership/drained.ts";
import type { CostChange } from "../../planned.ts";
import type { Observation, Pod } from "../../world.ts";
import { clearedCosts } from "../cleared-costs.ts";
import { hold } from "../decision.ts";
import { replicasFor } from "../demand.ts";
import { type FleetPod, isRollingOut, namesOf } from "../fleet.ts";
import type { LoadCase } from "../load-case.ts";
import type { Ruling, ScaleRule } from "../rule.ts";
import { scaleTo } from "../step.ts";
import { givenCost, isOvertaken, isQuarantined, removalOf, unmarked, victimCost } from "../victims.ts";

/** How long something that takes a moment may take: numbers that are not fresh, marks and deletions not seen. */
const patienceMs = 30_000;

/** Why the scale that a drain is for is not waited for any longer; undefined while it is. */
function refusedInVain({ refusedScale, now }: Observation, drainedSince: number): string | undefined {
  if (refusedScale?.direction !== "down" || refusedScale.at < drainedSince) return undefined;
  const since = Math.max(refusedScale.since, drainedSince);
  const { message } = refusedScale;
  return now - since > patienceMs ? message.charAt(0).toLowerCase() + message.slice(1).replace(/\.$/, "") : undefined;
}

/** Connections that a pod still holds, or may hold for all that is known; 0 when it is known to be empty. */
function connectionsLeft({ pod, sample }: FleetPod, sinceMs: number): number | undefined {
  if (pod.addresses.length === 0) return 0;
  return sample && sample.takenAt >= sinceMs + graceMs ? sample.connections : undefined;
}

/** The connections by the newest samples; of a pod that tells none, nothing is known. */
function seen(victims: readonly FleetPod[]): string {
  const told = victims.flatMap(({ sample }) => sample?.connections ?? []);
  const silent = victims.length - told.length;
  if (told.length === 0) return "connections not measured";
  const sum = told.reduce((total, count) => total + count, 0);
  return `${counted(sum, "connection")} seen${silent > 0 ? `, ${counted(silent, "pod")} not measured` : ""}`;
}

const takeAgain = (names: string, { length }: readonly FleetPod[]): string =>
  `${names} ${length === 1 ? "takes" : "take"} traffic again`;

function markOf(pod: Pod, pool: string): CostChange {
  const given = givenCost(pod);
  return { pod, cost: victimCost, pool, ...defined({ given }) };
}

/** Those that somebody drains by hand, too, which the workload would have beside the others. */
const byHand = (victims: readonly FleetPod[]): number => victims.filter(({ isDrained }) => isDrained).length;

/** Why a drain cannot go on; undefined while it can. */
function reasonToUndo(given: LoadCase, drain: Drain, victims: readonly FleetPod[]): string | undefined {
  const { observation, scaling, fleet, measures } = given;
  const { drainedBy, pool } = observation;
  const { replicas } = fleet;
  const { from, to } = drain;
  const removal = removalOf(fleet);
  if (replicas !== from) return `somebody else has set ${replicas} replicas`;
  if (!scaling.down.enabled || scaling.down.victims === "Default" || removal === "unknown")
    return "spec.scaling.down asks for no drain any more";
  if (to < scaling.minReplicas || to < Math.floor(from / 2) || to >= from)
    return `${countedIs(to, "replica")} not allowed instead of ${from}`;
  if (isRollingOut(fleet)) return "a rollout has begun";
  // Two that began in the same moment: each was judged as if it were the only one.
  const others = fleet.pods.flatMap(({ pod: { uid } }) => drainedBy?.get(uid) ?? []);
  const first = others.find((name) => name < pool.name);
  if (first !== undefined) return `pool ${first} removes some of these pods first`;
  if (fleet.pods.length - victims.length !== to) return "other pods came or went";
  const needed = replicasFor(measures, fleet, { share: 1, missing: "idle", leaving: byHand(victims) });
  if (needed > to) return `${countedIs(needed, "replica")} needed again`;
  if (isOvertaken(fleet, victims, removal)) return "other pods would be removed first, as they are not ready";
  return undefined;
}

/**
 * A drain that begins anew, as it began in the future: by a clock that has been set back since, or another operator's.
 * Nobody knows how long ago that was.
 */
const retime = (drain: Drain, names: string, now: number): Ruling => ({
  decision: hold("Draining", `${names} drained anew, as the clock has been set back: ${drain.message}`, drain.to),
  drain: { ...drain, time: toTime(now) },
});

/** What is still there of a drain after the workload was made smaller. */
function finishDrain({ observation, fleet }: LoadCase, drain: Drain, victims: readonly FleetPod[]): Ruling | undefined {
  if (victims.length === 0) return undefined;
  const { lastScale } = observation.status;
  const { now } = observation;
  const names = namesOf(victims);
  if (parseTime(drain.time) > now) return retime(drain, names, now);
  // Of a scale in the future nothing is known but that it was.
  const scaledAt = lastScale ? parseTime(lastScale.time) : 0;
  const since = Math.max(parseTime(drain.time), scaledAt <= now ? scaledAt : 0);
  if (now - since > patienceMs)
    return { decision: hold("DrainUndone", `${takeAgain(names, victims)}: others were removed.`, fleet.replicas) };
  return { decision: hold("Draining", `${names} to be removed: ${drain.message}`, drain.to), drain };
}

/**
 * The next step of a drain that status tells of: wait for the connections to end or the time to be over, mark the
 * victims, see the marks, scale, wait for the pods to go. It is undone when the pods that stay would pass the limit, when
 * the workload's controller would remove others, and when nobody can tell. Undefined when it is done.
 */
export const goOnDraining: ScaleRule<LoadCase> = (given) => {
  const { observation, scaling, fleet, measures } = given;
  const { drain } = observation.status;
  // In mode Recommend nothing is drained.
  if (!drain || scaling.mode !== "Auto") return undefined;
  const { uid } = observation.pool;
  const uids = new Set(drain.pods.map(({ uid }) => uid));
  const victims = fleet.pods.filter(({ pod }) => uids.has(pod.uid));
  if (fleet.replicas === drain.to) return finishDrain(given, drain, victims);
  const { from, to, message } = drain;
  const names = namesOf(victims) || "The drained pods";
  const undo = (why: string): Ruling => ({
    decision: hold("DrainUndone", `${takeAgain(names, victims)}: ${why}.`, from),
  });
  const wait = (why: string): Ruling => ({ decision: hold("Draining", `${names} ${why}: ${message}`, to), drain });
  const kept = victims.filter(isQuarantined);
  if (kept.length > 0)
    return {
      decision: hold("DrainUndone", `${namesOf(kept)} not removed: drained by hand meanwhile, to be kept.`, from),
    };
  const undone = reasonToUndo(given, drain, victims);
  if (undone !== undefined) return undo(undone);

  const since = parseTime(drain.time);
  if (since > observation.now) return retime(drain, names, observation.now);
  const elapsedMs = observation.now - since;
  const lateMs = elapsedMs - scaling.down.drain;
  // News of a pod on its way out may come before that of the smaller workload: the others are still to go.
  if (victims.length < drain.pods.length) {
    const gone = drain.pods.length - victims.length;
    if (lateMs > patienceMs) return undo("other pods came or went");
    const goneText = `${gone} of ${drain.pods.length} drained pods ${gone === 1 ? "is" : "are"} gone`;
    return { decision: hold("Draining", `${goneText}: ${message}`, to), drain };
  }
  const left = victims.map((victim) => connectionsLeft(victim, since));
  const known = left.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  if (lateMs < 0 && left.some((count) => count !== 0))
    return wait(`drained for ${Math.ceil(-lateMs / 1_000)}s more, ${seen(victims)}`);

  const tooLong = lateMs > patienceMs;
  const { slicesProblem } = observation;
  if (slicesProblem)
    return tooLong ? undo("they could not be taken out of the lists") : wait("not out of the lists yet");
  if (
    fleet.tooFewFresh ||
    replicasFor(measures, fleet, { share: 1, missing: "atLimit", leaving: byHand(victims) }) > to
  ) {
    const [lacking, staying] =
      fleet.warmingUp > 0
        ? ["too few pods have numbers that count", "are too new to count"]
        : ["too few pods have fresh numbers", "are not measured"];
    return tooLong ? undo(lacking) : wait(`drained; pods that stay ${staying}`);
  }
  const toMark = removalOf(fleet) === "ranked" ? unmarked(fleet, victims, uid) : [];
  const marks = toMark.map(({ pod }) => markOf(pod, uid));
  if (marks.length > 0)
    return tooLong
      ? undo("their deletion cost could not be lowered")
      : { ...wait("to be marked"), costs: [...marks, ...clearedCosts(observation, drain)] };
  const refused = refusedInVain(observation, since);
  if (refused !== undefined) return undo(refused);
  const cut = known > 0 ? ` ${countedIs(known, "connection")} left after ${Math.round(elapsedMs / 1_000)}s.` : "";
  return { decision: scaleTo(given, "LoadBelowLimit", to, `${message} Drained: ${names}.${cut}`), drain };
};
