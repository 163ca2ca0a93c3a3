import {
  connectionNouns,
  each,
  enough,
  type Guess,
  helpOf,
  isGauge,
  isKeptSession,
  productOf,
  sideOf,
  type Weights,
  weigh,
  wordsOf,
} from "./guess-words.ts";
import { type Metric, type Page, sumOf } from "./page.ts";

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
  ...each(2, "cpu worker workers threads slots gpu kv"),
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

/**
 * How full a cache is, or how often it helps, says nothing of work. But a model server has a place in it for each request, and
 * a program may be one.
 */
const isOtherCache = (words: readonly string[]): boolean =>
  words.includes("cache") &&
  !words.some((word) => /^(kv|gpu|tokens?|cpu|workers?|threads|conns?|connections?|clients)$/.test(word));

const percentHelp = /\b(percents?|percentage|0 ?(-|\u2013|to) ?100)\b|%/i;
const shareHelp = /\b(ratio|fraction|share|0(\.0)? ?(-|\u2013|to|and|,) ?1(\.0)?)\b/i;
/** Whatever its name says; 1 may also stand for yes. */
const isInterval = (help: string): boolean =>
  /[[(]0(\.0)?, ?1(\.0)?[\])]|\b1(\.0)? (means|is|=) ?(100|full|all|complete|saturated|the m)/i.test(help);

export function load(page: Page): Guess[] {
  const guesses: Guess[] = [];
  const product = productOf(page);
  for (const metric of page.metrics.values()) {
    if (!isGauge(metric) || isKeptSession(metric)) continue;
    const words = wordsOf(metric.name);
    if (isOfNode(words, metric) || isOtherCache(words) || words.some((word) => word.endsWith("idle"))) continue;
    const base = sideOf(words, product);
    const limit = busyWord.test(metric.name) || weigh(words, connectionNouns) > 0 ? limitOf(page, metric) : undefined;
    if (
      limit &&
      weigh(words, {
        ...each(
          -9,
          "max limit idle bytes size queue queueing queued semaphore memory db hikaricp jdbc fds fd file files inodes disk heap jvm direct mapped",
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
      !isInterval(metric.help) &&
      (words.some((word) => /^(percent|percentage|pct)$/.test(word)) || percentHelp.test(metric.help));
    const isShare =
      !isPercent &&
      (words.some((word) => /^(ratio|fraction|perc|utilization|utilisation)$/.test(word)) ||
        shareHelp.test(metric.help) ||
        isInterval(metric.help));
    const score = weigh(words, shareWords) + base + (isPercent || isShare ? 2 : 0);
    const most = Math.max(0, ...metric.series.map(({ value }) => value));
    // Shares are added up to no share, and a list of one may have more tomorrow.
    const isOne = metric.series.length === 1 && !metric.pointer?.includes("/*");
    if (score >= enough && (isPercent || (isShare && most <= 1.5)) && isOne)
      guesses.push({ name: metric.name, capacity: isPercent ? "100" : "1", why: helpOf(metric), score });
  }
  return guesses;
}
