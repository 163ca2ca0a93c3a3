import { defined } from "../../api/defined.ts";
import type { LoadCounter, RefusedMetric, Sample } from "../../decide/world.ts";
import { type Failed, failed, type Tell } from "../../pods/failed.ts";
import { isReading, type Scanned } from "./scanned.ts";

/** What a pod can be asked for, as it is counted. */
export type ReadingKind = "connections" | "load" | "requests" | "responseSum" | "responseCount" | "errors";

/**
 * What no pod has. One that claims more is wrong or lies, and would pass for full, or for slow, for as long as it does.
 * Connections: no host holds more. Counts: a million a second for thirty years. Times, in milliseconds: those of as many
 * responses that took a second each.
 */
const most: Readonly<Record<Exclude<ReadingKind, "load">, number>> = {
  connections: 1e8,
  requests: 1e15,
  responseCount: 1e15,
  errors: 1e15,
  responseSum: 1e18,
};

/** 10,000 times the capacity. */
const maxLoadPercent = 1_000_000;

/** What a pod's answer says; when it was asked, whoever asked knows. */
type Measured = Omit<Sample, "takenAt" | "counter"> & { readonly counter?: Omit<LoadCounter, "at"> };

export type MeasuredAnswer = ({ readonly kind: "measured" } & Measured) | Failed;

/** Whether a load, in percent, is one that a pod can have. */
export const isBelievable = (load: number): boolean => isReading(load) && load <= maxLoadPercent;

/** Load in percent, if it is believable. */
export function toLoad(use: number, capacity: number): number | undefined {
  const load = (100 * use) / capacity;
  return isBelievable(load) ? load : undefined;
}

/** What the readings are measured in. */
export interface ReadingScale {
  /** Reading that means a load of 100 %. */
  readonly capacity: number | undefined;
  /** Unit of the response times. */
  readonly unit: keyof typeof unitMs | undefined;
}

const unitMs = { Seconds: 1_000, Milliseconds: 1 };

/** One reading that a pool wants. */
export interface Wanted {
  /** `minus`: it is taken off from the one before. */
  readonly reading: ReadingKind | "minus";
  /** As the pod calls it. */
  readonly metric: string;
  /** Whether the sample does without it where it is none. */
  readonly optional: boolean;
  /** What it is where the pod does not tell it; absent: nothing. */
  readonly absentAs?: number;
  /** Whether it is told to be missing. */
  readonly isExpected?: boolean;
  /** A counter, whose rate is what is wanted. */
  readonly rate?: boolean | undefined;
}

const partOf: Readonly<Record<Exclude<ReadingKind, "connections" | "load">, RefusedMetric["of"]>> = {
  requests: "requests",
  responseSum: "responseTime",
  responseCount: "responseTime",
  errors: "errors",
};

/** A reading in the unit of a sample; undefined where it is absurd. */
function toScale(reading: ReadingKind, value: number, { capacity, unit }: ReadingScale): number | undefined {
  if (reading === "load") return toLoad(value, capacity ?? 100);
  const scaled = reading === "responseSum" ? value * unitMs[unit ?? "Seconds"] : value;
  return scaled <= most[reading] ? scaled : undefined;
}

/** A value less what is taken off from it; counters that are read one after the other may overtake each other. */
function lessOf(wanted: readonly Wanted[], values: readonly (number | undefined)[], index: number): number | undefined {
  const value = values[index];
  if (value === undefined || wanted[index + 1]?.reading !== "minus") return value;
  return Math.max(0, value - values[index + 1]!);
}

export function toMeasured(
  wanted: readonly Wanted[],
  scanned: Scanned,
  scale: ReadingScale,
  tell: Tell | undefined,
): MeasuredAnswer {
  if (scanned.kind === "failed") return scanned;
  const readings: Partial<Record<ReadingKind, number>> = {};
  const refused = new Map<RefusedMetric["of"], RefusedMetric>();
  let counter: Measured["counter"];
  for (const [index, { reading, metric, optional, absentAs, isExpected, rate }] of wanted.entries()) {
    if (reading === "minus") continue;
    const value = lessOf(wanted, scanned.values, index);
    if (rate && value !== undefined) {
      const isSum = scanned.sums?.has(index) ?? false;
      counter = { metric, total: (100 * value) / (scale.capacity ?? 100), ...(isSum && { isSum }) };
      continue;
    }
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
    ...defined({ counter }),
    ...(refused.size > 0 && { refused: [...refused.values()] }),
  };
}

function toSample(
  { connections, load, requests, responseSum, responseCount, errors }: Readonly<Partial<Record<ReadingKind, number>>>,
  isCounted: boolean,
): Measured {
  const served = isCounted ? requests : responseCount;
  return {
    ...defined({ connections, load, requests: served, errors }),
    ...(responseSum !== undefined &&
      responseCount !== undefined && { responses: { totalMs: responseSum, count: responseCount } }),
  };
}
