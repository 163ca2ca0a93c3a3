import { requests, responseTime } from "./guess-counts.ts";
import { load } from "./guess-load.ts";
import {
  asksOthers,
  connectionNouns,
  each,
  enough,
  type Guess,
  helpOf,
  isCounter,
  isGauge,
  isKeptSession,
  isNear,
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
    "totals events messages message batches batch packets gc jvm goroutines threads goroutine process python nodejs fds handles handle resources queue queued inqueue waiting pending length consumers exchanges handled accepted completed finished served created started async background maintenance suspicious blocked banned flagged known distinct unique source sources sink sinks persistent expired disconnected inactive offline tripped overhead port opts backlog ttl 1m 5m 15m 1min 5min 15min",
  ),
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

/** One connection, as in `connection_limit`, is no number of them unless it is said to be one. */
const isPlural = (words: readonly string[]): boolean =>
  words.some((word) => (word in connectionNouns && /s$/.test(word)) || /^(count|num|number|total|gauge)$/.test(word));

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
    if (base <= farSideScore || asksOthers(metric, page) || isTally(metric.name, page)) continue;
    const state = activeState(metric);
    const present = Math.min(5, weigh(words, now));
    // A document says it by one word where a page has a type.
    const isOne = metric.pointer !== undefined && words.length === 1;
    // Without a type and a word for now it may be a counter.
    const isVague =
      present === 0 &&
      !isOne &&
      (metric.pointer !== undefined || !isPlural(words)) &&
      !(words.at(-1)! in connectionNouns);
    const score =
      noun +
      (isVague ? (metric.pointer === undefined ? -6 : -2) : 0) +
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

/** A gauge of all that began so far, which has a sister of all that ended. */
function isTally(name: string, page: Page): boolean {
  const at = /(^|_)(opened|accepted|created|started|begun)((?:_total|_count)?)$/;
  const ends = ["closed", "ended", "finished", "completed", "destroyed"];
  return at.test(name) && ends.some((end) => page.metrics.has(name.replace(at, `$1${end}$3`)));
}

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

const guessers = { connections, load, requests, responseTime };

const isNoun = (word: string): boolean => (connectionNouns[word] ?? 0) >= connectionNouns.requests!;

const isConnection = (word: string): boolean => (connectionNouns[word] ?? 0) >= connectionNouns.clients!;

const kindsIn = (words: readonly string[]): Set<string> => new Set(words.filter((word) => !isNoun(word)));

/**
 * A guess that counts all of which another counts a kind: by a name that says what the other's does, except for the kind. Who
 * is served is no kind, and what is not connections is no whole of them.
 */
function wholeOf(part: Guess, guesses: readonly Guess[]): Guess | undefined {
  const wordsOfPart = wordsOf(part.name);
  const ofPart = kindsIn(wordsOfPart);
  // Names may be long, and many: those of the part are looked at once.
  const shared = [...ofPart].filter((word) => word in now || isNear(word));
  const isSame = wordsOfPart.some(isConnection) ? isConnection : isNoun;
  return guesses.find(({ name }) => {
    const words = wordsOf(name);
    const ofWhole = kindsIn(words);
    if (!words.some(isSame) || ofWhole.size >= ofPart.size) return false;
    return shared.every((word) => ofWhole.has(word)) && [...ofWhole].every((word) => ofPart.has(word));
  });
}

/**
 * What may tell a figure, likeliest first. Of equals it is the gauge that has most now, as of one for each protocol, and else
 * the shortest name, which tells of more. The whole comes before its parts.
 */
export function guess(figure: Exclude<FigureName, "errors">, page: Page): readonly Guess[] {
  const has = ({ name }: Guess): number => (figure === "connections" ? (sumOf(page.metrics.get(name)) ?? 0) : 0);
  const guesses = guessers[figure](page).sort(
    (a, b) => b.score - a.score || has(b) - has(a) || a.name.length - b.name.length || (a.name < b.name ? -1 : 1),
  );
  const [first] = guesses;
  if (figure !== "connections" || !first) return guesses;
  const whole = wholeOf(first, guesses);
  return whole ? [whole, ...guesses.filter((one) => one !== whole)] : guesses;
}
