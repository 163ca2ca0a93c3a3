import type { FigureName, Known } from "./known.ts";
import { type Metric, type Page, sumOf } from "./page.ts";

/** What names and HELP texts say of a metric of which nobody has told us. */
export interface Guess extends Known {
  readonly score: number;
}

/** The words of a name: of `http_requests_in_flight`, `http`, `requests`, `in`, `flight`. */
const wordsOf = (name: string): string[] =>
  name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replace(/in_?flight/, "inflight")
    .replace(/in_?progress/, "inflight")
    .split(/[^a-z0-9]+/)
    .filter(Boolean);

/** What a word of the name adds to the score. */
type Weights = Readonly<Record<string, number>>;

const weigh = (words: readonly string[], weights: Weights): number =>
  words.reduce((sum, word) => sum + (Object.hasOwn(weights, word) ? weights[word]! : 0), 0);

const each = (score: number, words: string): Weights =>
  Object.fromEntries(words.split(" ").map((word) => [word, score]));

/** Toward those whom the pod serves, rather than toward those whom it asks. */
const side: Weights = {
  ...each(2, "server http downstream frontend inbound ingress incoming listener entrypoint api"),
  ...each(
    -8,
    "upstream backend outbound egress outgoing db database sql jdbc hikaricp hikari dbcp pgx redis mongo mongodb kafka amqp ldap smtp dns sdk",
  ),
  ...each(-4, "pool"),
  ...each(-8, "promhttp scrape scrapes exporter collector metrics metric"),
  ...each(
    -5,
    "admin peer peers raft gossip replication cluster controller workqueue leader lease watch watchers rest reconcile webhook informer grpcclient",
  ),
};

const noGauge: Weights = {
  ...each(
    -8,
    "max maximum limit min idle rejected failed failures errors error closed dropped refused timeout timeouts lost denied",
  ),
  ...each(
    -8,
    "duration seconds milliseconds ms bytes size ratio percent created timestamp age lifetime config info memory heap mean avg average rate threshold peak high highest watermark",
  ),
  ...each(
    -6,
    "gc jvm goroutines threads goroutine process python nodejs fds handles handle resources queue queued waiting pending length consumers exchanges",
  ),
};

const connectionNouns: Weights = {
  ...each(
    6,
    "connections connection conns conn sessions session clients websockets websocket sockets streams subscribers viewers players users",
  ),
  ...each(
    3,
    "requests request reqs req rq calls rpcs jobs tasks workers worker slots processes transactions operations",
  ),
};

const now: Weights = each(
  5,
  "active open opened current currently established concurrent connected inflight running processing busy live used",
);

const nowHelp =
  /\b(current(ly)?|right now|in[ -]flight|in[ -]progress|active|open|being (processed|handled|served)|concurrent)\b/i;

const isCounter = ({ name, type }: Metric): boolean =>
  type === "counter" || (type === undefined && /_total$/.test(name));

const isGauge = ({ name, type, pointer }: Metric): boolean =>
  type === "gauge" ||
  type === "updowncounter" ||
  (pointer === undefined &&
    (type === undefined || type === "untyped" || type === "unknown") &&
    !/_(total|sum|count|created)$/.test(name)) ||
  pointer !== undefined;

/** Values of a label by which a gauge tells what is under way from what is not. */
const activeStates = [
  "active",
  "busy",
  "in_use",
  "inuse",
  "used",
  "running",
  "open",
  "established",
  "current",
  "processing",
  "working",
];
const stateLabels = ["state", "status", "type", "kind", "conn_type"];

/** The label that tells what is under way; undefined where all of the series count. */
function activeState(metric: Metric): Readonly<Record<string, string>> | undefined {
  for (const label of stateLabels) {
    const values = new Set(metric.series.flatMap(({ labels }) => labels[label] ?? []));
    const active = activeStates.find((state) => values.has(state));
    if (active !== undefined && values.size > 1) return { [label]: active };
  }
  return undefined;
}

const helpOf = ({ help }: Metric): string => {
  const line = help.trim().replace(/\.$/, "");
  return line === "" ? "by its name" : `“${line.slice(0, 90)}”`;
};

const enough = 7;

function connections(page: Page): Guess[] {
  const guesses: Guess[] = [];
  for (const metric of page.metrics.values()) {
    if (!isGauge(metric)) continue;
    const words = wordsOf(metric.name);
    const noun = Math.max(0, ...words.map((word) => connectionNouns[word] ?? 0));
    if (noun === 0) continue;
    const state = activeState(metric);
    const score =
      noun +
      (words.at(-1) === "connections" ? 1 : 0) +
      Math.min(5, weigh(words, now)) +
      (state ? 4 : 0) +
      weigh(words, side) +
      weigh(words, noGauge) +
      (words.includes("client") ? -8 : 0) +
      (nowHelp.test(metric.help) ? 2 : 0) +
      (/\b(maximum|limit|capacity|configured)\b/i.test(metric.help) ? -5 : 0) +
      (words.includes("total") && metric.type !== "gauge" ? -8 : 0);
    if (score >= enough)
      guesses.push({ name: metric.name, why: helpOf(metric), ...(state && { matchLabels: state }), score });
  }
  return [...guesses, ...startedLessEnded(page)];
}

