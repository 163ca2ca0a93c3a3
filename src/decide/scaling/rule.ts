import type { Drain } from "../../api/status.ts";
import type { CostChange } from "../planned.ts";
import type { Observation } from "../world.ts";
import type { ScaleDecision } from "./decision.ts";
import type { Ledger } from "./ledger.ts";
import type { Resets } from "./resets.ts";

/** What a rule sees, and where it writes its arithmetic. */
export interface ScaleCase {
  readonly observation: Observation;
  readonly resets?: Resets | undefined;
  readonly ledger: Ledger;
}

/** What a rule decides. */
export interface Ruling {
  readonly decision: ScaleDecision;
  /** How the replicas that this leads to come about: the last line of the ledger, unless they have to wait. */
  readonly goal?: { readonly formula: string; readonly replicas: number };
  /** Pods that are to leave the lists first, or have left them. */
  readonly drain?: Drain;
  /** Absent: the pool's marks come off the pods that are in no drain. */
  readonly costs?: readonly CostChange[];
}

/** Decides, or passes on. */
export type ScaleRule<Case extends ScaleCase> = (given: Case) => Ruling | undefined;

/** What the first rule that decides says. */
export function firstOf<Case extends ScaleCase>(rules: readonly ScaleRule<Case>[], given: Case): Ruling | undefined {
  for (const rule of rules) {
    const ruling = rule(given);
    if (ruling) return ruling;
  }
  return undefined;
}
