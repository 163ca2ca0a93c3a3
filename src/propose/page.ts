import { ExpositionLine, skipBlanks } from "../observe/sources/exposition-line.ts";
import { parseNumber } from "../observe/sources/exposition-number.ts";

const lineFeed = 0x0a;
const hash = 0x23;
const boundLabel = Buffer.from("le");

/** Of a page, or a document, no more are looked at. */
const mostSeries = 50_000;
const mostNumbers = 5_000;

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric as a page tells it, by the name that its samples have. */
export interface Metric {
  readonly name: string;
  /** As the page says: `counter`, `gauge`, `histogram` …; undefined where it says nothing. */
  readonly type?: string | undefined;
  readonly help: string;
  readonly series: readonly Series[];
  /** Of a number in a JSON document: where it is. */
  readonly pointer?: string;
}

/** Between which bounds a histogram counts, the infinite one left out. */
interface Bounds {
  readonly least: number;
  readonly most: number;
}

/** What a pod tells at one path. */
export interface Page {
  readonly format: "exposition" | "json";
  readonly metrics: ReadonlyMap<string, Metric>;
  /** What has a type and no sample yet, as metrics with labels have before the first request. */
  readonly announced?: ReadonlyMap<string, Metric>;
  /** Of histograms, by their names. */
  readonly bounds?: ReadonlyMap<string, Bounds>;
}

/** What samples of a name belong to: the name that `# TYPE` has for them. */
const bucketSuffix = "_bucket";
const suffixes = ["_total", "_sum", "_count", "_bucket", "_created", "_info"];

// No two parts take the same blanks: a long run of them would be tried in every division.
const comment = /^# +(TYPE|HELP) +(?:"([^"]+)"|(\S+)) +([^ ].*)$/;

interface Described {
  type?: string;
  help?: string;
}

function describedAs(described: ReadonlyMap<string, Described>, name: string): Described {
  const own = described.get(name);
  if (own) return own;
  const suffix = suffixes.find((ending) => name.endsWith(ending));
  return (suffix !== undefined && described.get(name.slice(0, -suffix.length))) || {};
}

interface Collected extends Metric {
  series: Series[];
}

/** Reads the text of Prometheus or OpenMetrics; undefined for what has a line that is none of it, and for no sample at all. */
function readExposition(body: Buffer): Page | undefined {
  const described = new Map<string, Described>();
  const metrics = new Map<string, Collected>();
  const bounds = new Map<string, Bounds>();
  const line = new ExpositionLine();
  let left = mostSeries;
  for (let next = 0; next < body.length && left > 0; ) {
    const from = next;
    const feed = body.indexOf(lineFeed, from);
    const end = feed < 0 ? body.length : feed;
    next = end + 1;
    const at = skipBlanks(body, from, end);
    if (at === end || body[at] === 0x0d) continue;
    if (body[at] === hash) {
      const [, what, quoted, bare, rest] = comment.exec(body.toString("utf8", at, end).trimEnd()) ?? [];
      const name = quoted ?? bare;
      if (name === undefined || rest === undefined) continue;
      const known = described.get(name) ?? {};
      described.set(name, what === "TYPE" ? { ...known, type: rest } : { ...known, help: rest });
      continue;
    }
    if (!line.read(body, at, end)) return undefined;
    const name = Buffer.from(line.name).toString();
    // What a histogram has between its bounds tells nothing of its own, but its bounds may tell its unit.
    if (name.endsWith(bucketSuffix)) {
      const bound = Number(line.valueOf(boundLabel, 32) || Number.NaN);
      const base = name.slice(0, -bucketSuffix.length);
      const { least, most } = bounds.get(base) ?? { least: bound, most: bound };
      if (Number.isFinite(bound)) bounds.set(base, { least: Math.min(least, bound), most: Math.max(most, bound) });
      continue;
    }
    const value = numberAt(body, line.valueFrom, end);
    if (value === undefined) continue;
    left--;
    const known = metrics.get(name);
    const series = { labels: Object.fromEntries(line.labels()), value };
    if (known) known.series.push(series);
    else metrics.set(name, { name, help: "", series: [series] });
  }
  for (const [name, metric] of metrics) metrics.set(name, { ...metric, help: "", ...describedAs(described, name) });
  return metrics.size > 0
    ? { format: "exposition", metrics, bounds, announced: announcedIn(described, metrics) }
    : undefined;
}

