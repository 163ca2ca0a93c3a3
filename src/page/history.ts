import type { HistoryDocument, PodSeriesDocument } from "../serve/documents.ts";

type Column = readonly (number | null)[];

const mostEvents = 50;

type DecisionEvent = HistoryDocument["decisions"][number];

/** Whether a decision changed the number of replicas. */
export const isChange = ({ kind, act }: DecisionEvent): boolean => kind === "scale" && act !== false;

/** Decisions with those that came after; one that came again takes the place of what it was. */
function joinDecisions(known: readonly DecisionEvent[], news: readonly DecisionEvent[]): DecisionEvent[] {
  const again = new Set(news.map(({ firstAt, reason }) => `${firstAt} ${reason}`));
  const all = [...known.filter(({ firstAt, reason }) => !again.has(`${firstAt} ${reason}`)), ...news];
  const kept = new Set([true, false].flatMap((kind) => all.filter((one) => isChange(one) === kind).slice(-mostEvents)));
  return all.filter((decision) => kept.has(decision));
}

/** The newest events with those that came after, each once: what was seen since the newest point comes with every answer. */
function joinEvents<Event extends { readonly at: number }>(
  known: readonly Event[],
  news: readonly Event[],
  nameOf: (event: Event) => string,
): Event[] {
  const byName = new Map([...known, ...news].map((event) => [nameOf(event), event]));
  return [...byName.values()].slice(-mostEvents);
}

/** Of the points of one second the last one counts. */
const secondOf = (at: number): number => Math.floor(at / 1_000);

/** When the newest point was; what is asked for next comes after it. */
export const newestOf = ({ times }: HistoryDocument): number => times.at(-1) ?? 0;

/** A history and what came after it, as the operator would tell both together. */
export function merge(known: HistoryDocument, news: HistoryDocument): HistoryDocument {
  const oldest = news.at - news.windowMs;
  const first = known.times.findIndex((time) => time > oldest);
  const next = secondOf(news.times[0] ?? Number.POSITIVE_INFINITY);
  const overtaken = known.times.findIndex((time) => secondOf(time) >= next);
  const from = first < 0 ? known.times.length : first;
  const to = overtaken < 0 ? known.times.length : overtaken;
  const join = <T>(before: readonly T[], after: readonly T[]): T[] => [...before.slice(from, to), ...after];
  const fill = (column: Column | undefined, length: number): Column => column ?? Array.from({ length }, () => null);

  const before = new Map(known.pods.map((series) => [series.pod, series]));
  const after = new Map(news.pods.map((series) => [series.pod, series]));
  const joinPod = (pod: string, column: "load" | "connections"): Column =>
    join(fill(before.get(pod)?.[column], known.times.length), fill(after.get(pod)?.[column], news.times.length));
  const pods = [...new Set([...before.keys(), ...after.keys()])]
    .map((pod): PodSeriesDocument => ({ pod, load: joinPod(pod, "load"), connections: joinPod(pod, "connections") }))
    .filter(({ load, connections }) => [...load, ...connections].some((value) => value !== null));
  return {
    at: news.at,
    windowMs: news.windowMs,
    times: join(known.times, news.times),
    averageLoad: join(known.averageLoad, news.averageLoad),
    lowestLoad: join(known.lowestLoad, news.lowestLoad),
    highestLoad: join(known.highestLoad, news.highestLoad),
    connections: join(known.connections, news.connections),
    averageConnections: join(known.averageConnections, news.averageConnections),
    fewestConnections: join(known.fewestConnections, news.fewestConnections),
    mostConnections: join(known.mostConnections, news.mostConnections),
    replicas: join(known.replicas, news.replicas),
    readySetSize: join(known.readySetSize, news.readySetSize),
    requestsPerSecond: join(known.requestsPerSecond, news.requestsPerSecond),
    errorPercent: join(known.errorPercent, news.errorPercent),
    responseMs: join(known.responseMs, news.responseMs),
    pods,
    decisions: joinDecisions(known.decisions, news.decisions),
    scales: joinEvents(known.scales, news.scales, ({ at, from, to }) => `${at} ${from} ${to}`),
    confirmations: joinEvents(known.confirmations, news.confirmations, ({ at, message }) => `${at} ${message}`),
  };
}
