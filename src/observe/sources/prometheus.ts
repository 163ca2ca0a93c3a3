import { type ExpectedLabel, ExpositionLine, isBlank, type LineLimits, skipBlanks } from "./exposition-line.ts";
import { parseNumber } from "./exposition-number.ts";
import { failed, isReading, type Scanned } from "./scanned.ts";

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const hash = 0x23;
const endOfFile = Buffer.from("# EOF");

/** The series whose values are wanted, added up. Labels that are not named may be anything. */
export interface WantedSeries {
  readonly name: string;
  readonly matchLabels?: Readonly<Record<string, string>> | undefined;
  /** Its absence is no failure. */
  readonly optional?: boolean;
}

export interface ScanLimits extends LineLimits {
  readonly maxSamples: number;
  readonly maxLineBytes: number;
}

export const defaultScanLimits: ScanLimits = {
  maxSamples: 10_000,
  maxLineBytes: 16_384,
  maxLabels: 64,
  maxLabelBytes: 4_096,
};

export interface ScanOptions {
  /** OpenMetrics: timestamps are seconds, and a text without `# EOF` is one that was cut. */
  readonly openMetrics?: boolean;
  /** Unix milliseconds; a wanted value that says it is older is refused. */
  readonly notBefore?: number;
}

interface Series {
  readonly name: Uint8Array;
  readonly labels: readonly ExpectedLabel[];
}

const compile = ({ name, matchLabels }: WantedSeries): Series => ({
  name: Buffer.from(name),
  labels: Object.entries(matchLabels ?? {}).map(([label, value]) => ({
    name: Buffer.from(label),
    value: Buffer.from(value),
  })),
});

function matches(line: ExpositionLine, { name, labels }: Series): boolean {
  if (!line.isNamed(name)) return false;
  for (const label of labels) if (!line.has(label)) return false;
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

/** Value of a wanted line; undefined if the line is malformed, NaN if the value says that it is too old. */
function readValue(
  body: Buffer,
  from: number,
  end: number,
  { openMetrics, notBefore }: ScanOptions,
): number | undefined {
  const to = tokenEnd(body, from, end);
  const value = parseNumber(body, from, to);
  let at = skipBlanks(body, to, end);
  if (value === undefined || at === end || body[at] === hash) return value;
  const timeTo = tokenEnd(body, at, end);
  const time = parseNumber(body, at, timeTo);
  at = skipBlanks(body, timeTo, end);
  if (time === undefined || (at < end && body[at] !== hash)) return undefined;
  return (openMetrics ? time * 1_000 : time) >= (notBefore ?? -Infinity) ? value : Number.NaN;
}

/**
 * A scan for some series in Prometheus text 0.0.4 or OpenMetrics 1.0, in one pass and in time linear in the text.
 *
 * Every line must be a comment or a sample as far as its value, or all of the text is `Malformed`: a scraper that
 * skips what it cannot read can be led to a forged line by an unescaped line feed. Comments, and what follows the
 * value of a line that is not wanted, may be anything. The first failure is the result.
 */
export function createScan(
  wanted: readonly WantedSeries[],
  limits: ScanLimits = defaultScanLimits,
): (body: Buffer, options?: ScanOptions) => Scanned {
  const series = wanted.map(compile);
  const line = new ExpositionLine(limits);

  return (body, options = {}) => {
    const values = series.map(() => 0);
    const found = series.map(() => false);
    let samples = 0;
    let ended = false;
    let next = 0;
    while (next < body.length) {
      const from = next;
      const feed = body.indexOf(lineFeed, from);
      next = feed < 0 ? body.length : feed + 1;
      let end = feed < 0 ? body.length : feed;
      if (end - from > limits.maxLineBytes) return failed("Malformed");
      if (end > from && body[end - 1] === carriageReturn) end--;
      const at = skipBlanks(body, from, end);
      if (at === end) continue;
      if (ended) return failed("Malformed");
      if (body[at] === hash) {
        ended = options.openMetrics === true && isEndOfFile(body, at, end);
        continue;
      }
      if (++samples > limits.maxSamples) return failed("TooManySamples");
      if (!line.read(body, at, end)) return failed("Malformed");
      for (let index = 0; index < series.length; index++) {
        if (!matches(line, series[index]!)) continue;
        const value = readValue(body, line.valueFrom, end, options);
        if (value === undefined) return failed("Malformed");
        if (!isReading(value)) return failed("ValueRefused");
        values[index]! += value;
        found[index] = true;
      }
    }
    if (options.openMetrics && samples > 0 && !ended) return failed("Malformed");
    if (found.some((isFound, index) => !isFound && !wanted[index]!.optional)) return failed("MetricMissing");
    if (!values.every(isReading)) return failed("ValueRefused");
    return { kind: "values", values: values.map((value, index) => (found[index] ? value : undefined)) };
  };
}
