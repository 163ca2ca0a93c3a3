import { defined } from "../api/defined.ts";
import { guess } from "./guess.ts";
import { errorsOf, failuresOf } from "./guess-counts.ts";
import { isCounter } from "./guess-words.ts";
import { type FigureName, figures, grpcFaults, type KnownFigure, type KnownProgram } from "./known.ts";
import { type Labelled, leaveOut } from "./own.ts";
import { type Page, sumOf } from "./page.ts";
import { recognisePrograms } from "./programs/programs.ts";

/** A figure that a page tells, with the reason. */
export interface Found {
  readonly known: KnownFigure;
  /** Where in the page: names of metrics, or pointers. */
  readonly at: { readonly name: string; readonly minus?: string };
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly match?: Readonly<Record<string, string>>;
  /** What 100 % is, and who says so; absent where nobody does. */
  readonly capacity?: { readonly value: string; readonly why?: string };
  /** Processor time: 100 % is what the container may have. */
  readonly isProcessorTime?: true;
  readonly why: string;
  /** Others that could have been meant, likeliest first. */
  readonly others: readonly string[];
}

export interface Recognised {
  readonly format: Page["format"];
  /** What runs there, as far as the page shows it. */
  readonly programs: readonly string[];
  readonly found: Readonly<Partial<Record<FigureName, Found>>>;
  readonly notes: readonly string[];
}

/** What programs keep for themselves. */
const housekeeping =
  /^(admin|stats?|metrics|prometheus|envoy_prometheus_metrics|healthz?|readiness|liveness|ping|internal|traefik|GLOBAL)(_|-|$)/i;

/** The labels that leave out what a program keeps for itself; undefined where there is nothing to leave out. */
const ownOf = ({ name, own }: KnownFigure, page: Page): Labelled | undefined =>
  own === undefined ? {} : leaveOut(page.metrics.get(name), own, housekeeping);

/** Whether a series of such labels is one that counts. */
const fitsOf =
  ({ matchLabels = {}, match = {} }: Labelled) =>
  (labels: Readonly<Record<string, string>>): boolean =>
    Object.entries(matchLabels).every(([label, value]) => labels[label] === value) &&
    Object.entries(match).every(([label, pattern]) => new RegExp(`^(${pattern})$`).test(labels[label] ?? ""));

const isThere = (figure: FigureName, { name }: KnownFigure, page: Page): boolean =>
  figure === "responseTime"
    ? page.metrics.has(`${name}_sum`) && page.metrics.has(`${name}_count`)
    : page.metrics.has(name);

/** Whether some series has the labels by which a program is said to tell a figure. */
function hasLabels({ name, matchLabels, match }: KnownFigure, page: Page): boolean {
  const wanted = Object.keys({ ...matchLabels, ...match });
  const series = page.metrics.get(name)?.series ?? [];
  return wanted.every((label) => series.some(({ labels }) => labels[label] !== undefined));
}

const seriesOf = (page: Page, name: string, labels: Readonly<Record<string, string>> = {}) =>
  page.metrics
    .get(name)
    ?.series.filter((series) => Object.entries(labels).every(([label, value]) => series.labels[label] === value)) ?? [];

/** A number as a pool writes it; undefined for what is no capacity. */
export function asCapacity(value: number): string | undefined {
  if (!(value > 0) || value >= 1e9) return undefined;
  const rounded = Number(value.toFixed(6));
  return rounded > 0 ? String(rounded) : undefined;
}

/** What a constant is of each series is so many times as much of all, whose values are added up. */
function timesSeries(constant: string, count: number): Found["capacity"] {
  if (count <= 1) return { value: constant };
  return {
    value: String(Number(constant) * count),
    why: `${constant} for each of the ${count} series that the pod had, which are added up`,
  };
}

function capacityOf(
  { name, capacity }: KnownFigure,
  page: Page,
  fits: (labels: Readonly<Record<string, string>>) => boolean,
): Found["capacity"] | undefined {
  if (typeof capacity === "string")
    return timesSeries(capacity, page.metrics.get(name)?.series.filter(({ labels }) => fits(labels)).length ?? 0);
  if (capacity === undefined || "ask" in capacity) return undefined;
  const limits = seriesOf(page, capacity.of, capacity.matchLabels);
  const value = asCapacity(limits.reduce((sum, { value: one }) => sum + one, 0));
  return value === undefined ? undefined : { value, why: `${capacity.of} is ${value} on the pod that was read` };
}

