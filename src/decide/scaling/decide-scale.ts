import type { Drain } from "../../api/status.ts";
import { toTime } from "../../api/time.ts";
import { deletionProblem } from "../claims/deletion.ts";
import { foreignIn, noteForeign } from "../membership/foreign.ts";
import type { CostChange, ScaleDecision } from "../planned.ts";
import { factsOf } from "../sources/sources.ts";
import type { Observation } from "../world.ts";
import { clearedCosts } from "./cleared-costs.ts";
import { type Measure, measure, replicasFor } from "./demand.ts";
import { fleetOf, type Withheld } from "./fleet.ts";
import { gaugesOf } from "./gauges.ts";
import { goOnDraining } from "./go-on-draining.ts";
import { heldScale } from "./held-scale.ts";
import { type DemandHistory, forgetDemand, noteDemand } from "./history.ts";
import { hold } from "./hold.ts";
import { cautious, type DownCase, judgeDown, type Removal } from "./judge-down.ts";
import { judgeUp } from "./judge-up.ts";
import { holdForOwners, holdForStrangers } from "./ownership.ts";
import { noteResets, type Resets } from "./resets.ts";
import { leavingOf } from "./victims.ts";

const allServe: Withheld = { drained: new Set(), unhealthy: new Map() };

/** What is to become of the workload's size. */
export interface ScalePlan {
  readonly decision: ScaleDecision;
  /** Pods that are to be removed and leave the lists before; absent when none are, or are no more. */
  readonly drain?: Drain;
  readonly costs: readonly CostChange[];
  /** For the next plan. */
  readonly demand?: DemandHistory;
  readonly resets?: Resets;
}

/** What the last plan left. */
interface Known {
  readonly demand?: DemandHistory | undefined;
  readonly resets?: Resets | undefined;
}

/** Decisions that need no look at the load. */
function decideUnseen(observation: Observation): ScaleDecision | undefined {
  const { pool, target, specProblem, targetProblem, scaleProblem, reportsAuthenticated, now } = observation;
  const { scaling } = pool.spec;
  if (specProblem) return hold("InvalidSpec", specProblem.message);
  if (!scaling) return hold("NotScaled", "The pool has no spec.scaling.");
  const deletion = deletionProblem(pool);
  if (deletion) return hold("PoolTerminating", deletion.message);
  if (scaling.mode === "Paused") return hold("Paused", "spec.scaling.mode is Paused.");
  switch (targetProblem?.reason) {
    case "TargetForbidden":
    case "ScaleUnreadable":
    case "ReplicasUnset":
      return hold(targetProblem.reason, targetProblem.message);
  }
  if (!target || targetProblem)
    return hold("TargetMissing", targetProblem?.message ?? "The workload has not been read yet.");
  if (target.terminating) {
    const { kind, name } = pool.spec.targetRef!;
    return hold("TargetTerminating", `${kind} ${name} is being deleted: it is not scaled any more.`);
  }
  if (scaleProblem) return hold(scaleProblem.reason, scaleProblem.message);
  const { replicas } = target;
  const { minReplicas, mode } = scaling;
  if (replicas === 0) return hold("ScaledToZero", "The workload has 0 replicas; set at least 1 to have it scaled.");
  if (replicas >= minReplicas) {
    const { hearsay } = factsOf(pool.spec.metrics);
    return hearsay !== undefined && !reportsAuthenticated ? hold("ReportsUnauthenticated", hearsay) : undefined;
  }
  const message = `${replicas} replicas are fewer than minReplicas ${minReplicas}.`;
  const step = { time: toTime(now), from: replicas };
  return {
    kind: "scale",
    reason: "BelowMinimum",
    message,
    from: replicas,
    to: minReplicas,
    step,
    act: mode === "Auto",
  };
}