/** By the names that their samples would have. */
function announcedIn(described: ReadonlyMap<string, Described>, metrics: ReadonlyMap<string, Metric>) {
  const announced = new Map<string, Metric>();
  for (const [name, { type, help = "" }] of described) {
    const isDistribution = type === "histogram" || type === "summary";
    const names = isDistribution ? [`${name}_sum`, `${name}_count`] : [name];
    const isThere = [name, `${name}_total`, ...names].some((one) => metrics.has(one));
    if (type !== undefined && !isThere)
      for (const one of names) announced.set(one, { name: one, type, help, series: [] });
  }
  return announced;
}

function numberAt(body: Buffer, from: number, end: number): number | undefined {
  let to = from;
  while (to < end && body[to]! > 0x20) to++;
  return parseNumber(body, from, to);
}

const escaped = (key: string): string => key.replaceAll("~", "~0").replaceAll("/", "~1");

/** `openConnections` and `open connections` as `open_connections`. */
const snake = (key: string): string =>
  key
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .toLowerCase();

/** Keys that are names of this very pod, or of something in it: no other pod has the same pointer. */
const isIdentity = (key: string): boolean =>
  /^[0-9a-f]{8}-[0-9a-f]{4}-/i.test(key) ||
  /\d\.\d+\.\d+\.\d/.test(key) ||
  /@/.test(key) ||
  /^[0-9a-f]{12,}$/i.test(key) ||
  (/^[\w-]{20,}$/.test(key) && /\d/.test(key) && /[a-z]/.test(key) && /[A-Z]/.test(key));

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * The numbers of a JSON document, each as a metric by the name that its pointer makes; undefined for what is none. What every
 * object of a list has is one metric with a series for each, as `*` in a pointer adds them up; numbers side by side in a list
 * are no parts of a sum, and left out. So is what is below a key that no other pod has.
 */
function readJson(body: Buffer): Page | undefined {
  let document: unknown;
  try {
    document = JSON.parse(body.toString().replace(/^\uFEFF/, ""));
  } catch {
    return undefined;
  }
  if (typeof document !== "object" || document === null) return undefined;
  const metrics = new Map<string, Collected>();
  /** Pointers to what is a number in some objects of a list alone: a pool could not add it up. */
  const odd = new Set<string>();
  const waiting: [pointer: string, name: string, value: unknown][] = [["", "", document]];
  for (let index = 0; index < waiting.length && index < mostNumbers; index++) {
    const [pointer, name, value] = waiting[index]!;
    if (typeof value === "number") {
      const known = metrics.get(name);
      const series = { labels: {}, value };
      if (!known) metrics.set(name, { name, help: "", pointer, series: [series] });
      else if (known.pointer === pointer) known.series.push(series);
    } else if (Array.isArray(value)) {
      if (value.every(isObject)) for (const element of value) waiting.push([`${pointer}/*`, name, element]);
    } else if (typeof value === "object" && value !== null) {
      for (const [key, below] of Object.entries(value))
        if (!isIdentity(key))
          waiting.push([`${pointer}/${escaped(key)}`, name === "" ? snake(key) : `${name}_${snake(key)}`, below]);
    } else odd.add(pointer);
  }
  for (const [name, { pointer = "" }] of metrics) if (odd.has(pointer)) metrics.delete(name);
  return metrics.size > 0 ? { format: "json", metrics } : undefined;
}

/** What a pod's answer is: undefined where it is neither a page of metrics nor a JSON document with numbers. */
export const readPage = (body: Buffer): Page | undefined =>
  /^\s*[{[]/.test(body.toString("utf8", 0, 64)) ? (readJson(body) ?? readExposition(body)) : readExposition(body);

/** The values of all its series, added up. */
export const sumOf = (metric: Metric | undefined): number | undefined =>
  metric?.series.reduce((sum, { value }) => sum + value, 0);
