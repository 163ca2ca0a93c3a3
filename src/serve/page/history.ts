import type { LastScale } from "../../api/status.ts";
import type { ScaleDecision } from "../../decide/scaling/decision.ts";
import type { HistoryDocument } from "../documents.ts";
import type { Known } from "../feed.ts";
import { describeDecision, describeScale } from "../pools/describe-pool.ts";
import { type PodBudget, Series } from "./series.ts";

/** What the pools went through lately, by key (`namespace/name`): as much as a chart shows, in bounded memory. */
export interface History {
  /** Takes in a plan. Of the plans of one second the last one stays. */
  record(known: Known): void;
  forget(key: string): void;
  /** All of it, or what came after a time. Undefined for a pool that was never planned. */
  describe(key: string, now: number, since?: number): HistoryDocument | undefined;
}

/** How far back the charts go. */
const windowMs = 300_000;
const mostEvents = 50;
/** Over all pools, of 2.4 kB each: pools that come when these are taken have lines of their own alone. */
const mostPods = 10_000;

interface Past {
  readonly uid: string;
  readonly series: Series;
  readonly decisions: { readonly at: number; readonly decision: ScaleDecision }[];
  /** Each with when it was seen. */
  readonly scales: { readonly at: number; readonly scale: LastScale }[];
}

/** What makes a decision another one: its figures change with every sample. */
const identityOf = (decision: ScaleDecision): string =>
  decision.kind === "hold" ? decision.reason : [decision.reason, decision.from, decision.to, decision.act].join();

function keep<T>(events: T[], event: T): void {
  events.push(event);
  if (events.length > mostEvents) events.shift();
}

export function createHistory(): History {
  const pasts = new Map<string, Past>();
  const budget: PodBudget = { left: mostPods };
  const forget = (key: string): void => {
    pasts.get(key)?.series.end();
    pasts.delete(key);
  };
  const begin = (key: string, uid: string): Past => {
    forget(key);
    const past: Past = { uid, series: new Series(budget), decisions: [], scales: [] };
    pasts.set(key, past);
    return past;
  };
  return {
    record({ key, observation, plan, status }) {
      const { pool, now: at } = observation;
      const known = pasts.get(key);
      const { series, decisions, scales } = known?.uid === pool.uid ? known : begin(key, pool.uid);
      series.add(at, plan, status.replicas);
      const last = decisions.at(-1)?.decision;
      if (!last || identityOf(last) !== identityOf(plan.scale)) keep(decisions, { at, decision: plan.scale });
      const { lastScale } = status;
      const written = scales.at(-1)?.scale;
      if (lastScale && (lastScale.time !== written?.time || lastScale.to !== written.to)) {
        keep(scales, { at, scale: lastScale });
      }
    },
    forget,
    describe(key, now, since = Number.NEGATIVE_INFINITY) {
      const past = pasts.get(key);
      if (!past) return undefined;
      const isNew = ({ at }: { readonly at: number }): boolean => at > since;
      return {
        at: now,
        windowMs,
        ...past.series.describe(Math.max(since, now - windowMs)),
        decisions: past.decisions.filter(isNew).map(({ at, decision }) => ({ at, ...describeDecision(decision) })),
        scales: past.scales.filter(isNew).map(({ scale }) => describeScale(scale)),
      };
    },
  };
}
