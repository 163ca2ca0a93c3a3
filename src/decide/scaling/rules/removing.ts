import { defined } from "../../../api/defined.ts";
import { toTime } from "../../../api/time.ts";
import { counted, countedIs } from "../../basics/counted.ts";
import { type HoldReason, hold } from "../decision.ts";
import type { Measure } from "../demand.ts";
import { isRollingOut, namesOf, thoseMissing } from "../fleet.ts";
import { formatAverage, formatLimit } from "../gauges.ts";
import { whyHeld } from "../held-scale.ts";
import type { Fewer, LoadCase } from "../load-case.ts";
import type { Ruling, ScaleRule } from "../rule.ts";
import { scaleTo } from "../step.ts";
import { chooseVictims, fewestKeeping, givenCost, isQuarantined, removalOf, sayIn } from "../victims.ts";

// Rules of the way down: when fewer replicas have been enough over the whole window, down to the most that was needed in
// it. Where pods are absent, not ready, too new to count or not measured, they count as loaded to the limit.

interface RemovalCase extends LoadCase {
  readonly fewer: Fewer;
}
type RemovalRule = ScaleRule<RemovalCase>;

/** Lets rules judge a case in which replicas might be removed: what is measured is within the limits, and would be with fewer. */
export const whereRemovable =
  (rule: RemovalRule): ScaleRule<LoadCase> =>
  (given) => {
    const { more, fewer, fleet } = given;
    const mayRemove = more.kind === "hold" && more.reason === "WithinLimit" && fewer && fewer.least < fleet.replicas;
    return mayRemove ? rule({ ...given, fewer }) : undefined;
  };

/** The average over the replicas, and what it would be with fewer. */
const arithmeticOf = (measures: readonly Measure[], to: number): string =>
  measures
    .map(({ gauge, sum, measured, missing, assumed }) => {
      const now = `${formatAverage(gauge, sum / Math.max(1, measured))} of ${counted(measured, "measured pod")}`;
      const where = assumed > missing * gauge.limit ? "above the limit as before" : "at the limit";
      const others = missing > 0 ? ` and ${missing} taken to be ${where}` : "";
      const then = ((sum + assumed) / to).toFixed(1);
      return `${now}${others}, with ${to} ${then}${gauge.unit}, limit ${formatLimit(gauge)}`;
    })
    .join("; ");

const seconds = (ms: number): string => (ms < 10_000 ? `${(ms / 1_000).toFixed(1)}s` : `${Math.round(ms / 1_000)}s`);

/** Says why none is removed, with the arithmetic of as many as are enough. */
const wait = ({ measures, fewer }: RemovalCase, reason: HoldReason, why: string, recommended: number): Ruling => ({
  decision: hold(reason, `${why}${arithmeticOf(measures, fewer.enough)}.`, recommended),
});

export const missingMayCarry: RemovalRule = ({ fleet, measures, fewer: { enough, least } }) => {
  if (enough < fleet.replicas) return undefined;
  const why = `${counted(least, "replica")} would be enough if ${thoseMissing(fleet)} were idle`;
  const reason = fleet.warmingUp > 0 ? "PodsWarmingUp" : "PodsNotMeasured";
  return { decision: hold(reason, `${why}: ${arithmeticOf(measures, least)}.`, fleet.replicas) };
};

export const tooFewMeasured: RemovalRule = (given) =>
  given.fleet.tooFewFresh
    ? wait(given, "TooFewFresh", "Too few pods have fresh numbers to remove any: ", given.fleet.replicas)
    : undefined;

export const windowNotSeen: RemovalRule = (given) => {
  const { fleet, scaling, fewer } = given;
  const { window } = scaling.down;
  if (fewer.knownMs >= window) return undefined;
  const why = `${countedIs(fewer.enough, "replica")} enough, which is to hold for ${seconds(window)}; seen so far: ${seconds(fewer.knownMs)}; `;
  return wait(given, "WaitingForWindow", why, fleet.replicas);
};

export const neededInWindow: RemovalRule = (given) => {
  const { fleet, scaling, fewer } = given;
  if (fewer.most < fleet.replicas) return undefined;
  const why = `${countedIs(fewer.enough, "replica")} enough now, ${fewer.most} ${fewer.most === 1 ? "was" : "were"} needed within the last ${seconds(scaling.down.window)}: `;
  return wait(given, "WaitingForWindow", why, fleet.replicas);
};

