import { requests, responseTime } from "./guess-counts.ts";
import {
  each,
  enough,
  type Guess,
  helpOf,
  isCounter,
  isGauge,
  isKeptSession,
  side,
  type Weights,
  weigh,
  wordsOf,
} from "./guess-words.ts";
import type { FigureName } from "./known.ts";
import { type Metric, type Page, sumOf } from "./page.ts";

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
    "connections connection conns conn sessions session clients websockets websocket sockets streams subscribers viewers players participants users",
  ),
  ...each(
    3,
    "requests request reqs req rq calls rpcs jobs tasks workers worker slots executors processes transactions operations",
  ),
};

const now: Weights = each(
  5,
  "active open opened current currently established concurrent connected inflight running processing busy live alive ongoing online used",
);

const nowHelp =
  /\b(current(ly)?|right now|in[ -]flight|in[ -]progress|active|open|being (processed|handled|served)|concurrent)\b/i;

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

function connections(page: Page): Guess[] {
  const guesses: Guess[] = [];
  for (const metric of page.metrics.values()) {
    if (!isGauge(metric) || isKeptSession(metric)) continue;
    const words = wordsOf(metric.name);
    const noun = Math.max(0, ...words.map((word) => connectionNouns[word] ?? 0));
    if (noun === 0) continue;
    const state = activeState(metric);
    const score =
      noun +
      (noun === 6 && (metric.type === "gauge" || words.at(-1) === "connections") ? 1 : 0) +
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
    if (!match || !isCounter(metric) || isKeptSession(metric)) continue;
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
        why: "in progress: what has begun, less what has ended",
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
    if (!isGauge(metric) || isKeptSession(metric)) continue;
    const words = wordsOf(metric.name);
    const base = weigh(words, side) + (words.includes("client") ? -8 : 0);
    const limit = busyWord.test(metric.name) || weigh(words, connectionNouns) > 0 ? limitOf(page, metric) : undefined;
    if (
      limit &&
      weigh(words, {
        ...each(-9, "max limit idle bytes memory db hikaricp jdbc fds fd file files inodes disk heap"),
      }) === 0 &&
      base > -5
    )
      guesses.push({
        name: metric.name,
        capacity: { of: limit.name },
        why: `used share of ${limit.name}`,
        score: 10 + base,
      });
    const isPercent = words.some((word) => /^(percent|percentage|pct)$/.test(word)) || percentHelp.test(metric.help);
    const isShare =
      !isPercent &&
      (words.some((word) => /^(ratio|fraction|perc|utilization|utilisation)$/.test(word)) ||
        shareHelp.test(metric.help));
    const score = weigh(words, shareWords) + base + (isPercent || isShare ? 2 : 0);
    const most = Math.max(0, ...metric.series.map(({ value }) => value));
    // Shares are added up to no share, and a list of one may have more tomorrow.
    const isOne = metric.series.length === 1 && !metric.pointer?.includes("/*");
    if (score >= enough && (isPercent || (isShare && most <= 1.5)) && isOne)
      guesses.push({ name: metric.name, capacity: isPercent ? "100" : "1", why: helpOf(metric), score });
  }
  return guesses;
}

const guessers = { connections, load, requests, responseTime };

/** What may tell a figure, likeliest first; of equals the shortest name, which tells of more. */
export const guess = (figure: Exclude<FigureName, "errors">, page: Page): readonly Guess[] =>
  guessers[figure](page).sort(
    (a, b) => b.score - a.score || a.name.length - b.name.length || (a.name < b.name ? -1 : 1),
  );
