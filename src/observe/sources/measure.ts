import type { HttpSource, JsonSource } from "../../api/metrics.ts";
import type { Sample } from "../../decide/world.ts";
import type { Answer } from "./fetcher.ts";
import { createPick } from "./json.ts";
import { createScan, type WantedSeries } from "./prometheus.ts";
import { type Failed, failed, isReading } from "./scanned.ts";

/** No host holds more. A pod that claims more is wrong or lies, and would pass for full for as long as it does. */
const maxConnections = 100_000_000;

/** 10,000 times the capacity. */
const maxLoadPercent = 1_000_000;

export type Measured = ({ readonly kind: "measured" } & Omit<Sample, "takenAt">) | Failed;

/** What a pod's answer says, for an answer that came at `now`. */
export type Measure = (answer: Answer, now: number) => Measured;

/** Load in percent, if it is believable. */
export function toLoad(use: number, capacity: number): number | undefined {
  const load = (100 * use) / capacity;
  return isReading(load) && load <= maxLoadPercent ? load : undefined;
}

/** The readings of one answer by what they are of. */
type Readings = Partial<
  Record<"connections" | "load" | "requests" | "responseSum" | "responseCount" | "errors", number>
>;

/** What the readings are measured in. */
interface Scale {
  /** Reading that means a load of 100 %. */
  readonly capacity: number | undefined;
  /** Unit of the response times. */
  readonly unit: keyof typeof unitMs | undefined;
}

const unitMs = { Seconds: 1_000, Milliseconds: 1 };

function toMeasured(readings: Readings, { capacity, unit }: Scale): Measured {
  const { connections, load: use, responseSum, responseCount, errors } = readings;
  const requests = readings.requests ?? responseCount;
  if (connections !== undefined && connections > maxConnections) return failed("ValueRefused");
  const load = use === undefined ? undefined : toLoad(use, capacity!);
  if (use !== undefined && load === undefined) return failed("ValueRefused");
  return {
    kind: "measured",
    ...(connections !== undefined && { connections }),
    ...(load !== undefined && { load }),
    ...(requests !== undefined && { requests }),
    ...(errors !== undefined && { errors }),
    ...(responseSum !== undefined &&
      responseCount !== undefined && {
        responses: { totalMs: responseSum * unitMs[unit ?? "Seconds"], count: responseCount },
      }),
  };
}

/** Names the values that were scanned in the order of the names. */
const named = (names: readonly (keyof Readings)[], values: readonly (number | undefined)[]): Readings =>
  Object.fromEntries(names.flatMap((name, index) => (values[index] === undefined ? [] : [[name, values[index]]])));

/** Those that are wanted, with their names. */
const given = <Wanted>(wanted: Readonly<Partial<Record<keyof Readings, Wanted | undefined>>>) => {
  const entries = Object.entries(wanted).filter(([, value]) => value !== undefined);
  return {
    names: entries.map(([name]) => name as keyof Readings),
    wanted: entries.map(([, value]) => value as Wanted),
  };
};

/**
 * Reads exposition text. A value with a timestamp older than `maxValueAgeMs` is refused: the pod answered now, but
 * with a number it has kept. Younger timestamps are not used as times, because clocks differ between nodes.
 */
export function measureHttp(source: HttpSource, maxValueAgeMs: number): Measure {
  const { connections, load, requests, responseTime, errors } = source;
  // A client library shows a labelled series from its first request on: until then there is none, and no harm, unless
  // it is all that was asked for.
  const isExtra = connections !== undefined || load !== undefined;
  const part = (suffix: string) =>
    responseTime && { ...responseTime, name: `${responseTime.name}${suffix}`, optional: isExtra };
  const { names, wanted } = given<WantedSeries>({
    connections,
    load,
    requests: requests && { ...requests, optional: true },
    responseSum: part("_sum"),
    responseCount: part("_count"),
    errors: errors && { ...errors, optional: true },
  });
  const scan = createScan(wanted);
  const scale: Scale = { capacity: load?.capacity, unit: responseTime?.unit };
  return ({ body, openMetrics }, now) => {
    const scanned = scan(body, { openMetrics, notBefore: now - maxValueAgeMs });
    if (scanned.kind === "failed") return scanned;
    const readings = named(names, scanned.values);
    // Of a counter of errors that is not there yet, it is known that there was none.
    return toMeasured(errors ? { errors: 0, ...readings } : readings, scale);
  };
}

export function measureJson({ connections, load, requests, responseTime, errors }: JsonSource): Measure {
  const { names, wanted } = given({
    connections,
    load,
    requests,
    responseSum: responseTime && { pointer: responseTime.sum },
    responseCount: responseTime && { pointer: responseTime.count },
    errors,
  });
  const pick = createPick(wanted.map(({ pointer }) => pointer));
  const scale: Scale = { capacity: load?.capacity, unit: responseTime?.unit };
  return ({ body }) => {
    const scanned = pick(body);
    return scanned.kind === "failed" ? scanned : toMeasured(named(names, scanned.values), scale);
  };
}
