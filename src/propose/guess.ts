import { requests, responseTime } from "./guess-counts.ts";
import {
  asksOthers,
  each,
  enough,
  type Guess,
  helpOf,
  isCounter,
  isGauge,
  isKeptSession,
  productOf,
  sideOf,
  type Weights,
  weigh,
  wordsOf,
} from "./guess-words.ts";
import type { FigureName } from "./known.ts";
import { type Labelled, labelNamesOf, leaveOut } from "./own.ts";
import { type Metric, type Page, sumOf } from "./page.ts";

const noGauge: Weights = {
  ...each(
    -10,
    "max maximum limit min idle free global rejected failed failures errors error closed dropped refused timeout timeouts lost denied allowed available remaining reserved quota capacity",
  ),
  ...each(
    -8,
    "duration seconds milliseconds ms us ns microseconds nanoseconds bytes size ratio percent created timestamp age lifetime config info memory heap mean avg average rate threshold peak high highest watermark",
  ),
  ...each(
    -6,
    "totals events messages message batches batch packets gc jvm goroutines threads goroutine process python nodejs fds handles handle resources queue queued inqueue waiting pending length consumers exchanges handled accepted completed finished served created started persistent expired disconnected inactive offline tripped overhead port opts backlog ttl 1m 5m 15m 1min 5min 15min",
  ),
};

const connectionNouns: Weights = {
  ...each(7, "connections connection conns conn websockets websocket sockets socket"),
  ...each(6, "clients"),
  ...each(4, "ws"),
  ...each(5, "sessions session streams subscribers viewers players participants"),
  ...each(3, "requests request reqs req rq calls rpcs"),
  ...each(2, "users"),
  // What may as well be work of the program's own.
  ...each(1, "jobs tasks workers worker slots executors processes transactions operations"),
};

const now: Weights = {
  ...each(
    5,
    "active open opened current currently established concurrent connected inflight running processing busy alive ongoing online used",
  ),
  // Also what products call themselves.
  ...each(2, "live"),
};

const nowHelp =
  /\b(current(ly)?|right now|in[ -]flight|in[ -]progress|active|open|connected|being (processed|handled|served)|concurrent)\b/i;

/** What words for those whom the program asks add up to. */
const farSideScore = -8;

const limitHelp = /^(the )?(max(imum)?|limit|most|upper|highest|peak)\b/i;

/** Of what no word says that it is so now. */
const sinceHelp =
  /\b(since|so far|ever|cumulative)\b|\b(connections?|requests?|sessions?) (accepted|handled|served|received)\b/i;

const hereWords = new Set(["online", "connected", "concurrent", "current", "currently"]);

const servedHelp = /\b(requests?|calls?|connections?|quer(y|ies)|jobs?|rpcs?|clients?)\b/i;

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

/** Listeners on which the members of a cluster talk among themselves. */
const amongThemselves =
  /^(internal|replication|control_?plane|inter_?broker|controller|cluster|peer|gossip|raft|rpc)(_|-|$)/i;
const listenerLabels = /(^|_)(listener|entrypoint|server)$/;

/** The labels that leave out what the members of a cluster have open to each other. */
function fromOutside(metric: Metric): Labelled {
  for (const name of labelNamesOf(metric)) {
    const labels = listenerLabels.test(name) ? leaveOut(metric, name, amongThemselves) : undefined;
    if (labels && Object.keys(labels).length > 0) return labels;
  }
  return {};
}

