import type { HttpSource, JsonSource } from "../../api/metrics.ts";
import type { Answer } from "./fetcher.ts";
import { createPick } from "./json.ts";
import { createScan } from "./prometheus.ts";
import { type Failed, failed, isReading, type Scanned } from "./scanned.ts";

/** No host holds more. A pod that claims more is wrong or lies, and would pass for full for as long as it does. */
const maxConnections = 100_000_000;

/** 10,000 times the capacity. */
const maxLoadPercent = 1_000_000;

export type Measured = { readonly kind: "measured"; readonly connections?: number; readonly load?: number } | Failed;

/** What a pod's answer says, for an answer that came at `now`. */
export type Measure = (answer: Answer, now: number) => Measured;

/** Load in percent, if it is believable. */
export function toLoad(use: number, capacity: number): number | undefined {
  const load = (100 * use) / capacity;
  return isReading(load) && load <= maxLoadPercent ? load : undefined;
}

/** The values come in the order connections, load, as far as the source has them. */
function toMeasured(source: HttpSource | JsonSource, scanned: Scanned): Measured {
  if (scanned.kind === "failed") return scanned;
  const connections = source.connections && scanned.values[0];
  const use = source.load && scanned.values.at(-1);
  if (connections !== undefined && connections > maxConnections) return failed("ValueRefused");
  const load = use === undefined ? undefined : toLoad(use, source.load!.capacity);
  if (use !== undefined && load === undefined) return failed("ValueRefused");
  return { kind: "measured", ...(connections !== undefined && { connections }), ...(load !== undefined && { load }) };
}

const given = <Value>(...values: readonly (Value | undefined)[]): Value[] =>
  values.filter((value) => value !== undefined);

/**
 * Reads exposition text. A value with a timestamp older than `maxValueAgeMs` is refused: the pod answered now, but
 * with a number it has kept. Younger timestamps are not used as times, because clocks differ between nodes.
 */
export function measureHttp(source: HttpSource, maxValueAgeMs: number): Measure {
  const scan = createScan(given(source.connections, source.load));
  return ({ body, openMetrics }, now) =>
    toMeasured(source, scan(body, { openMetrics, notBefore: now - maxValueAgeMs }));
}

export function measureJson(source: JsonSource): Measure {
  const pick = createPick(given(source.connections, source.load).map(({ pointer }) => pointer));
  return ({ body }) => toMeasured(source, pick(body));
}
