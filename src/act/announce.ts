import { apiVersion, kind } from "../api/pool.ts";
import { eventTypeOf } from "../api/reasons.ts";
import type { PoolStatus } from "../api/status.ts";
import { keyOf } from "../key.ts";
import type { EventRecorder } from "../kube/events.ts";
import { eventAnnotations, type KubeLog } from "../kube/types.ts";
import type { PoolIdentity } from "./fence.ts";
import { isTurn } from "./turn.ts";

/** Tells of the turns between two statuses: in the log, and as Events. */
export function announce(
  { recorder, log }: { readonly recorder: EventRecorder; readonly log: KubeLog },
  { namespace, name, uid }: PoolIdentity,
  before: PoolStatus,
  after: PoolStatus,
): void {
  const regarding = { apiVersion, kind, namespace, name, uid };
  const pool = keyOf({ namespace, name });
  const { lastScale } = after;
  if (lastScale && lastScale.time !== before.lastScale?.time) {
    const { reason, message, from, to } = lastScale;
    log.info({ pool, reason, from, to }, message);
    recorder.record({
      regarding,
      type: "Normal",
      action: "Scale",
      reason,
      note: message,
      annotations: { [eventAnnotations.from]: String(from), [eventAnnotations.to]: String(to) },
    });
  }
  const drain = drainNews(before, after);
  if (drain) {
    log.info({ pool, reason: drain.reason }, drain.note);
    recorder.record({ regarding, type: "Normal", action: "Drain", ...drain });
  }
  const told = new Set<string>();
  for (const { type, status, reason, message } of after.conditions ?? []) {
    const earlier = before.conditions?.find((condition) => condition.type === type);
    if (!isTurn(earlier, { status, reason, message })) continue;
    log.info({ pool, condition: type, status, reason }, message);
    // What is wrong with the spec, say, is so of several conditions, in the same words.
    const words = `${status} ${reason} ${message}`;
    if (told.has(words)) continue;
    told.add(words);
    recorder.record({
      regarding,
      type: eventTypeOf({ status, reason }),
      action: `Judge${type}`,
      reason,
      note: message,
      annotations: { [eventAnnotations.status]: status },
    });
  }
}

/** What an Event tells of a drain that began, or was given up; its end is the scale. */
function drainNews(
  before: PoolStatus,
  after: PoolStatus,
): { readonly reason: string; readonly note: string } | undefined {
  if (before.drain?.time === after.drain?.time) return undefined;
  const scaling = after.conditions?.find(({ type }) => type === "ScalingActive");
  if (after.drain || scaling?.reason === "DrainUndone")
    return { reason: after.drain ? "Draining" : "DrainUndone", note: scaling?.message ?? "" };
  return undefined;
}
