import { defined } from "../../api/defined.ts";
import type { Drain } from "../../api/status.ts";
import { foreignIn, noteForeign } from "../membership/foreign.ts";
import type { CostChange } from "../planned.ts";
import type { Observation } from "../world.ts";
import { clearedCosts } from "./cleared-costs.ts";
import { confirmationOf } from "./confirm.ts";
import type { Confirmation, ScaleDecision } from "./decision.ts";
import type { Withheld } from "./fleet.ts";
import { heldScale } from "./held-scale.ts";
import { forgetDemand } from "./history.ts";
import { createLedger, type Entry } from "./ledger.ts";
import type { LoadCase } from "./load-case.ts";
import { type LoadMemory, readLoad } from "./read-load.ts";
import { noteResets, type Resets } from "./resets.ts";
import { firstOf, type Ruling, type ScaleCase, type ScaleRule } from "./rule.ts";
import { aboveMaximum, addReplicas, limitReached, noneNeeded } from "./rules/adding.ts";
import {
  belowMinimum,
  notScaled,
  paused,
  poolTerminating,
  reportsUnauthenticated,
  scaledByAnother,
  scaledToZero,
  specRefused,
  targetMissing,
  targetTerminating,
} from "./rules/before-load.ts";
import { goOnDraining } from "./rules/draining.ts";
import { ownersUnknown, strangersOnly } from "./rules/owners.ts";
import {
  drainedForAnother,
  keptByHand,
  missingMayCarry,
  neededInWindow,
  ordinalsAbsent,
  removalHeld,
  removalLimitReached,
  removeReplicas,
  rolloutInProgress,
  tooFewMeasured,
  whereRemovable,
  windowNotSeen,
} from "./rules/removing.ts";

/** In their order: each relies on those before it having passed on. */
const beforeLoad: readonly ScaleRule<ScaleCase>[] = [
  specRefused,
  notScaled,
  poolTerminating,
  paused,
  targetMissing,
  targetTerminating,
  scaledByAnother,
  scaledToZero,
  belowMinimum,
  reportsUnauthenticated,
  ownersUnknown,
  strangersOnly,
];

/** The last one always decides. */
const byLoad: readonly ScaleRule<LoadCase>[] = [
  addReplicas,
  goOnDraining,
  ...[
    missingMayCarry,
    tooFewMeasured,
    windowNotSeen,
    neededInWindow,
    rolloutInProgress,
    ordinalsAbsent,
    removalLimitReached,
    keptByHand,
    drainedForAnother,
    removalHeld,
    removeReplicas,
  ].map(whereRemovable),
  aboveMaximum,
  limitReached,
  noneNeeded,
];

/** What scaling remembers from one plan to the next. */
export interface ScalingMemory extends LoadMemory {
  /** How often somebody set back what was scaled; absent where nothing was. */
  readonly resets?: Resets;
}

/** What is to become of the workload's size. */
export interface ScalePlan {
  readonly decision: ScaleDecision;
  /** How it came about. */
  readonly ledger: readonly Entry[];
  /** Pods that are to be removed and leave the lists before; absent when none are, or are no more. */
  readonly drain?: Drain;
  readonly costs: readonly CostChange[];
  /** Absent: samples come once per interval. */
  readonly confirm?: Confirmation;
  readonly memory: ScalingMemory;
}

const allServe: Withheld = { drained: new Set(), unhealthy: new Map() };

/**
 * How many replicas there should be, and what has to happen before: what the first rule says that decides. Upwards within
 * polls, downwards only after the window, and through a drain. What is refused, or set back each time, is tried again
 * seldom.
 */
export function decideScale(
  observation: Observation,
  before?: ScalingMemory,
  withheld: Withheld = allServe,
): ScalePlan {
  const resets = noteResets(observation, before);
  const given: ScaleCase = { observation, resets, ledger: createLedger() };
  const early = firstOf(beforeLoad, given);
  const { ruling, demand, crossings } = early ? { ruling: early } : decideByLoad(given, withheld, before);
  const confirm = confirmationOf(crossings, observation);
  const { drain, goal, costs = clearedCosts(observation, drain) } = ruling;
  const decision = heldScale(observation, resets, ruling.decision);
  if (goal && decision === ruling.decision) given.ledger.step("to", goal.formula, goal.replicas);
  return {
    decision,
    ledger: given.ledger.entries,
    costs,
    ...defined({ drain, confirm }),
    memory: defined({ demand, crossings, resets }),
  };
}

/** With a word on pods that do not count, and with what is remembered of the load. */
function decideByLoad(
  early: ScaleCase,
  withheld: Withheld,
  before: LoadMemory | undefined,
): LoadMemory & { readonly ruling: Ruling } {
  const { observation } = early;
  const { given, history, crossings } = readLoad(early, withheld, before);
  const ruling = firstOf(byLoad, given)!;
  const { reason, message } = ruling.decision;
  const note = noteForeign(observation.pool, foreignIn(observation));
  return {
    ruling: { ...ruling, decision: { ...ruling.decision, message: `${message}${note}` } },
    demand: reason === "DrainUndone" ? forgetDemand(history) : history,
    crossings,
  };
}