export const rolloutInProgress: RemovalRule = (given) => {
  const { most } = given.fewer;
  if (!isRollingOut(given.fleet)) return undefined;
  return wait(given, "RolloutInProgress", `${countedIs(most, "replica")} enough; first the rollout is to end: `, most);
};

/** Where the highest ordinal goes, one that is absent may be it. */
export const ordinalsAbsent: RemovalRule = ({ fleet }) => {
  const { replicas, pods } = fleet;
  if (removalOf(fleet) !== "ordinal" || pods.length >= replicas) return undefined;
  const message = `${replicas - pods.length} of ${replicas} pods are absent.`;
  return { decision: hold("PodsOnTheirWay", message, replicas) };
};

export const removalLimitReached: RemovalRule = ({ fleet, measures, fewer: { enough, fewest, bounds } }) => {
  const reached = bounds.findLast(({ replicas }) => replicas >= fleet.replicas);
  return reached && { decision: reached.reached(fewest, arithmeticOf(measures, enough)) };
};

/** To how many replicas the limits and the pods that are to be kept let it come. */
const goalOf = ({ fleet, scaling, fewer: { fewest, bounds } }: RemovalCase): number =>
  Math.max(fewest, ...bounds.map(({ replicas }) => replicas), fewestKeeping(fleet, scaling));

/** Why a pod that somebody drains by hand, to be kept, forbids that any is removed. */
function whyKept({ fleet, scaling }: RemovalCase): string {
  const drained = `${namesOf(fleet.pods.filter(isQuarantined))} drained by hand`;
  switch (sayIn(fleet, scaling)) {
    case "ordinal":
      return `${drained} would go first, by ordinal`;
    case "ranked":
      return `${drained} would go first, as ReplicaSets take pods that are not ready`;
    case "none":
      return `nobody here says which pods go, and ${drained} might`;
  }
}

export const keptByHand: RemovalRule = (given) => {
  const { fewest } = given.fewer;
  if (goalOf(given) < given.fleet.replicas) return undefined;
  return wait(given, "DrainedByHand", `${countedIs(fewest, "replica")} enough, but ${whyKept(given)}: `, fewest);
};

export const drainedForAnother: RemovalRule = (given) => {
  const { observation, fleet } = given;
  const others = fleet.pods.filter(({ pod }) => observation.drainedBy?.has(pod.uid));
  if (others.length === 0) return undefined;
  const pool = observation.drainedBy!.get(others[0]!.pod.uid);
  return wait(given, "Draining", `${namesOf(others)} to be removed for pool ${pool} first: `, fleet.replicas);
};

/** Nobody is taken out of the lists for a scale that would not be written. */
export const removalHeld: RemovalRule = (given) => {
  const { observation, resets, scaling } = given;
  const held = scaling.mode === "Auto" ? whyHeld(observation, resets, "down", goalOf(given)) : undefined;
  return held && { decision: held };
};

function drainTo({ observation, fleet, scaling }: RemovalCase, to: number, message: string): Ruling | undefined {
  const say = sayIn(fleet, scaling);
  if (say === "none") return undefined;
  const victims = chooseVictims(fleet, say, to);
  if (victims.length === 0) return undefined;
  const pods = victims.map(({ pod }) => {
    const cost = givenCost(pod);
    return { name: pod.name, uid: pod.uid, ...defined({ cost }) };
  });
  return {
    decision: hold("Draining", `${namesOf(victims)} to be drained: ${message}`, to),
    drain: { time: toTime(observation.now), from: fleet.replicas, to, message, pods },
  };
}

/** By a drain, where this operator has a say in which pods go. */
export const removeReplicas: RemovalRule = (given) => {
  const { fleet, scaling, measures, fewer, ledger } = given;
  const to = goalOf(given);
  ledger.given("keeping", fewestKeeping(fleet, scaling));
  const goal = {
    formula: `max(${["fewest", ...fewer.bounds.map(({ name }) => name), "keeping"].join(", ")})`,
    replicas: to,
  };
  const message = `${counted(to, "replica")} instead of ${fleet.replicas}, ${fewer.fewest} needed in the last ${seconds(scaling.down.window)}: ${arithmeticOf(measures, to)}.`;
  const drained = scaling.mode === "Auto" ? drainTo(given, to, message) : undefined;
  return { ...(drained ?? { decision: scaleTo(given, "LoadBelowLimit", to, message) }), goal };
};
