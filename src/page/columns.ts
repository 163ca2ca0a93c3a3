import type { EndpointDocument } from "../serve/documents.ts";

/** What the endpoints can be sorted by. */
export type SortKey = "rank" | "pod" | "connections" | "load" | "requests" | "errors" | "response" | "weight" | "age";

export interface Sorting {
  readonly key: SortKey;
  readonly descending: boolean;
}

const figures: Record<Exclude<SortKey, "pod">, (endpoint: EndpointDocument) => number | undefined> = {
  rank: ({ rank }) => rank,
  connections: ({ connections }) => connections,
  load: ({ load }) => load,
  requests: ({ requestsPerSecond }) => requestsPerSecond,
  errors: ({ errorPercent }) => errorPercent,
  response: ({ responseMs }) => responseMs,
  weight: ({ weight }) => weight,
  age: ({ ageMs }) => ageMs,
};

/** As the strategy has them. */
export const byRank: Sorting = { key: "rank", descending: false };

/** What a column sorts by when it is chosen: names and ranks from the first, figures from the most; then the other way. */
export const nextSorting = (before: Sorting, key: SortKey): Sorting =>
  before.key === key ? { key, descending: !before.descending } : { key, descending: key !== "rank" && key !== "pod" };

const names = new Intl.Collator("en", { numeric: true });

/** Those of which a figure is not known come last, whichever way. */
export function sortEndpoints(endpoints: readonly EndpointDocument[], { key, descending }: Sorting) {
  const turn = descending ? -1 : 1;
  if (key === "pod") return endpoints.toSorted((a, b) => turn * names.compare(a.pod, b.pod));
  const figure = figures[key];
  return endpoints.toSorted((a, b) => {
    const [one, other] = [figure(a), figure(b)];
    if (one === undefined || other === undefined) return Number(one === undefined) - Number(other === undefined);
    return turn * (one - other);
  });
}

/** Which figures a pool's pods report at all. */
export interface Reported {
  readonly requests: boolean;
  readonly errors: boolean;
  readonly response: boolean;
}

export const reportedBy = (endpoints: readonly EndpointDocument[]): Reported => ({
  requests: endpoints.some(({ requestsPerSecond }) => requestsPerSecond !== undefined),
  errors: endpoints.some(({ errorPercent }) => errorPercent !== undefined),
  response: endpoints.some(({ responseMs }) => responseMs !== undefined),
});
