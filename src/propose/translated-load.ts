import { isCounter } from "./guess-words.ts";
import type { Page } from "./page.ts";
import { asCapacity, type Found, type Recognised } from "./recognise.ts";
import type { WantedLoad } from "./translate.ts";
import type { NotedField } from "./tree.ts";

/** How a pool would read what another autoscaler goes by. */
export type TranslatedLoad =
  /** Of a page of the pods. */
  | { readonly kind: "page"; readonly recognised: Recognised; readonly maxAverageLoad: number }
  /** By another source, in place of what the pods tell. */
  | { readonly kind: "source"; readonly metrics: NotedField; readonly maxAverageLoad: number };

/** The metric of the page that a name means: itself, or the counter of which it is the rate. */
function onPage(name: string, page: Page): Pick<Found, "known" | "at"> | undefined {
  const base = name.replace(/_per_second$|_rate$/, "");
  for (const candidate of [name, `${base}_total`, base]) {
    const metric = page.metrics.get(candidate);
    if (!metric) continue;
    const why = candidate === name ? "what it scaled by" : `${name} is its rate`;
    const known = { name: candidate, why, ...(isCounter(metric) && { rate: true as const }) };
    return { known, at: { name: metric.pointer ?? candidate } };
  }
  return undefined;
}

/** The metrics that PromQL names, words of its own left out. */
const namesIn = (expr: string): string[] =>
  [...expr.replace(/"[^"]*"/g, "").matchAll(/[a-zA-Z_:][a-zA-Z0-9_:]*(?=\s*(\{|\[|\)|$))/g)].map(([name]) => name);

const queried = (expr: string, value: number, note: readonly string[]): TranslatedLoad => ({
  kind: "source",
  maxAverageLoad: 100,
  metrics: {
    key: "metrics",
    value: [
      { key: "interval", value: "15s" },
      {
        key: "source",
        value: [
          {
            key: "query",
            value: [
              {
                key: "load",
                value: [
                  { key: "expr", value: expr },
                  { key: "capacity", value: asCapacity(value) ?? "100" },
                ],
              },
            ],
            note,
          },
        ],
      },
    ],
  },
});

/** Takes what is on the pods' page from there, and the rest from where it was. */
export function translateLoad(
  wanted: WantedLoad,
  page: { readonly page: Page; readonly recognised: Recognised } | undefined,
): TranslatedLoad {
  if (wanted.kind === "resource") {
    const { name, container, utilization, value } = wanted;
    return {
      kind: "source",
      maxAverageLoad: value === undefined ? Math.min(1_000, utilization ?? 80) : 100,
      metrics: {
        key: "metrics",
        value: [
          { key: "interval", value: "15s" },
          {
            key: "source",
            value: [
              {
                key: "resource",
                value: [
                  { key: "name", value: name },
                  ...(container === undefined ? [] : [{ key: "container", value: container }]),
                  ...(value === undefined ? [] : [{ key: "capacity", value }]),
                ],
              },
            ],
            note: [
              "As it is now, from the metrics API. What the pods tell of themselves is newer: see docs/sources.md.",
            ],
          },
        ],
      },
    };
  }
  const names = wanted.kind === "pods" ? [wanted.metric] : namesIn(wanted.expr);
  const found = page && names.map((name) => onPage(name, page.page)).find((one) => one !== undefined);
  const capacity = asCapacity(wanted.value);
  if (page && found && capacity !== undefined) {
    const load: Found = {
      ...found,
      why: found.known.why,
      others: [],
      capacity: { value: capacity, why: "Its threshold" },
    };
    const recognised = { ...page.recognised, found: { ...page.recognised.found, load } };
    return { kind: "page", recognised, maxAverageLoad: 100 };
  }
  const needs = "The operator needs --query-address for it.";
  return wanted.kind === "pods"
    ? queried(`sum by (pod) (${wanted.metric})`, wanted.value, [
        `${wanted.metric} is not on the pods' page: it is asked of Prometheus. ${needs}`,
      ])
    : queried(wanted.expr, wanted.value, [
        `Must have one series for each pod, by its label pod, such as sum by (pod) (…). ${needs}`,
      ]);
}
