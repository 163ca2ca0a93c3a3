import type { HoldReason, ScaleDecision } from "../planned.ts";

type Hold = Extract<ScaleDecision, { kind: "hold" }>;

export const hold = (reason: HoldReason, message: string, recommended?: number): Hold => ({
  kind: "hold",
  reason,
  message,
  ...(recommended !== undefined && { recommended }),
});
