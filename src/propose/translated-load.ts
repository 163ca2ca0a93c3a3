import { judgePattern } from "../api/sources/pattern.ts";
import { isCumulative } from "./guess-words.ts";
import type { Metric, Page } from "./page.ts";
import { asCapacity, type Found, type Recognised } from "./recognise.ts";
import { readSimpleQuery, type SimpleQuery } from "./simple-query.ts";
import type { Translated, WantedLoad } from "./translate.ts";
import type { NotedField } from "./tree.ts";

/** How a pool would read what another autoscaler goes by. */
export type TranslatedLoad =
  /** Of a page of the pods. */
  | { readonly kind: "page"; readonly recognised: Recognised; readonly maxAverageLoad: number }
  /** By another source, in place of what the pods tell. */
  | {
      readonly kind: "source";
      readonly metrics: NotedField;
      readonly intervalSeconds: number;
      readonly maxAverageLoad: number;
    };

/** Where a page tells a load, with the labels by which it is found. */
type OnPage = Pick<Found, "known" | "at" | "matchLabels" | "match">;

const place = ({ name, pointer }: Metric): OnPage["at"] => ({ name: pointer ?? name });

/** The metric of the page that a name means: itself, or the counter of which it is the rate. */
function named(name: string, page: Page): OnPage | undefined {
  const own = page.metrics.get(name);
  if (own)
    return {
      known: { name, why: "what it scaled by", ...(isCumulative(own, page) && { rate: true as const }) },
      at: place(own),
    };
  // Prometheus Adapter takes `_total` off a counter and tells its rate by what is left.
  const base = name.replace(/_per_second$|_rate$/, "");
  for (const candidate of [`${base}_total`, base]) {
    const metric = page.metrics.get(candidate);
    if (!metric || !isCumulative(metric, page)) continue;
    return { known: { name: candidate, why: `${name} is its rate`, rate: true }, at: place(metric) };
  }
  return undefined;
}

/** Bounds of `matchLabels` and `match`. */
const mostLabels = 16;
const longestLabel = 200;

/**
 * The labels of a query as a pool has them; undefined where it cannot. Those that no series of the page has were added where
 * it was scraped.
 */
function labelsOf(
  { matchers }: SimpleQuery,
  metric: Metric,
): (Omit<OnPage, "known" | "at"> & { added: string[] }) | undefined {
  const isOwn = (label: string) => metric.series.some(({ labels }) => labels[label] !== undefined);
  const own = matchers.filter(({ label }) => isOwn(label));
  const added = matchers.filter(({ label }) => !isOwn(label)).map(({ label }) => label);
  const fits = own.every(
    ({ op, value }) => value.length <= longestLabel && (op === "=" ? value !== "" : judgePattern(value) === "compiled"),
  );
  if (!fits || own.length > mostLabels) return undefined;
  const by = (wanted: string) => own.filter(({ op }) => op === wanted).map(({ label, value }) => [label, value]);
  const [equal, like] = [by("="), by("=~")];
  return {
    added,
    ...(equal.length > 0 && { matchLabels: Object.fromEntries(equal) }),
    ...(like.length > 0 && { match: Object.fromEntries(like) }),
  };
}

/** The metric of the page that tells what a query asks for; undefined where the page does not tell just that. */
function asked(expr: string, page: Page): OnPage | undefined {
  const query = readSimpleQuery(expr);
  const metric = query && page.metrics.get(query.metric);
  if (!query || !metric || query.isRate !== isCumulative(metric, page)) return undefined;
  const labels = labelsOf(query, metric);
  if (!labels) return undefined;
  const { added, ...kept } = labels;
  const without = added.length > 0 ? `; scraping adds ${added.join(", ")}, which the page does not have` : "";
  const why = `what it scaled by${without}`;
  return {
    known: { name: metric.name, why, ...(query.isRate && { rate: true as const }) },
    at: place(metric),
    ...kept,
  };
}

const intervalOf = (seconds: number, note: readonly string[] | undefined): NotedField => ({
  key: "interval",
  value: `${seconds}s`,
  note,
});

interface Late {
  readonly seconds: number;
  readonly note?: readonly string[] | undefined;
}

const queried = (expr: string, value: number, late: Late, note: readonly string[]): TranslatedLoad => ({
  kind: "source",
  intervalSeconds: late.seconds,
  maxAverageLoad: 100,
  metrics: {
    key: "metrics",
    value: [
      intervalOf(late.seconds, late.note),
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
  polling?: Translated["polling"],
): TranslatedLoad {
  // metrics.k8s.io is asked every 5 s at most.
  const late: Late = polling
    ? { seconds: Math.min(3_600, Math.max(5, polling.seconds)), note: [polling.note] }
    : { seconds: 15 };
  if (wanted.kind === "resource") {
    const { name, container, utilization, value } = wanted;
    return {
      kind: "source",
      intervalSeconds: late.seconds,
      maxAverageLoad: value === undefined ? Math.min(1_000, utilization ?? 80) : 100,
      metrics: {
        key: "metrics",
        value: [
          intervalOf(late.seconds, late.note),
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
              "As it is now, from the metrics API. What the pods report themselves is newer: see docs/sources.md.",
            ],
          },
        ],
      },
    };
  }
  const found = page && (wanted.kind === "pods" ? named(wanted.metric, page.page) : asked(wanted.expr, page.page));
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
    ? queried(`sum by (pod) (${wanted.metric})`, wanted.value, late, [
        `${wanted.metric} is not on the pods' page: it is asked of Prometheus. ${needs}`,
      ])
    : queried(wanted.expr, wanted.value, late, [
        `Must have one series for each pod, by its label pod, such as sum by (pod) (…). ${needs}`,
      ]);
}
