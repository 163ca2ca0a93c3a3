import type { ValueFault } from "../../decide/samples/findings.ts";
import { type Failed, failed } from "../../pods/failed.ts";
import { declares } from "./exposition-comment.ts";
import { type ExpectedLabel, ExpositionLine, isBlank, isComposite, skipBlanks } from "./exposition-line.ts";
import { parseNumber } from "./exposition-number.ts";
import { LabelPattern, type MatchBudget, matchWorkPerPage } from "./label-pattern.ts";
import { faultOf, isReading, type Scanned } from "./scanned.ts";
import { ToldSeries } from "./told-series.ts";

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const hash = 0x23;
const endOfFile = Buffer.from("# EOF");
const byteOrderMark = Buffer.from("\uFEFF");

/** The series whose values are wanted, added up. Labels that are not named may be anything. */
export interface WantedSeries {
  readonly name: string;
  readonly matchLabels?: Readonly<Record<string, string>> | undefined;
  /** Labels by regular expression; one that does not compile matches nothing. */
  readonly match?: Readonly<Record<string, string>> | undefined;
  /** That it is absent, or has a value that is none, is no failure. */
  readonly optional?: boolean;
  /** A counter, which is 0 where the page declares it (`# TYPE`) and has no series of it yet. */
  readonly startsAtZero?: boolean | undefined;
  /**
   * It is taken off from the series before it, of what has begun what has ended, and is 0 until something has: where that
   * other series is there, and this one is on the page with other labels, or has been on a page before.
   */
  readonly isTakenOff?: boolean;
  /** A counter, of which it matters whether it is several. */
  readonly rate?: boolean | undefined;
}

export interface ScanLimits {
  /** Lines with a value, wanted or not. */
  readonly maxSamples: number;
}

/** Of a page, unless its pool says otherwise. */
export const defaultScanLimits: ScanLimits = { maxSamples: 10_000 };

/** Where a scan failed: at which line, for which of the wanted series, and why. */
export type ScanCause =
  | { readonly kind: "line"; readonly line: number }
  | { readonly kind: "cut" }
  | { readonly kind: "limit"; readonly most: number }
  | { readonly kind: "labels" }
  | { readonly kind: "value"; readonly index: number; readonly fault: ValueFault }
  | { readonly kind: "absent"; readonly index: number; readonly otherLabels: boolean };

export interface ScanOptions {
  /** OpenMetrics: timestamps are seconds, and a text without `# EOF` is one that was cut. */
  readonly openMetrics?: boolean;
  /** Unix milliseconds; a wanted value that says it is older is refused. */
  readonly notBefore?: number;
  /** Told more about the failure that is the result. */
  readonly tell?: ((cause: ScanCause) => void) | undefined;
}

interface Series {
  readonly name: Uint8Array;
  readonly labels: readonly ExpectedLabel[];
  readonly patterns: readonly LabelPattern[];
}

const compile = ({ name, matchLabels, match }: WantedSeries): Series => ({
  name: Buffer.from(name),
  patterns: Object.entries(match ?? {}).map(([label, pattern]) => new LabelPattern(label, pattern)),
  labels: Object.entries(matchLabels ?? {}).map(([label, value]) => ({
    name: Buffer.from(label),
    value: Buffer.from(value),
  })),
});

function hasLabels(line: ExpositionLine, { labels, patterns }: Series, budget: MatchBudget): boolean {
  for (const label of labels) if (!line.has(label)) return false;
  for (const pattern of patterns) if (!pattern.matches(line, budget)) return false;
  return true;
}

function isEndOfFile(body: Buffer, at: number, end: number): boolean {
  if (end - at !== endOfFile.length) return false;
  for (let index = 0; index < endOfFile.length; index++) if (body[at + index] !== endOfFile[index]) return false;
  return true;
}

function tokenEnd(body: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && !isBlank(body[at])) at++;
  return at;
}

/** Value of a wanted line, or what is wrong with it; undefined if the line is malformed. */
function readValue(
  body: Buffer,
  from: number,
  end: number,
  { openMetrics, notBefore }: ScanOptions,
): number | ValueFault | undefined {
  if (isComposite(body, from, end)) return "NoNumber";
  const to = tokenEnd(body, from, end);
  const value = parseNumber(body, from, to);
  if (value === undefined) return undefined;
  let at = skipBlanks(body, to, end);
  if (at < end && body[at] !== hash) {
    const timeTo = tokenEnd(body, at, end);
    const time = parseNumber(body, at, timeTo);
    at = skipBlanks(body, timeTo, end);
    if (time === undefined || (at < end && body[at] !== hash)) return undefined;
    const timeMs = openMetrics ? time * 1_000 : time;
    if (notBefore !== undefined && !(timeMs >= notBefore)) return "TooOld";
  }
  return isReading(value) ? value : faultOf(value);
}

