import type { HttpSource } from "../../api/sources/http.ts";
import type { JsonSource } from "../../api/sources/json.ts";
import type { Finding } from "../../decide/samples/findings.ts";
import type { RefusedMetric, Sample } from "../../decide/world.ts";
import { type Failed, failed, type Tell } from "../../pods/failed.ts";
import type { PodAnswer } from "../../pods/fetcher.ts";
import { namesLike } from "./exposition-names.ts";
import { createPick, type PickCause } from "./json.ts";
import { pointersLike } from "./json-names.ts";
import { createScan, type ScanCause } from "./prometheus.ts";
import { isReading, type Scanned } from "./scanned.ts";

/** What a pod can be asked for, as it is counted. */
type Reading = "connections" | "load" | "requests" | "responseSum" | "responseCount" | "errors";

/**
 * What no pod has. One that claims more is wrong or lies, and would pass for full, or for slow, for as long as it does.
 * Connections: no host holds more. Counts: a million a second for thirty years. Times, in milliseconds: those of as many
 * responses that took a second each.
 */
const most: Readonly<Record<Exclude<Reading, "load">, number>> = {
  connections: 1e8,
  requests: 1e15,
  responseCount: 1e15,
  errors: 1e15,
  responseSum: 1e18,
};

/** 10,000 times the capacity. */
const maxLoadPercent = 1_000_000;

export type MeasuredAnswer = ({ readonly kind: "measured" } & Omit<Sample, "takenAt">) | Failed;

/** What a pod's answer says, for an answer that came at `now`. */
export type MeasureAnswer = (answer: PodAnswer, now: number, tell?: Tell) => MeasuredAnswer;

/** Load in percent, if it is believable. */
export function toLoad(use: number, capacity: number): number | undefined {
  const load = (100 * use) / capacity;
  return isReading(load) && load <= maxLoadPercent ? load : undefined;
}

/** What the readings are measured in. */
interface Scale {
  /** Reading that means a load of 100 %. */
  readonly capacity: number | undefined;
  /** Unit of the response times. */
  readonly unit: keyof typeof unitMs | undefined;
}

const unitMs = { Seconds: 1_000, Milliseconds: 1 };

/** One reading that a pool wants. */
interface Wanted {
  readonly reading: Reading;
  /** As the pod calls it. */
  readonly metric: string;
  /** Whether the sample does without it where it is none. */
  readonly optional: boolean;
  /** What it is where the pod does not tell it; absent: nothing. */
  readonly absentAs?: number;
  /** Whether it is told to be missing. */
  readonly isExpected?: boolean;
}

const partOf: Readonly<Record<Exclude<Reading, "connections" | "load">, RefusedMetric["of"]>> = {
  requests: "requests",
  responseSum: "responseTime",
  responseCount: "responseTime",
  errors: "errors",
};

/** A reading in the unit of a sample; undefined where it is absurd. */
function toScale(reading: Reading, value: number, { capacity, unit }: Scale): number | undefined {
  if (reading === "load") return toLoad(value, capacity ?? 100);
  const scaled = reading === "responseSum" ? value * unitMs[unit ?? "Seconds"] : value;
  return scaled <= most[reading] ? scaled : undefined;
}

