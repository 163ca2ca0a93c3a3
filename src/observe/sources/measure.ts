import type { HttpSource } from "../../api/sources/http.ts";
import type { JsonSource } from "../../api/sources/json.ts";
import type { Finding } from "../../decide/samples/findings.ts";
import type { Tell } from "../../pods/failed.ts";
import type { PodAnswer } from "../../pods/fetcher.ts";
import { namesLike } from "./exposition-names.ts";
import { createPick, type PickCause } from "./json.ts";
import { pointersLike } from "./json-names.ts";
import { type MeasuredAnswer, type ReadingKind, type ReadingScale, toMeasured, type Wanted } from "./measured.ts";
import { createScan, type ScanCause, type WantedSeries } from "./prometheus.ts";

/** What a pod's answer says, for an answer that came at `now`. */
export type MeasureAnswer = (answer: PodAnswer, now: number, tell?: Tell) => MeasuredAnswer;

/** Names that are like a metric which is missing are looked for once in a while: to find them takes as long as to read. */
const nearForMs = 60_000;
/** Where there was none, another pod's answer may have one. */
const noneForMs = 10_000;

function rememberNear(): (metric: string, now: number, look: () => string[]) => readonly string[] {
  let known: { readonly metric: string; readonly at: number; readonly near: readonly string[] } | undefined;
  return (metric, now, look) => {
    const keptMs = known && known.near.length > 0 ? nearForMs : noneForMs;
    if (known?.metric !== metric || Math.abs(now - known.at) > keptMs) known = { metric, at: now, near: look() };
    return known.near;
  };
}

/** Those that the source asks for. */
const asked = <W extends object>(wanted: readonly (W | "" | undefined)[]): W[] => wanted.flatMap((one) => one || []);

/** The series that is taken off from another, with the same labels. */
const minusOf = ({ minus, matchLabels, match }: WantedSeries & { readonly minus?: string | undefined }) =>
  minus === undefined
    ? undefined
    : { name: minus, matchLabels, match, reading: "minus" as const, startsAtZero: true, isTakenOff: true };

/**
 * Reads exposition text. A value with a timestamp older than `maxValueAgeMs` is refused: the pod answered now, but
 * with a number it has kept. Younger timestamps are not used as times, because clocks differ between nodes.
 */
export function measureHttp(source: HttpSource, maxValueAgeMs: number): MeasureAnswer {
  const { connections, load, requests, responseTime, errors, maxSamples } = source;
  // A client library shows a labelled series from its first request on: until then there is none, and no harm, unless
  // it is all that was asked for.
  const isExtra = connections !== undefined || load !== undefined;
  const ofTimes = (reading: ReadingKind, suffix: string) =>
    responseTime && { ...responseTime, reading, name: `${responseTime.name}${suffix}`, optional: isExtra };
  const series = asked([
    connections && { ...connections, reading: "connections" as const, startsAtZero: connections.minus !== undefined },
    connections && minusOf(connections),
    load && { ...load, reading: "load" as const, startsAtZero: load.rate || load.minus !== undefined },
    load && minusOf(load),
    requests && { ...requests, reading: "requests" as const, optional: true },
    ofTimes("responseSum", "_sum"),
    ofTimes("responseCount", "_count"),
    // Of a counter of errors that is not there yet, it is known that there was none.
    errors && { ...errors, reading: "errors" as const, optional: true, absentAs: 0 },
  ]);
  const wanted: Wanted[] = series.map(({ name, ...rest }) => ({ optional: false, ...rest, metric: name }));
  const scan = createScan(series, { maxSamples });
  const scale: ReadingScale = { capacity: load?.capacity, unit: responseTime?.unit };
  const nearOf = rememberNear();

  function toFinding(cause: ScanCause, body: Buffer, now: number): Finding {
    if (cause.kind === "line" || cause.kind === "cut" || cause.kind === "labels" || cause.kind === "limit")
      return cause;
    const { metric } = wanted[cause.index]!;
    if (cause.kind === "value") return { kind: "value", metric, fault: cause.fault };
    if (cause.otherLabels) return { kind: "absent", metric, near: [], otherLabels: true };
    return { kind: "absent", metric, near: nearOf(metric, now, () => namesLike(body, metric)) };
  }

  return ({ body, openMetrics }, now, tell) => {
    const scanned = scan(body, {
      openMetrics,
      notBefore: now - maxValueAgeMs,
      tell: tell && ((cause) => tell(toFinding(cause, body, now))),
    });
    return toMeasured(wanted, scanned, scale, tell);
  };
}

export function measureJson(source: JsonSource): MeasureAnswer {
  const { connections, load, requests, responseTime, errors } = source;
  const isExtra = connections !== undefined || load !== undefined;
  const extra = { optional: true, isExpected: true };
  const ofTimes = { optional: isExtra, isExpected: true };
  const numbers = asked([
    connections && { ...connections, reading: "connections" as const, optional: false },
    connections?.minus && { pointer: connections.minus, reading: "minus" as const, optional: false },
    load && { ...load, reading: "load" as const, optional: false },
    load?.minus && { pointer: load.minus, reading: "minus" as const, optional: false },
    requests && { ...requests, ...extra, reading: "requests" as const },
    responseTime && { ...ofTimes, pointer: responseTime.sum, reading: "responseSum" as const },
    responseTime && { ...ofTimes, pointer: responseTime.count, reading: "responseCount" as const },
    errors && { ...errors, ...extra, reading: "errors" as const },
  ]);
  const wanted: Wanted[] = numbers.map(({ pointer, ...rest }) => ({ ...rest, metric: pointer }));
  const pick = createPick(numbers);
  const scale: ReadingScale = { capacity: load?.capacity, unit: responseTime?.unit };
  const nearOf = rememberNear();

  function toFinding(cause: PickCause, now: number): Finding {
    if (cause.kind === "broken") return { kind: "broken", what: "JSON" };
    const { metric } = wanted[cause.index]!;
    if (cause.kind === "value") return { kind: "value", metric, fault: cause.fault };
    return { kind: "absent", metric, near: nearOf(metric, now, () => pointersLike(cause.document, metric)) };
  }

  return ({ body }, now, tell) =>
    toMeasured(wanted, pick(body, tell && ((cause) => tell(toFinding(cause, now)))), scale, tell);
}
