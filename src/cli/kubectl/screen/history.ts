import { defined } from "../../../api/defined.ts";
import { eventAnnotations } from "../../../kube/types.ts";
import type { PoolObject } from "../cluster/pool-object.ts";
import type { EventObject } from "../cluster/read-events.ts";

interface Entry {
  /** RFC 3339: when it was decided, the first time where that was more than once. */
  readonly time: string;
  /** How often, one after the other. */
  readonly count: number;
  /** When it was decided last; absent: once. */
  readonly lastTime?: string;
  readonly reason: string;
  readonly message: string;
}

/** A change of replicas. */
export interface ScaleEntry extends Entry {
  readonly from?: number;
  readonly to?: number;
}

/** A turn of a condition, or of a drain. */
export interface DecisionEntry extends Entry {
  /** Type of the condition; of a drain `Drain`. */
  readonly about: string;
  /** Of the condition. */
  readonly status?: string;
}

/** A condition as it is now. */
export interface StandingCondition {
  readonly type: string;
  readonly status: string;
  /** RFC 3339: since when it has this status. */
  readonly since: string;
  readonly reason: string;
  readonly message: string;
}

/** What was decided for a pool, oldest first, and how it stands now. */
export interface PoolHistory {
  readonly namespace: string;
  readonly name: string;
  readonly scales: readonly ScaleEntry[];
  readonly decisions: readonly DecisionEntry[];
  readonly conditions: readonly StandingCondition[];
}

/** Status and the Event of the same turn are this far apart at most. */
const sameTurnMs = 5_000;

const timeOf = ({ eventTime, firstTimestamp, metadata }: EventObject): string =>
  eventTime ?? firstTimestamp ?? metadata.creationTimestamp ?? "";

function entryOf(event: EventObject): Entry {
  const { count = 1, lastObservedTime } = event.series ?? {};
  return {
    time: timeOf(event),
    count,
    ...(count > 1 && lastObservedTime !== undefined && { lastTime: lastObservedTime }),
    reason: event.reason ?? "",
    message: event.message ?? "",
  };
}

function wholeOf({ metadata }: EventObject, annotation: string): number | undefined {
  const text = metadata.annotations?.[annotation];
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function scaleOf(event: EventObject): ScaleEntry {
  const [from, to] = [wholeOf(event, eventAnnotations.from), wholeOf(event, eventAnnotations.to)];
  return { ...entryOf(event), ...defined({ from, to }) };
}

function decisionOf(event: EventObject): DecisionEntry {
  const status = event.metadata.annotations?.[eventAnnotations.status];
  const about = (event.action ?? "").replace(/^Judge/, "");
  return { about, ...defined({ status }), ...entryOf(event) };
}

const isNear = (entry: Entry, time: string): boolean =>
  Math.abs(Date.parse(entry.time) - Date.parse(time)) <= sameTurnMs;

const byTime = (a: Entry, b: Entry): number => Date.parse(a.time) - Date.parse(b.time);

/** What a pool's status still knows of what its Events no longer tell, which the cluster keeps for an hour as a rule. */
function fromStatus({ status = {} }: PoolObject, known: Pick<PoolHistory, "scales" | "decisions">) {
  const { lastScale, drain } = status;
  const scales: ScaleEntry[] = [];
  if (lastScale && !known.scales.some((entry) => isNear(entry, lastScale.time))) {
    const { time, from, to, reason, message } = lastScale;
    scales.push({ time, count: 1, reason, message, from, to });
  }
  const decisions: DecisionEntry[] = [];
  if (drain && !known.decisions.some((entry) => entry.about === "Drain" && isNear(entry, drain.time)))
    decisions.push({ about: "Drain", time: drain.time, count: 1, reason: "Draining", message: drain.message });
  return { scales, decisions };
}

/** The decisions on a pool, from its Events and its status. */
export function historyOf(pool: PoolObject, events: readonly EventObject[]): PoolHistory {
  const { namespace = "", name } = pool.metadata;
  const scales = events.filter(({ action }) => action === "Scale").map(scaleOf);
  const decisions = events.filter(({ action }) => action !== "Scale").map(decisionOf);
  const kept = fromStatus(pool, { scales, decisions });
  const conditions = (pool.status?.conditions ?? []).map(({ type, status, lastTransitionTime, reason, message }) => ({
    type,
    status,
    since: lastTransitionTime,
    reason,
    message,
  }));
  return {
    namespace,
    name,
    scales: [...scales, ...kept.scales].sort(byTime),
    decisions: [...decisions, ...kept.decisions].sort(byTime),
    conditions,
  };
}