const startOf = (body: Buffer): number => {
  for (let index = 0; index < byteOrderMark.length; index++) if (body[index] !== byteOrderMark[index]) return 0;
  return byteOrderMark.length;
};

/**
 * A scan for some series in Prometheus text 0.0.4 or OpenMetrics 1.0, in one pass and in time linear in the text.
 *
 * Every line must be a comment or a sample as far as its value, or all of the text is `Malformed`: a scraper that
 * skips what it cannot read can be led to a forged line by an unescaped line feed. Comments, and what follows the
 * value of a line that is not wanted, may be anything, and lines as long as the text. The first failure is the result.
 */
export function createScan(
  wanted: readonly WantedSeries[],
  limits: ScanLimits = defaultScanLimits,
): (body: Buffer, options?: ScanOptions) => Scanned {
  const series = wanted.map(compile);
  const isDeclarable = wanted.some(({ startsAtZero }) => startsAtZero);
  /** Of those that have been on a page. */
  const wasTold = wanted.map(() => false);
  const line = new ExpositionLine();

  return (body, options = {}) => {
    const values: (number | undefined)[] = series.map(() => undefined);
    const named = series.map(() => false);
    const declared = series.map(() => false);
    const budget: MatchBudget = { work: matchWorkPerPage };
    const faults = new Map<number, ValueFault>();
    const sums = new Set<number>();
    const told = series.map(() => new ToldSeries());
    let lines = 0;
    let samples = 0;
    let ended = false;
    let next = startOf(body);
    const fail = (failure: Failed["failure"], cause: ScanCause): Failed => {
      options.tell?.(cause);
      return failed(failure);
    };
    const malformed = (): Failed => fail("Malformed", { kind: "line", line: lines });

    while (next < body.length) {
      const from = next;
      const feed = body.indexOf(lineFeed, from);
      next = feed < 0 ? body.length : feed + 1;
      let end = feed < 0 ? body.length : feed;
      lines++;
      if (end > from && body[end - 1] === carriageReturn) end--;
      const at = skipBlanks(body, from, end);
      if (at === end) continue;
      if (ended) return malformed();
      if (body[at] === hash) {
        ended = options.openMetrics === true && isEndOfFile(body, at, end);
        if (!isDeclarable) continue;
        for (const [index, { name }] of series.entries()) declared[index] ||= declares(body, at, end, name);
        continue;
      }
      if (++samples > limits.maxSamples) return fail("TooManySamples", { kind: "limit", most: limits.maxSamples });
      if (!line.read(body, at, end)) return malformed();
      for (let index = 0; index < series.length; index++) {
        if (!line.isNamed(series[index]!.name)) continue;
        named[index] = true;
        const isMeant = hasLabels(line, series[index]!, budget);
        if (budget.work < 0) return fail("TooManySamples", { kind: "labels" });
        if (!isMeant) continue;
        const read = readValue(body, line.valueFrom, end, options);
        if (read === undefined) return malformed();
        const before = told[index]!.before(body, { from: at, to: line.valueFrom, told: read });
        if (before === read) continue;
        // Which of two is true, nobody knows.
        const value = before === undefined ? read : "Repeated";
        if (values[index] !== undefined && wanted[index]!.rate) sums.add(index);
        const sum = typeof value === "number" ? (values[index] ?? 0) + value : value;
        if (typeof sum === "number" && isReading(sum)) {
          values[index] = sum;
          continue;
        }
        // A sum of readings that is none is too large for a number.
        const fault = typeof sum === "string" ? sum : "Absurd";
        if (!wanted[index]!.optional) return fail("ValueRefused", { kind: "value", index, fault });
        faults.set(index, faults.get(index) ?? fault);
      }
    }
    if (options.openMetrics && samples > 0 && !ended) return fail("Malformed", { kind: "cut" });
    for (const [index, { startsAtZero, isTakenOff }] of wanted.entries()) {
      if (values[index] !== undefined) wasTold[index] = true;
      else if (startsAtZero && declared[index]) values[index] = 0;
      else if (isTakenOff && values[index - 1] !== undefined && (named[index] || wasTold[index])) values[index] = 0;
    }
    const absent = values.findIndex((value, index) => value === undefined && !wanted[index]!.optional);
    if (absent >= 0) return fail("MetricMissing", { kind: "absent", index: absent, otherLabels: named[absent]! });
    if (faults.size === 0) return { kind: "values", values, ...(sums.size > 0 && { sums }) };
    const sound = values.map((value, index) => (faults.has(index) ? undefined : value));
    return { kind: "values", values: sound, faults, ...(sums.size > 0 && { sums }) };
  };
}
