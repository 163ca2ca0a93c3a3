import type { RebalancePlan } from "../rebalance/planned-rebalance.ts";
import { tellRebalance } from "../rebalance/tell-rebalance.ts";
import type { PodExplanation, RebalanceExplanation } from "./explanation.ts";
import { podLines, poolLines } from "./lines.ts";

export interface ExplainedRebalance {
  readonly rebalance: RebalanceExplanation;
  /** What a pod is asked for, by its UID; undefined where that is not decided. */
  readonly surplusOf: (uid: string) => PodExplanation["rebalance"];
}

/** Whom a pool asks to close connections, and for how many, as of `now`. */
export function explainRebalance(plan: RebalancePlan, now: number): ExplainedRebalance {
  const { state, decidedAt, working, surplus } = plan;
  const linesOf = working && podLines(working.steps.pod);
  return {
    rebalance: {
      state,
      message: tellRebalance(plan),
      ...(decidedAt !== undefined && { decidedAgoMs: now - decidedAt }),
      lines: working ? poolLines(working.steps.pool, working) : [],
    },
    surplusOf(uid) {
      const connections = surplus.get(uid);
      if (!working || connections === undefined) return undefined;
      return { surplus: connections, lines: linesOf!({ pool: working.pool, pod: working.pods.get(uid)! }) };
    },
  };
}
