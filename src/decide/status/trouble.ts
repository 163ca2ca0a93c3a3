import type { ConditionType } from "../../api/conditions.ts";
import type { PoolCondition } from "../../api/status.ts";

/** A condition that is not as it should be: `bad` where it is False, `unsure` where nobody knows yet. */
export interface ConditionTrouble extends Pick<PoolCondition, "type" | "reason" | "message"> {
  readonly severity: "bad" | "unsure";
}

/** What somebody asked for is no trouble. */
const asked = new Set(["NotScaled", "Paused", "ScaledToZero", "PoolTerminating"]);
/** That there is nobody to ask, the condition Ready tells. */
const toldByReady = new Set(["NoPods", "NoReadyPods"]);

/** Of several that are as bad the lowest first: what keeps traffic from pods, then what decisions are made of. */
const gravity: Readonly<Record<ConditionType, number>> = {
  Ready: 0,
  WritersReady: 1,
  PodsHealthy: 2,
  MetricsHealthy: 3,
  SplitPublished: 4,
  WeightsPublished: 5,
  ScalingActive: 6,
  Rebalancing: 7,
};
const unknownGravity = 99;

function severityOf({ type, status, reason }: PoolCondition): ConditionTrouble["severity"] | undefined {
  if (status === "True" || asked.has(reason)) return undefined;
  if (type !== "Ready" && toldByReady.has(reason)) return undefined;
  return status === "False" ? "bad" : "unsure";
}

/** A type that nobody knows comes last. */
const gravityOf = ({ type, severity }: ConditionTrouble): number =>
  (severity === "bad" ? 0 : 100) + (Object.hasOwn(gravity, type) ? gravity[type as ConditionType] : unknownGravity);

/** What is not as it should be, the worst first. */
export function troublesIn(conditions: readonly PoolCondition[]): readonly ConditionTrouble[] {
  const troubles = conditions.flatMap((condition): readonly ConditionTrouble[] => {
    const { type, reason, message } = condition;
    const severity = severityOf(condition);
    return severity ? [{ type, severity, reason, message }] : [];
  });
  return troubles.sort((a, b) => gravityOf(a) - gravityOf(b));
}
