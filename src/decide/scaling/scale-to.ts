import type { ResizeDecision } from "./decision.ts";
import type { FleetCase } from "./load-case.ts";
import { stepOf } from "./step.ts";

/** The decision to go to so many replicas; in mode Recommend it is said, and not done. */
export function scaleTo(
  given: FleetCase,
  reason: ResizeDecision["reason"],
  to: number,
  message: string,
): ResizeDecision {
  const from = given.fleet.replicas;
  const step = stepOf(given, to > from ? "up" : "down");
  return { kind: "scale", reason, message, from, to, step, act: given.scaling.mode === "Auto" };
}