/** What the last plan left, with what is needed now; where nothing can be told, all that there is is needed. */
function note(
  { observation, scaling, fleet, measures }: Omit<DownCase, "history">,
  before: DemandHistory | undefined,
): DemandHistory {
  const enough = replicasFor(measures, fleet, { ...cautious, leaving: leavingOf(fleet, scaling) });
  return noteDemand(before, {
    now: observation.now,
    basis: JSON.stringify([observation.pool.spec.metrics, scaling]),
    replicas: fleet.replicas,
    enough: fleet.tooFewFresh ? Math.max(enough, fleet.replicas) : enough,
    windowMs: scaling.down.window,
  });
}

function remove(given: DownCase, upward: ScaleDecision): Removal & { readonly costs?: readonly CostChange[] } {
  const { observation, scaling, fleet } = given;
  const { drain } = observation.status;
  // In mode Recommend nothing is drained.
  const going = drain && scaling.mode === "Auto" ? goOnDraining(given, drain) : undefined;
  if (going) return going;
  const removal = upward.reason === "WithinLimit" ? judgeDown(given) : undefined;
  if (removal || fleet.replicas <= scaling.maxReplicas) return removal ?? { decision: upward };
  const message = `${fleet.replicas} replicas are more than maxReplicas ${scaling.maxReplicas}; none is removed while the load may need them.`;
  return { decision: hold("AboveMaximum", message) };
}

/**
 * How many replicas there should be, and what has to happen before. Upwards within polls, downwards only after the
 * window, and through a drain. What is refused, or set back each time, is tried again seldom.
 */
export function decideScale(observation: Observation, before?: Known, withheld: Withheld = allServe): ScalePlan {
  const resets = noteResets(observation, before);
  const planned = decide(observation, withheld, { demand: before?.demand, resets });
  return { ...planned, decision: heldScale(observation, resets, planned.decision), ...(resets && { resets }) };
}

function decide(observation: Observation, withheld: Withheld, known: Known): ScalePlan {
  const unseen = decideUnseen(observation);
  if (unseen) return { decision: unseen, costs: clearedCosts(observation, undefined) };
  const unowned = holdForOwners(observation);
  if (unowned) return waitForOwners(observation, unowned);
  const foreign = foreignIn(observation);
  const alone = holdForStrangers(observation, foreign);
  if (alone) return { decision: alone, costs: clearedCosts(observation, undefined) };
  const { decision, ...plan } = decideByLoad(observation, withheld, known);
  const note = noteForeign(observation.pool, foreign);
  return { ...plan, decision: { ...decision, message: `${decision.message}${note}` } };
}

/** A drain goes on after a moment in which it is not known whose the pods are. */
function waitForOwners(observation: Observation, decision: ScaleDecision): ScalePlan {
  const { drain } = observation.status;
  if (decision.reason === "OwnersPending" && drain) return { decision, drain, costs: [] };
  return { decision, costs: clearedCosts(observation, undefined) };
}

function decideByLoad(observation: Observation, withheld: Withheld, { demand, resets }: Known): ScalePlan {
  const scaling = observation.pool.spec.scaling!;
  const fleet = fleetOf(observation, observation.target!.replicas, withheld);
  const gauges = gaugesOf(observation.pool.spec);
  const measures: Measure[] = gauges.map((gauge) => measure(fleet, gauge));
  const history = note({ observation, scaling, fleet, measures }, demand);
  const upward = judgeUp(observation, scaling, fleet, gauges);
  const isAbove = fleet.replicas > scaling.maxReplicas;
  if (upward.kind === "scale" && !isAbove)
    return { decision: upward, costs: clearedCosts(observation, undefined), demand: history };
  const { decision, drain, costs } = remove({ observation, scaling, fleet, measures, history, resets }, upward);
  const isUndone = decision.reason === "DrainUndone";
  return {
    decision,
    ...(drain && { drain }),
    costs: [...(costs ?? []), ...clearedCosts(observation, drain)],
    demand: isUndone ? forgetDemand(history) : history,
  };
}
