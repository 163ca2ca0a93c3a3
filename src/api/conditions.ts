import type { conditionReasons, Reason } from "./reasons.ts";
import type { PoolCondition } from "./status.ts";

export type ConditionType = keyof typeof conditionReasons;

/** A condition as decided, before it has a time. */
export interface Verdict {
  readonly type: ConditionType;
  readonly status: PoolCondition["status"];
  readonly reason: Reason;
  readonly message: string;
}

/**
 * Conditions with the verdicts put in: the time changes only with the status, as the API conventions ask.
 * A message alone never changes a condition: figures in it would make every pass a write.
 */
export function setConditions(
  previous: readonly PoolCondition[],
  verdicts: readonly Verdict[],
  observedGeneration: number,
  now: string,
): PoolCondition[] {
  return verdicts.map((verdict) => {
    const before = previous.find((condition) => condition.type === verdict.type);
    const same = before?.status === verdict.status;
    return {
      ...verdict,
      observedGeneration,
      lastTransitionTime: same ? before.lastTransitionTime : now,
    };
  });
}
