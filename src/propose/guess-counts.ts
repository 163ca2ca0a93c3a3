import {
  asksOthers,
  each,
  enough,
  type Guess,
  helpOf,
  isCounter,
  productOf,
  sideOf,
  type Weights,
  weigh,
  wordsOf,
} from "./guess-words.ts";
import type { KnownFigure } from "./known.ts";
import { labelNamesOf } from "./own.ts";
import { type Metric, type Page, sumOf } from "./page.ts";

const answered: Weights = each(
  4,
  "request requests req http rpc grpc response responses handler call calls e2e invocation invocations query queries command commands",
);

const timeWords: Weights = {
  ...answered,
  ...each(4, "duration latency time handling"),
  ...each(3, "seconds milliseconds ms"),
  ...each(
    -8,
    "gc client apply backend wal fsync disk compaction batch lock scheduler startup connect tls handshake size bytes token tokens ttft first queue wait waiting cache sleep pause age idle lag render dns s3 gcs blob storage commit snapshot flush authentication authorization authn authz delegated attestation start uptime inter active",
  ),
};

/** Names of what has a sum and a count. */
const timesOf = (page: Page): string[] =>
  [...page.metrics.keys()].flatMap((name) =>
    name.endsWith("_sum") && page.metrics.has(`${name.slice(0, -4)}_count`) ? [name.slice(0, -4)] : [],
  );

type Unit = "Milliseconds" | "Seconds";

/** What a name says that a time is told in, by its last word for that: `ms` may also be a part of what a program is called. */
function unitInName(words: readonly string[]): Unit | "finer" | undefined {
  for (const word of words.toReversed()) {
    if (/^(us|micros|microseconds|usecs?|ns|nanos|nanoseconds)$/.test(word)) return "finer";
    if (/^(ms|msecs?|millis|milliseconds)$/.test(word)) return "Milliseconds";
    if (/^(s|secs?|seconds)$/.test(word)) return "Seconds";
  }
  return undefined;
}

/** Go-metrics, which Consul, Nomad and Vault have, counts in milliseconds, and says so nowhere. */
const isGoMetrics = ({ metrics }: Page): boolean =>
  [...metrics.keys()].some((name) => name.includes("_runtime_num_goroutines"));

/** In what a time is told whose name does not say it; undefined where nothing else does. */
function unitOf(page: Page, name: string, help: string, hasGoMetrics: () => boolean): Unit | undefined {
  if (name.includes("opencensus")) return "Milliseconds";
  if (/\b(milliseconds?|millis|ms)\b/i.test(help)) return "Milliseconds";
  if (/\b(seconds?|secs)\b/i.test(help)) return "Seconds";
  // By OpenTelemetry's conventions, whatever its bounds: its default ones fit milliseconds.
  if (/(^|_)(http_server_request|rpc_server_call)_duration$/.test(name.replaceAll(".", "_"))) return "Seconds";
  const { least, most } = page.bounds?.get(name) ?? { least: 0, most: 0 };
  // From a few thousandths to some seconds, or from a few milliseconds to some thousands.
  if (least > 0 && least < 0.5 && most <= 300) return "Seconds";
  if ((least === 0 || least >= 0.5) && most >= 500 && most <= 1_000_000) return "Milliseconds";
  if (hasGoMetrics()) return "Milliseconds";
  const count = sumOf(page.metrics.get(`${name}_count`)) ?? 0;
  const mean = (sumOf(page.metrics.get(`${name}_sum`)) ?? 0) / count;
  return mean > 0 && mean < 0.1 ? "Seconds" : undefined;
}

/** The label that tells the time of a whole request from those of its parts. */
function wholeOf(page: Page, name: string): Pick<KnownFigure, "matchLabels"> {
  for (const label of ["type", "kind", "phase", "stage"]) {
    const series = page.metrics.get(`${name}_count`)?.series ?? [];
    const values = new Set(series.flatMap(({ labels }) => labels[label] ?? []));
    const whole = ["request", "total"].find((value) => values.has(value));
    if (whole !== undefined && values.size > 1) return { matchLabels: { [label]: whole } };
  }
  return {};
}

