import type { HistoryDocument, PodSeriesDocument, PoolDocument } from "../serve/documents.ts";

/** A pool and what it went through while the window of the charts lasts. */
export interface Recording {
  readonly pool: PoolDocument;
  readonly history: HistoryDocument;
}

const mostEvents = 50;
/** Points are a second apart, as the operator's own are. */
const stepMs = 1_000;

type Column = readonly (number | null)[];

const orNull = (value: number | undefined): number | null => value ?? null;

const sum = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((total, value) => total + value, 0);

/** Puts a row at the end of every column, in the place of the last one when that is of the same second. */
function extendRows(history: HistoryDocument, pool: PoolDocument, at: number) {
  const { times } = history;
  const last = times.at(-1);
  const kept =
    last !== undefined && Math.floor(at / stepMs) <= Math.floor(last / stepMs) ? times.length - 1 : times.length;
  const from = times.findIndex((time) => time >= at - history.windowMs);
  const first = from < 0 ? kept : Math.min(from, kept);
  const column = (values: Column, value: number | null): Column => [...values.slice(first, kept), value];

  const loads = pool.endpoints.flatMap(({ load }) => load ?? []);
  const endpoints = new Map(pool.endpoints.map((endpoint) => [endpoint.pod, endpoint]));
  const known = new Set(history.pods.map(({ pod }) => pod));
  const empty: Column = Array.from({ length: times.length }, () => null);
  const news = pool.endpoints.filter(({ pod }) => !known.has(pod));
  const pods: PodSeriesDocument[] = [
    ...history.pods,
    ...news.map(({ pod }) => ({ pod, load: empty, connections: empty })),
  ].map(({ pod, load, connections }) => ({
    pod,
    load: column(load, orNull(endpoints.get(pod)?.load)),
    connections: column(connections, orNull(endpoints.get(pod)?.connections)),
  }));
  return {
    times: [...times.slice(first, kept), at],
    averageLoad: column(history.averageLoad, orNull(pool.averageLoad)),
    lowestLoad: column(history.lowestLoad, loads.length > 0 ? Math.min(...loads) : null),
    highestLoad: column(history.highestLoad, loads.length > 0 ? Math.max(...loads) : null),
    connections: column(history.connections, sum(pool.endpoints.flatMap(({ connections }) => connections ?? []))),
    replicas: column(history.replicas, orNull(pool.replicas)),
    // A pod that left has its line until the line has left the window.
    pods: pods.filter(({ load, connections }) => [...load, ...connections].some((value) => value !== null)),
  };
}

function extendDecisions({ decisions }: HistoryDocument, { decision }: PoolDocument, at: number) {
  const last = decisions.at(-1);
  const same =
    last &&
    last.kind === decision.kind &&
    last.reason === decision.reason &&
    last.from === decision.from &&
    last.to === decision.to &&
    last.act === decision.act;
  return same ? decisions : [...decisions, { at, ...decision }].slice(-mostEvents);
}

function extendScales({ scales }: HistoryDocument, { lastScale }: PoolDocument) {
  return lastScale && lastScale.at !== scales.at(-1)?.at ? [...scales, lastScale].slice(-mostEvents) : scales;
}

/** The history with a document that came after it, by the operator's own rules. */
export function extend(history: HistoryDocument, pool: PoolDocument): HistoryDocument {
  const at = Date.parse(pool.plannedAt);
  const last = history.times.at(-1) ?? 0;
  // What a stream repeats when it begins.
  const rows = at <= last ? {} : extendRows(history, pool, at);
  return {
    ...history,
    ...rows,
    decisions: extendDecisions(history, pool, at),
    scales: extendScales(history, pool),
  };
}
