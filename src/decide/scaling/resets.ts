import { defined } from "../../api/defined.ts";
import type { LastScale } from "../../api/status.ts";
import { parseTime } from "../../api/time.ts";
import { count, type Wording, worded } from "../basics/wording.ts";
import { isFresh } from "../samples/staleness.ts";
import type { Observation } from "../world.ts";

/** What became of the pool's last scale. Times are Unix milliseconds. */
export interface Resets {
  /** The scale, by its time. */
  readonly scale: string;
  /** Its replicas are still to show, have shown, or were set back or left behind. */
  readonly state: "pending" | "shown" | "over";
  /** Absent while nobody has set anything back, or nobody has for long. */
  readonly row?: Row;
}

/** Resets in a row. */
interface Row {
  readonly count: number;
  /** The last ones of them that came soon after the scale. */
  readonly quick: number;
  /** When the first and the last of them were seen. */
  readonly since: number;
  readonly at: number;
  /** Of the last one. */
  readonly direction: "up" | "down";
  readonly from: number;
  readonly to: number;
  readonly by?: string;
}

/** How long written replicas may take to show: not as long as it takes until they are written again. */
const settleMs = 4_000;
/** Set back sooner than that, they are fought over. */
const quickMs = 120_000;
/** One reset may be somebody's decision; after so many in a row it is something that does so each time. */
const few = 2;
/** Without another for so long they are over: tools that look again every ten minutes are common. */
const forgottenMs = 1_800_000;
/** After the last of several quick ones, doubling with each. */
const rest = { baseMs: 30_000, maxMs: 600_000 };

const directionOf = ({ from, to }: { readonly from: number; readonly to: number }): "up" | "down" =>
  to > from ? "up" : "down";

/** What the last plan left; absent after a start. */
type Before = { readonly resets?: Resets | undefined } | undefined;

function stateOf(scale: LastScale, { target, now }: Observation, memory: Before): Resets["state"] | "set back" {
  const { replicas } = target!;
  if (replicas === scale.to) return "shown";
  const known = memory?.resets;
  // After a start nobody knows how it came to what is there.
  const before = known?.scale === scale.time ? known.state : memory ? "pending" : "over";
  if (before === "over" || (before === "pending" && isFresh(parseTime(scale.time), settleMs, now))) return before;
  const isBack = directionOf(scale) === "up" ? replicas < scale.to : replicas > scale.to;
  return isBack ? "set back" : "over";
}

/** What is known of resets, with what is seen now. Undefined as long as the pool has scaled nothing. */
export function noteResets(observation: Observation, memory: Before): Resets | undefined {
  const { status, target, now } = observation;
  const scale = status.lastScale;
  if (!scale || !target) return memory?.resets;
  const known = memory?.resets?.row;
  // By a clock that has been set back, the last one was still to come: nothing rests for that.
  const row =
    known && isFresh(known.at, forgottenMs, now)
      ? { ...known, since: Math.min(known.since, now), at: Math.min(known.at, now) }
      : undefined;
  const state = stateOf(scale, observation, memory);
  if (state !== "set back") return { scale: scale.time, state, ...defined({ row }) };
  const isQuick = now - parseTime(scale.time) < quickMs;
  const by = target.replicasBy?.isOwn ? undefined : target.replicasBy?.manager;
  return {
    scale: scale.time,
    state: "over",
    row: {
      count: (row?.count ?? 0) + 1,
      quick: isQuick ? (row?.quick ?? 0) + 1 : 0,
      since: row?.since ?? now,
      at: now,
      direction: directionOf(scale),
      from: scale.to,
      to: target.replicas,
      ...defined({ by }),
    },
  };
}

/** Until when a change in this direction is left alone, Unix milliseconds. */
export function restsUntil(resets: Resets | undefined, direction: "up" | "down"): number {
  const row = resets?.row;
  if (!row || row.quick < few || row.direction !== direction) return Number.NEGATIVE_INFINITY;
  return row.at + Math.min(rest.maxMs, rest.baseMs * 2 ** (row.quick - few));
}

/** That somebody sets back what the pool writes, and who; undefined where nobody does so again and again. */
export function wordResets(resets: Resets | undefined, now: number): Wording | undefined {
  const row = resets?.row;
  if (!row || row.count < few) return undefined;
  const { from, to, by, since, direction } = row;
  const who = by === undefined ? "Somebody" : `The field manager ${by}`;
  const minutes = Math.max(1, Math.ceil((now - since) / 60_000));
  const waits = Math.ceil((restsUntil(resets, direction) - now) / 1_000);
  const next = waits > 0 ? ` The pool waits ${waits}s before it scales ${direction} again.` : "";
  return worded`${who} sets back what this pool scales: from ${count(from)} to ${count(to)} replicas, ${count(row.count)} times in ${count(minutes)} min. Leave spec.replicas out of what is applied to the workload, or remove spec.scaling.${next}`;
}