/** What a runtime counts of itself; and requests for the page alone, which old client libraries in Go call a handler. */
const isOfRuntime = ({ name, series }: Metric): boolean =>
  // Programs also name themselves after their language.
  /^(go_(cgo|gc|sched|sync|memstats|godebug)|jvm|promhttp|erlang_vm)_/.test(name) ||
  (series.length > 0 && series.every(({ labels }) => labels.handler === "prometheus"));

const partNames = new Set(["authn", "authz", "batch", "sync"]);

/** The words of a name that tell what it is of: parts of other programs may also be what this one calls itself. */
const tellingOf = (words: readonly string[], [program]: readonly string[]): readonly string[] =>
  program !== undefined && words[0] === program && partNames.has(program) ? words.slice(1) : words;

export function responseTime(page: Page): Guess[] {
  const product = productOf(page);
  let isGo: boolean | undefined;
  // Looks at the whole page, and so once.
  const hasGoMetrics = (): boolean => {
    isGo ??= isGoMetrics(page);
    return isGo;
  };
  return timesOf(page).flatMap((name) => {
    const sum = page.metrics.get(`${name}_sum`)!;
    const words = wordsOf(name);
    const named = unitInName(words);
    // A pool knows no time in a finer unit.
    const isFiner = named === "finer" || (named === undefined && /\b(micro|nano)seconds\b/i.test(sum.help));
    if (isFiner || isOfRuntime(sum) || asksOthers(sum, page)) return [];
    // A duration of what nobody asked for is none of an answer.
    const isAnswer = weigh(words, answered) > 0;
    const score = isAnswer ? weigh(tellingOf(words, product), timeWords) + sideOf(words, product) : 0;
    if (score < enough) return [];
    const unit = named ?? unitOf(page, name, sum.help, hasGoMetrics);
    // What has no samples yet may tell its unit once it has some.
    if (unit === undefined && sum.series.length > 0) return [];
    const why = `${helpOf(sum)}${named || !unit ? "" : `; in ${unit.toLowerCase()}`}`;
    return [{ name, why, ...(unit === "Milliseconds" && { unit }), ...wholeOf(page, name), score }];
  });
}

const requestWords: Weights = {
  ...each(6, "requests request reqs queries commands calls rpcs messages transactions invocations"),
  ...each(3, "handled completed served processed"),
  ...each(
    -8,
    "delegated authn authz sync reconcile reconciles reconciliation failed failures errors error dropped rejected bytes seconds size retries retry cache hits misses started cost stealing",
  ),
};

export function requests(page: Page): Guess[] {
  const product = productOf(page);
  return [...page.metrics.values()].flatMap((metric) => {
    if (!isCounter(metric) && metric.type !== undefined) return [];
    if (metric.pointer === undefined && !isCounter(metric)) return [];
    if (asksOthers(metric, page) || isOfRuntime(metric)) return [];
    const words = wordsOf(metric.name);
    const score =
      weigh(tellingOf(words, product), requestWords) +
      sideOf(words, product) +
      (words.includes("total") || words.includes("received") ? 1 : 0) +
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
  const product = productOf(page);
  const counted = wordsOf(of);
  return [...page.metrics.values()].flatMap((metric) => {
    if (!isCounter(metric)) return [];
    const words = wordsOf(metric.name);
    const isOfThem = words.every(
      (word) => failing.has(word) || word === "total" || word === "responses" || counted.includes(word),
    );
    const score =
      isOfThem && words.some((word) => failing.has(word)) ? weigh(words, errorWords) + sideOf(words, product) + 4 : 0;
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
): Pick<KnownFigure, "matchLabels" | "match"> | undefined {
  if (!metric) return undefined;
  const valuesOf = (label: string) => new Set(metric.series.flatMap(({ labels }) => labels[label] ?? []));
  const names = labelNamesOf(metric);
  const called = (word: string) => names.find((name) => name.replaceAll(".", "_") === word) ?? word;
  for (const label of ["grpc_code", "rpc_grpc_status_code", "grpc_status"].map(called)) {
    const values = valuesOf(label);
    if (values.size > 0)
      return { match: { [label]: [...values].some((value) => /^\d+$/.test(value)) ? "2|4|13|14|15" : grpcFaults } };
  }
  const more = names.filter((name) => /(^|_)(code|status)$/i.test(name) && !codeLabels.includes(name));
  for (const label of [...codeLabels.map(called), ...more]) {
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
