import type { WordedVerdict } from "../planned.ts";
import type { Observation } from "../world.ts";

/** Whether pods close connections when they are asked. That there is nothing to ask, or not now, is no news. */
export function judgeRebalance({ rebalanceProblem }: Observation): WordedVerdict {
  const type = "Rebalancing";
  if (rebalanceProblem) return { type, status: "False", ...rebalanceProblem };
  return {
    type,
    status: "True",
    reason: "Asking",
    message: "Pods that have more than their share of the open connections are asked to close some.",
  };
}