const begun = /(^|_)(started|opened|accepted|received|begun|established)(_total)?$/;
const ended = ["handled", "completed", "finished", "closed", "ended", "processed", "done"];

/** Two counters, of what began and of what has ended. */
function startedLessEnded(page: Page): Guess[] {
  const guesses: Guess[] = [];
  for (const metric of page.metrics.values()) {
    const match = begun.exec(metric.name);
    if (!match || !isCounter(metric)) continue;
    const other = ended
      .map((word) => metric.name.replace(begun, `$1${word}$3`))
      .map((name) => page.metrics.get(name))
      .find((found) => found !== undefined && isCounter(found));
    const words = wordsOf(metric.name);
    const score = Math.max(0, ...words.map((word) => connectionNouns[word] ?? 0)) + weigh(words, side) + 4;
    if (other && score >= enough)
      guesses.push({
        name: metric.name,
        minus: other.name,
        why: "what has begun less what has ended is in hand",
        score,
      });
  }
  return guesses;
}

const busyWord = /(^|_)(busy|active|used|in_use|inuse|current|running)(_|$)/;

/** What a program says that it may have at most: by a name that differs from the gauge's in the word alone. */
function limitOf(page: Page, metric: Metric): Metric | undefined {
  const { name } = metric;
  const limits = ["max", "limit", "config_max", "capacity", "maximum"];
  const names = limits.flatMap((limit) => [
    name.replace(busyWord, `$1${limit}$3`),
    name.replace(busyWord, `$1`).replace(/_$/, "").concat(`_${limit}`),
    `${name}_${limit}`,
    name.replace(/([a-z]+)$/, `${limit}_$1`),
    name.replace(busyWord, `$1${limit}$3`).replace(/busy_|active_/, ""),
  ]);
  return names
    .filter((candidate) => candidate !== name)
    .map((candidate) => page.metrics.get(candidate))
    .find((found) => found !== undefined && isGauge(found) && (sumOf(found) ?? 0) > 0);
}

const shareWords: Weights = {
  ...each(6, "utilization utilisation usage saturation load occupancy busy"),
  ...each(4, "ratio percent percentage perc pct fraction"),
  ...each(2, "cpu worker workers threads slots cache gpu kv"),
  ...each(
    -8,
    "memory disk hit hits error errors success fail idle free bytes seconds network swap filesystem limit max reload reloads mem rss heap average1m",
  ),
};

const percentHelp = /\b(percent|percentage|0 ?(-|–|to) ?100)\b|%/i;
const shareHelp = /\b(ratio|fraction|share|0(\.0)? ?(-|–|to|and) ?1(\.0)?)\b/i;

function load(page: Page): Guess[] {
  const guesses: Guess[] = [];
  for (const metric of page.metrics.values()) {
    if (!isGauge(metric)) continue;
    const words = wordsOf(metric.name);
    const base = weigh(words, side) + (words.includes("client") ? -8 : 0);
    const limit = busyWord.test(metric.name) || weigh(words, connectionNouns) > 0 ? limitOf(page, metric) : undefined;
    if (limit && weigh(words, { ...each(-9, "max limit idle bytes memory db hikaricp jdbc fds") }) === 0 && base > -5)
      guesses.push({ name: metric.name, capacity: { of: limit.name }, why: `of ${limit.name}`, score: 10 + base });
    const isPercent = words.some((word) => /^(percent|percentage|pct)$/.test(word)) || percentHelp.test(metric.help);
    const isShare =
      !isPercent &&
      (words.some((word) => /^(ratio|fraction|perc|utilization|utilisation)$/.test(word)) ||
        shareHelp.test(metric.help));
    const score = weigh(words, shareWords) + base + (isPercent || isShare ? 2 : 0);
    const most = Math.max(0, ...metric.series.map(({ value }) => value));
    if (score >= enough && (isPercent || (isShare && most <= 1.5)) && metric.series.length === 1)
      guesses.push({ name: metric.name, capacity: isPercent ? "100" : "1", why: helpOf(metric), score });
  }
  return guesses;
}

const timeWords: Weights = {
  ...each(4, "duration latency time handling"),
  ...each(
    4,
    "request requests http rpc grpc response responses handler call calls e2e invocation invocations query queries command commands",
  ),
  ...each(1, "seconds milliseconds"),
  ...each(
    -8,
    "gc client wal fsync disk compaction lock scheduler startup connect tls handshake size bytes token tokens ttft first queue wait waiting cache sleep pause age idle lag render dns commit snapshot flush authentication authorization attestation start uptime inter active",
  ),
};

/** Names of what has a sum and a count. */
const timesOf = (page: Page): string[] =>
  [...page.metrics.keys()].flatMap((name) =>
    name.endsWith("_sum") && page.metrics.has(`${name.slice(0, -4)}_count`) ? [name.slice(0, -4)] : [],
  );

