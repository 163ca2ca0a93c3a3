import { print } from "../basics/wording.ts";
import type { Observation } from "../world.ts";
import { type HoldDecision, hold, type ScaleDecision } from "./decision.ts";
import { type Resets, restsUntil, wordResets } from "./resets.ts";

/**
 * Why nothing is scaled in this direction for now, though it should be: it was refused, or is set back each time, or the
 * pods to be removed could not be taken out of the lists.
 */
export function whyHeld(
  { refusedScale, slicesProblem, now }: Observation,
  resets: Resets | undefined,
  direction: "up" | "down",
  recommended: number,
): HoldDecision | undefined {
  if (refusedScale?.direction === direction && now < refusedScale.until)
    return hold(refusedScale.reason, refusedScale.message, recommended);
  if (now < restsUntil(resets, direction)) return hold("ReplicasReset", print(wordResets(resets, now)!), recommended);
  if (direction === "down" && slicesProblem)
    return hold("SlicesNotWritten", `No pod is removed that stays listed. ${slicesProblem.message}`, recommended);
  return undefined;
}

/** What was decided, unless it has to wait. In mode Recommend nothing is written that could be refused. */
export function heldScale(
  observation: Observation,
  resets: Resets | undefined,
  decision: ScaleDecision,
): ScaleDecision {
  if (decision.kind !== "scale" || !decision.act) return decision;
  const direction = decision.to > decision.from ? "up" : "down";
  return whyHeld(observation, resets, direction, decision.to) ?? decision;
}