function take(figure: FigureName, known: KnownFigure, page: Page, others: readonly string[]): Found | undefined {
  if (!isThere(figure, known, page)) return undefined;
  if (figure !== "responseTime" && !hasLabels(known, page)) return undefined;
  if (known.isSingle && (page.metrics.get(known.name)?.series.length ?? 0) > 1) return undefined;
  const own = ownOf(figure === "responseTime" ? { ...known, name: `${known.name}_count` } : known, page);
  if (!own) return undefined;
  const matchLabels = { ...known.matchLabels, ...own.matchLabels };
  const match = { ...known.match, ...own.match };
  const capacity = figure === "load" ? capacityOf(known, page, fitsOf({ matchLabels, match })) : undefined;
  // What says of itself that it is a part of something is a load only where that is known.
  if (figure === "load" && known.rate === undefined && known.capacity !== undefined && !capacity) return undefined;
  const at = (name: string): string => page.metrics.get(name)?.pointer ?? name;
  return {
    known,
    at: { name: at(known.name), ...(known.minus !== undefined && { minus: at(known.minus) }) },
    ...(Object.keys(matchLabels).length > 0 && { matchLabels }),
    ...(Object.keys(match).length > 0 && { match }),
    ...defined({ capacity }),
    ...(known.rate && known.capacity === undefined && { isProcessorTime: true as const }),
    why: known.why,
    others,
  };
}

/** Processor time as client libraries tell it of their own process, some of them behind the name of the program. */
function processorTime(page: Page): KnownFigure | undefined {
  const names = [...page.metrics.values()]
    .filter((metric) => isCounter(metric) && /^([a-z0-9]+_)?process_cpu_seconds(_total)?$/.test(metric.name))
    .map(({ name }) => name);
  const name = names.find((one) => one.startsWith("process_")) ?? (names.length === 1 ? names[0] : undefined);
  return name === undefined ? undefined : { name, rate: true, why: "CPU time of the process, in seconds per second" };
}

/** The JMX exporter in the program's own JVM, whose processor time is that of the program. */
const isAgent = ({ metrics }: Page): boolean =>
  metrics.get("jmx_exporter_build_info")?.series.some(({ labels }) => /javaagent/.test(labels.name ?? "")) ?? false;

const isExporterPage = (page: Page): boolean =>
  !isAgent(page) &&
  [...page.metrics.keys()].some(
    (name) =>
      /(^|_)exporter_(build_info|last_scrape|scrapes?|version)(_|$)|^(?!otelcol_)[a-z]+_exporter_(?!info$)/.test(
        name,
      ) || /^[a-z]+_up$/.test(name),
  );

/** The part of a page that no program accounts for whole: all of it, nothing, or what is not a sidecar's. */
function unknownPart(page: Page, programs: readonly KnownProgram[]): Page {
  const whole = programs.find(({ isWhole }) => isWhole);
  if (!whole) return page;
  const { beside } = whole;
  const metrics = [...page.metrics].filter(([name]) => beside !== undefined && !beside.test(name));
  return { ...page, metrics: new Map(metrics) };
}

function find(figure: Exclude<FigureName, "errors">, page: Page, programs: readonly KnownProgram[]): Found | undefined {
  const guesses = guess(figure, unknownPart(page, programs));
  const named = programs.flatMap((program) =>
    (program[figure] ?? []).flatMap((known) => take(figure, known, page, []) ?? []),
  );
  const all = [...named, ...guesses.flatMap((known) => take(figure, known, page, []) ?? [])];
  const [first] = all;
  if (!first) return undefined;
  const others = [...new Set(all.map(({ at }) => at.name))].filter((name) => name !== first.at.name).slice(0, 3);
  return { ...first, others };
}