function unitOf(name: string, help: string): "Milliseconds" | undefined {
  if (/_(ms|millis|milliseconds)(_|$)/.test(name)) return "Milliseconds";
  if (/_seconds(_|$)/.test(name)) return undefined;
  return /\b(milliseconds|ms)\b/i.test(help) ? "Milliseconds" : undefined;
}

function responseTime(page: Page): Guess[] {
  return timesOf(page).flatMap((name) => {
    const sum = page.metrics.get(`${name}_sum`)!;
    const words = wordsOf(name);
    const score = weigh(words, timeWords) + weigh(words, side);
    const unit = unitOf(name, sum.help);
    const why =
      unit === undefined && !/seconds/.test(`${name} ${sum.help}`)
        ? `${helpOf(sum)}; its unit is taken for seconds`
        : helpOf(sum);
    return score >= enough ? [{ name, why, ...(unit && { unit }), score }] : [];
  });
}

const requestWords: Weights = {
  ...each(6, "requests request reqs queries commands calls rpcs messages transactions"),
  ...each(3, "handled completed served processed"),
  ...each(
    -8,
    "failed failures errors error dropped rejected bytes seconds size retries retry cache hits misses started",
  ),
};

function requests(page: Page): Guess[] {
  return [...page.metrics.values()].flatMap((metric) => {
    if (!isCounter(metric) && metric.type !== undefined) return [];
    if (metric.pointer === undefined && !isCounter(metric)) return [];
    const words = wordsOf(metric.name);
    const score =
      weigh(words, requestWords) +
      weigh(words, side) +
      (words.includes("client") ? -8 : 0) +
      (words.includes("total") ? 1 : 0) +
      (metric.pointer !== undefined && !words.includes("total") ? -3 : 0);
    return score >= enough ? [{ name: metric.name, why: helpOf(metric), score }] : [];
  });
}

const errorWords: Weights = {
  ...each(5, "errors error failed failures failure exceptions 5xx"),
  ...each(3, "requests request http responses response rpc handler queries commands"),
  ...each(-8, "client gc dns reload config parse read write disk scrape auth login bytes seconds 4xx"),
};

const failing = new Set("errors error failed failures failure exceptions 5xx".split(" "));

/** Errors among what a metric counts: a name that adds nothing to it but that they failed. */
export function errorsOf(page: Page, of: string): Guess[] {
  const counted = wordsOf(of);
  return [...page.metrics.values()].flatMap((metric) => {
    if (!isCounter(metric)) return [];
    const words = wordsOf(metric.name);
    const isOfThem = words.every((word) => failing.has(word) || word === "total" || counted.includes(word));
    const score =
      isOfThem && words.some((word) => failing.has(word)) ? weigh(words, errorWords) + weigh(words, side) + 4 : 0;
    return score >= enough ? [{ name: metric.name, why: helpOf(metric), score }] : [];
  });
}

const codeLabels = [
  "code",
  "status",
  "status_code",
  "http_status_code",
  "http_response_status_code",
  "response_code",
  "statusCode",
  "http_status",
  "status_class",
  "class",
];

/** The label of a counter of requests that tells which of them failed, and how it says so. */
export function failuresOf(
  metric: Metric | undefined,
  grpcFaults: string,
): Pick<Known, "matchLabels" | "match"> | undefined {
  if (!metric) return undefined;
  const valuesOf = (label: string) => new Set(metric.series.flatMap(({ labels }) => labels[label] ?? []));
  const names = new Set(metric.series.flatMap(({ labels }) => Object.keys(labels)));
  const called = (word: string) => [...names].find((name) => name.replaceAll(".", "_") === word) ?? word;
  for (const label of ["grpc_code", "rpc_grpc_status_code", "grpc_status"].map(called)) {
    const values = valuesOf(label);
    if (values.size > 0)
      return { match: { [label]: [...values].some((value) => /^\d+$/.test(value)) ? "2|4|13|14|15" : grpcFaults } };
  }
  for (const label of codeLabels.map(called)) {
    const values = [...valuesOf(label)];
    if (values.length === 0) continue;
    if (values.every((value) => /^[1-5][0-9]{2}$/.test(value))) return { match: { [label]: "5.." } };
    if (values.every((value) => /^[1-5]xx$/i.test(value)))
      return { matchLabels: { [label]: values.some((value) => value.endsWith("X")) ? "5XX" : "5xx" } };
    if (values.every((value) => /^[1-5]$/.test(value))) return { matchLabels: { [label]: "5" } };
    if (values.some((value) => /^(error|failure|failed|fail)$/i.test(value)))
      return { matchLabels: { [label]: values.find((value) => /^(error|failure|failed|fail)$/i.test(value))! } };
  }
  return undefined;
}

const guessers = { connections, load, requests, responseTime };

/** What may tell a figure, likeliest first; of equals the shortest name, which tells of more. */
export const guess = (figure: Exclude<FigureName, "errors">, page: Page): readonly Guess[] =>
  guessers[figure](page).sort(
    (a, b) => b.score - a.score || a.name.length - b.name.length || (a.name < b.name ? -1 : 1),
  );
