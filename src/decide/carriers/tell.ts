import type { CarrierType } from "../../api/publish-to.ts";
import { counted } from "../basics/counted.ts";
import type { CarrierPlan } from "./planned-carrier.ts";

/** What one kind of others' objects carries, and why not what it would now. */
export interface CarrierExplanation {
  readonly type: CarrierType;
  readonly message: string;
  /** Pods whose weight waits for the next period, and until that one. */
  readonly waiting: number;
  readonly nextInMs: number;
  /** Pods whose weight differs by too little to be written. */
  readonly within: number;
}

const percent = "in percent of an even share";

function wordsOf({ refusal, weights, waiting, within, periodMs }: CarrierPlan): string {
  if (refusal && !weights) return refusal.message;
  const held = [
    ...(waiting > 0 ? [`${counted(waiting, "weight")} ${waiting === 1 ? "waits" : "wait"} for the next period`] : []),
    ...(within > 0
      ? [`${counted(within, "weight")} ${within === 1 ? "differs" : "differ"} too little to be written`]
      : []),
  ];
  const told = `${counted(weights?.size ?? 0, "pod")}, each ${percent}, written once in ${periodMs / 1_000}s at most`;
  const why = refusal ? ` ${refusal.message}` : "";
  return `${[told, ...held].join("; ")}.${why}`;
}

/** What is told of a plan for others' objects, as of `now`. */
export const explainCarrier = (plan: CarrierPlan, now: number): CarrierExplanation => ({
  type: plan.type,
  message: wordsOf(plan),
  waiting: plan.waiting,
  nextInMs: plan.nextAt - now,
  within: plan.within,
});