function connections(page: Page): Guess[] {
  const guesses: Guess[] = [];
  const product = productOf(page);
  for (const metric of page.metrics.values()) {
    if (!isGauge(metric) || isKeptSession(metric)) continue;
    const words = wordsOf(metric.name);
    const named = Math.max(0, ...words.map((word) => connectionNouns[word] ?? 0));
    // Active users are those of a day or a month.
    if (words.includes("users") && named === connectionNouns.users && !words.some((word) => hereWords.has(word)))
      continue;
    // What is in flight may also be a snapshot: HELP says.
    const noun = named > 0 || !words.includes("inflight") || !servedHelp.test(metric.help) ? named : 3;
    if (noun === 0) continue;
    // However much else tells of connections that are open now.
    const base = sideOf(words, product);
    if (base <= farSideScore || asksOthers(metric, page)) continue;
    const state = activeState(metric);
    const present = Math.min(5, weigh(words, now));
    // A document says it by one word where a page has a type.
    const isOne = metric.pointer !== undefined && words.length === 1;
    // Without a type and a word for now it may be a counter.
    const isVague = metric.pointer !== undefined && present === 0 && !isOne && !(words.at(-1)! in connectionNouns);
    const score =
      noun +
      (isVague ? -2 : 0) +
      (noun >= 5 && (metric.type === "gauge" || words.at(-1) === "connections") ? 1 : isOne ? 2 : 0) +
      present +
      (state ? 4 : 0) +
      base +
      weigh(words, noGauge) +
      (nowHelp.test(metric.help) ? (present === 0 && metric.type === "gauge" ? 4 : 2) : 0) +
      (present === 0 && /\b(maximum|limit|capacity|configured)\b/i.test(metric.help) ? -5 : 0) +
      (limitHelp.test(metric.help) ? -8 : 0) +
      (present === 0 && !nowHelp.test(metric.help) && sinceHelp.test(metric.help) ? -8 : 0) +
      (words.includes("total") ? (metric.type === "gauge" ? -3 : -8) : 0);
    if (score >= enough)
      guesses.push({
        name: metric.name,
        why: helpOf(metric),
        ...(state ? { matchLabels: state } : fromOutside(metric)),
        score,
      });
  }
  const differences = startedLessEnded(page, product);
  // What is counted right away needs no second counter.
  return guesses.length > 0 ? guesses : differences;
}

/** Words for what begins, each with those for its end. */
const spans: readonly (readonly [begun: string, ended: string])[] = [
  ["started|received|begun", "handled|completed|finished|ended|processed|done|stopped"],
  ["accepted|opened|open|established|created|creation|begun", "closed|close|ended|destroyed|finished|handled"],
  ["connected|connect|connects|connections", "disconnected|disconnect|disconnects|disconnections"],
];

/** The counter of what has ended, for one of what began: by a name that differs in that word alone. */
function endOf(name: string, page: Page): string | undefined {
  for (const [begun, ended] of spans) {
    const at = new RegExp(`(^|_)(?:${begun})((?:_total|_count)?)$`);
    if (!at.test(name)) continue;
    for (const word of ended.split("|")) {
      const found = page.metrics.get(name.replace(at, `$1${word}$2`));
      if (found && isCounter(found)) return found.name;
    }
  }
  return undefined;
}

/** Two counters, of what began and of what has ended. */
function startedLessEnded(page: Page, product: readonly string[]): Guess[] {
  const guesses: Guess[] = [];
  for (const metric of page.metrics.values()) {
    if (!isCounter(metric) || isKeptSession(metric)) continue;
    const minus = endOf(metric.name, page);
    if (minus === undefined) continue;
    const words = wordsOf(metric.name);
    const score =
      Math.max(0, ...words.map((word) => connectionNouns[word] ?? 0)) +
      sideOf(words, product) +
      (asksOthers(metric, page) ? -8 : 0) +
      4;
    if (score >= enough)
      guesses.push({ name: metric.name, minus, why: "in progress: what has begun, less what has ended", score });
  }
  return guesses;
}

const busyWord = /(^|_)(busy|active|used|in_use|inuse|current|running)(_|$)/;

/** The most that there was so far is no limit, though both are called max. */
const isMostSoFar = ({ name, help }: Metric, of: Metric): boolean =>
  name === `${of.name}_max` && !/\b(limit|allowed|allows?|may|can|configured|capacity|size of)\b/i.test(help);