function toMeasured(wanted: readonly Wanted[], scanned: Scanned, scale: Scale, tell: Tell | undefined): MeasuredAnswer {
  if (scanned.kind === "failed") return scanned;
  const readings: Partial<Record<Reading, number>> = {};
  const refused = new Map<RefusedMetric["of"], RefusedMetric>();
  for (const [index, { reading, metric, optional, absentAs, isExpected }] of wanted.entries()) {
    const value = scanned.values[index];
    const isAbsent = value === undefined && !scanned.faults?.has(index);
    const scaled = value === undefined ? undefined : toScale(reading, value, scale);
    const known = isAbsent ? absentAs : scaled;
    if (known !== undefined) readings[reading] = known;
    if (known !== undefined || (isAbsent && !isExpected)) continue;
    const fault: RefusedMetric["fault"] = isAbsent ? "Missing" : (scanned.faults?.get(index) ?? "Absurd");
    if (reading === "connections" || reading === "load" || !optional) {
      if (fault !== "Missing") tell?.({ kind: "value", metric, fault });
      return failed("ValueRefused");
    }
    const of = partOf[reading];
    if (!refused.has(of)) refused.set(of, { of, metric, fault });
  }
  // One counter does not stand in for another from one sample to the next: what they differ by was never served.
  const isCounted = wanted.some(({ reading }) => reading === "requests");
  return {
    kind: "measured",
    ...toSample(readings, isCounted),
    ...(refused.size > 0 && { refused: [...refused.values()] }),
  };
}

function toSample(
  { connections, load, requests, responseSum, responseCount, errors }: Readonly<Partial<Record<Reading, number>>>,
  isCounted: boolean,
): Omit<Sample, "takenAt"> {
  const served = isCounted ? requests : responseCount;
  return {
    ...(connections !== undefined && { connections }),
    ...(load !== undefined && { load }),
    ...(served !== undefined && { requests: served }),
    ...(errors !== undefined && { errors }),
    ...(responseSum !== undefined &&
      responseCount !== undefined && { responses: { totalMs: responseSum, count: responseCount } }),
  };
}

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
const asked = <W extends object>(wanted: readonly (W | undefined)[]): W[] => wanted.flatMap((one) => one ?? []);

/**
 * Reads exposition text. A value with a timestamp older than `maxValueAgeMs` is refused: the pod answered now, but
 * with a number it has kept. Younger timestamps are not used as times, because clocks differ between nodes.
 */
export function measureHttp(source: HttpSource, maxValueAgeMs: number): MeasureAnswer {
  const { connections, load, requests, responseTime, errors, maxSamples } = source;
  // A client library shows a labelled series from its first request on: until then there is none, and no harm, unless
  // it is all that was asked for.
  const isExtra = connections !== undefined || load !== undefined;
  const ofTimes = (reading: Reading, suffix: string) =>
    responseTime && { ...responseTime, reading, name: `${responseTime.name}${suffix}`, optional: isExtra };
  const series = asked([
    connections && { ...connections, reading: "connections" as const, optional: false },
    load && { ...load, reading: "load" as const, optional: false },
    requests && { ...requests, reading: "requests" as const, optional: true },
    ofTimes("responseSum", "_sum"),
    ofTimes("responseCount", "_count"),
    // Of a counter of errors that is not there yet, it is known that there was none.
    errors && { ...errors, reading: "errors" as const, optional: true, absentAs: 0 },
  ]);
  const wanted: Wanted[] = series.map(({ name, ...rest }) => ({ ...rest, metric: name }));
  const scan = createScan(series, { maxSamples });
  const scale: Scale = { capacity: load?.capacity, unit: responseTime?.unit };
  const nearOf = rememberNear();

  function toFinding(cause: ScanCause, body: Buffer, now: number): Finding {
    if (cause.kind === "line" || cause.kind === "cut") return cause;
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
    if (scanned.kind === "failed" && scanned.failure === "TooManySamples") tell?.({ kind: "limit", most: maxSamples });
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
    load && { ...load, reading: "load" as const, optional: false },
    requests && { ...requests, ...extra, reading: "requests" as const },
    responseTime && { ...ofTimes, pointer: responseTime.sum, reading: "responseSum" as const },
    responseTime && { ...ofTimes, pointer: responseTime.count, reading: "responseCount" as const },
    errors && { ...errors, ...extra, reading: "errors" as const },
  ]);
  const wanted: Wanted[] = numbers.map(({ pointer, ...rest }) => ({ ...rest, metric: pointer }));
  const pick = createPick(numbers);
  const scale: Scale = { capacity: load?.capacity, unit: responseTime?.unit };
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
