import type { FenceOptions } from "../act/fence.ts";
import { apiVersion, kind as poolKind } from "../api/pool.ts";
import { keyOf } from "../key.ts";
import type { EventRecorder } from "../kube/events.ts";
import type { Log } from "../telemetry/log.ts";
import type { OperatorMetrics } from "../telemetry/operator-metrics.ts";

/** Counts and logs writes that did not succeed. What status cannot tell, an Event does. */
export function watchMisses(metrics: OperatorMetrics, recorder: EventRecorder, log: Log): FenceOptions["onMiss"] {
  return ({ namespace, name, uid }, part, { kind, message: why, ...rest }, isNews) => {
    metrics.writeMissed(part, kind);
    const told = { pool: keyOf({ namespace, name }), part, why, ...rest };
    if (!isNews || kind === "overtaken") log.debug(told, "a write did not succeed and will be repeated");
    else log.warn(told, `the API server ${kind === "refused" ? "refuses" : "does not take"} a write`);
    if (part !== "status" || kind !== "refused" || !isNews) return;
    recorder.record({
      regarding: { apiVersion, kind: poolKind, namespace, name, uid },
      type: "Warning",
      action: "Report",
      reason: "StatusRefused",
      note: `The API server refuses the status: ${why}.`,
    });
  };
}