/** What a program says that it may have at most: by a name that differs from the gauge's in the word alone. */
function limitOf(page: Page, metric: Metric): Metric | undefined {
  const { name } = metric;
  const limits = ["max", "limit", "config_max", "capacity", "maximum"];
  const names = limits.flatMap((limit) => [
    name.replace(busyWord, `$1${limit}$3`),
    name.replace(busyWord, `$1`).replace(/_$/, "").concat(`_${limit}`),
    `${name}_${limit}`,
    name.replace(/(?<![a-z])[a-z]+$/, `${limit}_$&`),
    name.replace(busyWord, `$1${limit}$3`).replace(/busy_|active_/, ""),
  ]);
  return names
    .filter((candidate) => candidate !== name)
    .map((candidate) => page.metrics.get(candidate))
    .find((found) => found !== undefined && isGauge(found) && (sumOf(found) ?? 0) > 0 && !isMostSoFar(found, metric));
}

const shareWords: Weights = {
  ...each(6, "utilization utilisation usage saturation load occupancy busy"),
  ...each(4, "ratio percent percentage perc pct fraction"),
  ...each(2, "cpu worker workers threads slots cache gpu kv"),
  // Averages of a machine's run queue are no share of anything.
  ...each(-8, "1m 5m 15m 1min 5min 15min gc memstats session sessions stack buffer zones zone recycler"),
  ...each(
    -8,
    "memory disk hit hits error errors success fail idle free bytes seconds network swap filesystem limit max reload reloads mem rss heap average1m",
  ),
};

/** Processor time of the node, of which a pod has no more than a part. */
const isOfNode = (words: readonly string[], { help }: Metric): boolean =>
  words.includes("cpu") &&
  (words.some((word) => /^(system|sys|host|os|node|machine)$/.test(word)) ||
    /\b(whole system|host|machine)\b/i.test(help));

const percentHelp = /\b(percents?|percentage|0 ?(-|–|to) ?100)\b|%/i;
const shareHelp = /\b(ratio|fraction|share|0(\.0)? ?(-|–|to|and) ?1(\.0)?)\b/i;

function load(page: Page): Guess[] {
  const guesses: Guess[] = [];
  const product = productOf(page);
  for (const metric of page.metrics.values()) {
    if (!isGauge(metric) || isKeptSession(metric)) continue;
    const words = wordsOf(metric.name);
    if (isOfNode(words, metric) || words.some((word) => word.endsWith("idle"))) continue;
    const base = sideOf(words, product);
    const limit = busyWord.test(metric.name) || weigh(words, connectionNouns) > 0 ? limitOf(page, metric) : undefined;
    if (
      limit &&
      weigh(words, {
        ...each(
          -9,
          "max limit idle bytes size queue queueing queued semaphore memory db hikaricp jdbc fds fd file files inodes disk heap",
        ),
      }) === 0 &&
      base > -5
    )
      guesses.push({
        name: metric.name,
        capacity: { of: limit.name },
        why: `used share of ${limit.name}`,
        score: 10 + base,
      });
    const isPercent =
      !/\b1(\.0)? (means|is|=)/i.test(metric.help) &&
      (words.some((word) => /^(percent|percentage|pct)$/.test(word)) || percentHelp.test(metric.help));
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

/**
 * What may tell a figure, likeliest first. Of equals it is the gauge that has most now, as of one for each protocol, and else
 * the shortest name, which tells of more.
 */
export function guess(figure: Exclude<FigureName, "errors">, page: Page): readonly Guess[] {
  const has = ({ name }: Guess): number => (figure === "connections" ? (sumOf(page.metrics.get(name)) ?? 0) : 0);
  return guessers[figure](page).sort(
    (a, b) => b.score - a.score || has(b) - has(a) || a.name.length - b.name.length || (a.name < b.name ? -1 : 1),
  );
}
