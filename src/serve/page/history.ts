import type { LastScale } from "../../api/status.ts";
import type { Confirmation } from "../../decide/scaling/decision.ts";
import type { HistoryDocument } from "../documents.ts";
import type { Known } from "../feed.ts";
import { describeDecision, describeScale } from "../pools/describe-pool.ts";
import { Decisions, keep } from "./events.ts";
import { type HistorySpan, spanMs } from "./rings.ts";
import { type PodBudget, podBytes, poolBytes, Series } from "./series.ts";

/** What the pools went through lately, by key (`namespace/name`): as much as a chart shows, in bounded memory. */
export interface History {
  /** Takes in a plan. Of the plans of one second the last one stays. */
  record(known: Known): void;
  forget(key: string): void;
  /**
   * A span of it up to now, or what came after a time. Undefined for a pool that was never planned. Events are all that
   * are kept, whatever the span.
   */
  describe(key: string, now: number, since?: number, span?: HistorySpan): HistoryDocument | undefined;
}

/** Over all pools: those that come when these are taken have their pool's lines alone, or none. */
export const historyLimits = { pools: 1_000, pods: 10_000 };
/** What figures take at most: some 65 MB. */
export const mostHistoryBytes = historyLimits.pools * poolBytes + historyLimits.pods * podBytes;

/** Of a pool beyond the limit. */
const noSeries = new Series({ left: 0 });

interface Past {
  readonly uid: string;
  series: Series | undefined;
  readonly decisions: Decisions;
  /** Each with when it was seen. */
  readonly scales: { readonly at: number; readonly scale: LastScale }[];
  /** Samples that came early, each with when that was seen. */
  readonly confirmations: { readonly at: number; readonly confirm: Confirmation }[];
}

export function createHistory(): History {
  const pasts = new Map<string, Past>();
  const podBudget: PodBudget = { left: historyLimits.pods };
  let poolsLeft = historyLimits.pools;

  const forget = (key: string): void => {
    const series = pasts.get(key)?.series;
    series?.end();
    if (series) poolsLeft += 1;
    pasts.delete(key);
  };
  const begin = (key: string, uid: string): Past => {
    forget(key);
    const past: Past = { uid, series: undefined, decisions: new Decisions(), scales: [], confirmations: [] };
    pasts.set(key, past);
    return past;
  };
  const openSeries = (): Series | undefined => {
    if (poolsLeft <= 0) return undefined;
    poolsLeft -= 1;
    return new Series(podBudget);
  };

  return {
    record({ key, observation, plan, status }) {
      const { pool, now: at } = observation;
      const known = pasts.get(key);
      const past = known?.uid === pool.uid ? known : begin(key, pool.uid);
      past.series ??= openSeries();
      past.series?.add(at, plan, status.replicas);
      past.decisions.add(at, plan.scale);
      const { lastScale } = status;
      const written = past.scales.at(-1)?.scale;
      if (lastScale && (lastScale.time !== written?.time || lastScale.to !== written.to)) {
        keep(past.scales, { at, scale: lastScale });
      }
      const { confirm } = plan;
      if (confirm && confirm.at !== past.confirmations.at(-1)?.confirm.at) keep(past.confirmations, { at, confirm });
    },
    forget,
    describe(key, now, since = Number.NEGATIVE_INFINITY, span = "5m") {
      const past = pasts.get(key);
      if (!past) return undefined;
      const windowMs = spanMs(span);
      const isNew = ({ at }: { readonly at: number }): boolean => at > since;
      return {
        at: now,
        windowMs,
        ...(past.series ?? noSeries).describe(span, Math.max(since, now - windowMs)),
        decisions: past.decisions
          .after(since)
          .map(({ at, firstAt, count, decision }) => ({ at, firstAt, count, ...describeDecision(decision) })),
        scales: past.scales.filter(isNew).map(({ scale }) => describeScale(scale)),
        confirmations: past.confirmations.filter(isNew).map(({ at, confirm: { reason } }) => ({ at, message: reason })),
      };
    },
  };
}
