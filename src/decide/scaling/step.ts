import type { Scaling } from "../../api/scaling.ts";
import type { ScaleStep } from "../../api/status.ts";
import { parseTime, toTime } from "../../api/time.ts";
import type { ResizeDecision } from "./decision.ts";
import type { FleetCase } from "./load-case.ts";

/**
 * The step that a change of replicas now belongs to: the one in progress in the same direction, unless somebody undid it,
 * or a new one. What is added, or removed, within a period counts together.
 */
export function stepOf({ observation, scaling, fleet }: FleetCase, direction: "up" | "down"): ScaleStep {
  const { now } = observation;
  const { replicas } = fleet;
  const last = observation.status.lastScale;
  const sign = direction === "up" ? 1 : -1;
  const inProgress =
    last !== undefined &&
    sign * (replicas - last.step.from) >= 0 &&
    sign * (last.to - last.from) > 0 &&
    // A step in the future was timed by a clock that has been set back, or by another operator's.
    Math.abs(now - parseTime(last.step.time)) < scaling[direction].period;
  return inProgress ? last.step : { time: toTime(now), from: replicas };
}

/** The most replicas that a step may reach. */
export const mostAfter = ({ up }: Scaling, { from }: ScaleStep): number =>
  from + Math.max(up.maxStepPods, Math.ceil((from * up.maxStepPercent) / 100));

/** The fewest replicas that a step may leave: never less than half. */
export const fewestAfter = ({ down }: Scaling, { from }: ScaleStep): number =>
  Math.max(Math.floor(from / 2), from - Math.max(down.maxStepPods, Math.floor((from * down.maxStepPercent) / 100)));

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