/** Errors are those of the requests that are counted; a counter of others would be no share of them. */
function findErrors(
  page: Page,
  programs: readonly KnownProgram[],
  { requests, responseTime }: Partial<Record<FigureName, Found>>,
): { readonly errors: Found; readonly of?: "requests" } | undefined {
  const takeOne = (known: KnownFigure): Found | undefined => take("errors", known, page, []);
  const counts = responseTime && `${responseTime.known.name}_count`;
  const [named] = programs.flatMap((program) => (program.errors ?? []).flatMap((known) => takeOne(known) ?? []));
  if (named && (counts ?? requests))
    return { errors: named, ...(requests && named.known.name !== counts && { of: "requests" as const }) };
  for (const name of [counts, requests?.known.name]) {
    const labels = name === undefined ? undefined : failuresOf(page.metrics.get(name), grpcFaults);
    const found =
      labels &&
      takeOne({
        name: name!,
        why: `requests that failed, by their ${Object.keys({ ...labels?.matchLabels, ...labels?.match }).join()}`,
        ...labels,
      });
    if (found) return { errors: found, ...(name !== counts && { of: "requests" }) };
  }
  for (const name of [counts, requests?.known.name]) {
    const [guessed] = name === undefined ? [] : errorsOf(page, name).sort((a, b) => b.score - a.score);
    const found = guessed && takeOne(guessed);
    if (found) return { errors: found, ...(name !== counts && { of: "requests" }) };
  }
  return undefined;
}

/** Exporters that say of themselves that what they tell of cannot be reached. */
const notesOnDown = (page: Page): string[] =>
  [...page.metrics.values()].flatMap(({ name, series }) =>
    /^[a-z]+_up$/.test(name) && series.some(({ value }) => value === 0)
      ? [`${name} is 0: the exporter cannot reach its target, so its page holds less than usual.`]
      : [],
  );

/** Figures that a page announces, and has no samples of before the first request. */
function notesOnSilence(
  { format, announced }: Page,
  programs: readonly KnownProgram[],
  found: Partial<Record<FigureName, Found>>,
): string[] {
  if (!announced || programs.some(({ isWhole }) => isWhole)) return [];
  const called = { connections: "connections", responseTime: "the response time" } as const;
  return (["connections", "responseTime"] as const).flatMap((figure) => {
    const first = found[figure] ? undefined : find(figure, { format, metrics: announced }, programs);
    return first
      ? [
          `${first.at.name} has no samples yet: after the first requests it would be ${called[figure]}. Run init again then.`,
        ]
      : [];
  });
}

/** What a page tells that a pool may go by. */
export function recognise(page: Page): Recognised {
  const names = [...page.metrics.keys()];
  const { programs, runtime } = recognisePrograms(names);
  const isExporter = programs.some((program) => program.isExporter) || isExporterPage(page);
  const found: Partial<Record<FigureName, Found>> = {};
  for (const figure of figures) {
    if (figure === "errors") continue;
    const one = find(figure, page, programs);
    if (one) found[figure] = one;
  }
  if (!found.load && !isExporter) {
    const known = processorTime(page);
    const time = known && take("load", known, page, []);
    if (time) found.load = time;
  }
  const failures = findErrors(page, programs, found);
  if (failures) found.errors = failures.errors;
  // The count of response times is one of requests already, unless errors are a share of others.
  const isNamed = programs.some(({ requests }) => requests?.some(({ name }) => name === found.requests?.known.name));
  if (found.responseTime && !isNamed && failures?.of !== "requests") delete found.requests;
  return {
    format: page.format,
    programs: [...programs.map(({ program }) => program), ...(runtime === undefined ? [] : [runtime])],
    found,
    notes: [
      ...programs.flatMap(({ note }) => note ?? []),
      ...notesOnDown(page),
      ...notesOnSilence(page, programs, found),
      ...Object.values(found).flatMap(({ known: { minus } }) =>
        minus !== undefined && !page.metrics.has(minus)
          ? [`${minus} is not on the page yet: a pod is measured once it is, after its first call has ended.`]
          : [],
      ),
    ],
  };
}

/** What a gauge, or the difference of two counters, is at; undefined where the page does not tell it. */
export function readingOf(found: Found, page: Page): number | undefined {
  const fits = fitsOf(found);
  const metric = page.metrics.get(found.known.name);
  if (!metric) return undefined;
  const sum = sumOf({ ...metric, series: metric.series.filter(({ labels }) => fits(labels)) });
  const less = found.known.minus === undefined ? 0 : (sumOf(page.metrics.get(found.known.minus)) ?? 0);
  return sum === undefined ? undefined : sum - less;
}
