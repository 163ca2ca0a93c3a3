import type { ValueFault } from "../../decide/samples/findings.ts";
import { type Failed, failed } from "../../pods/failed.ts";
import { faultOf, isReading, type Scanned } from "./scanned.ts";

const isIndex = (token: string): boolean => /^(0|[1-9][0-9]{0,9})$/.test(token);

const everyElement = "*";

/** The values that the pointer's tokens lead to: one, or none; of a `*`, those in all elements of a list or an object. */
function resolve(document: unknown, tokens: readonly string[]): readonly unknown[] {
  let values: readonly unknown[] = [document];
  for (const token of tokens)
    values = values.flatMap((value) => {
      if (typeof value !== "object" || value === null) return [];
      if (token === everyElement && !Object.hasOwn(value, token)) return Object.values(value);
      if (!Object.hasOwn(value, token) || (Array.isArray(value) && !isIndex(token))) return [];
      return [(value as Record<string, unknown>)[token]];
    });
  return values;
}

/** A number, or a text that is one as JSON writes it: who has larger integers than JavaScript's puts all in quotes. */
function toNumber(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  const isNumber = typeof value === "string" && /^-?(0|[1-9]\d{0,18})(\.\d{1,18})?([eE][+-]?\d{1,3})?$/.test(value);
  return isNumber ? Number(value) : undefined;
}

/** The sum of the values; undefined where one is no number. */
function sumOf(values: readonly unknown[]): number | undefined {
  let sum = 0;
  for (const value of values) sum += toNumber(value) ?? Number.NaN;
  return Number.isNaN(sum) ? undefined : sum;
}

const tokensOf = (pointer: string): string[] =>
  pointer
    .split("/")
    .slice(1)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));

function parse(body: Buffer): { readonly document: unknown } | undefined {
  try {
    return { document: JSON.parse(body.toString().replace(/^\uFEFF/, "")) };
  } catch {
    return undefined;
  }
}

/** Where a number is wanted; one that is `optional` may be absent, or no reading. */
export interface WantedNumber {
  readonly pointer: string;
  readonly optional?: boolean;
  /** A counter, of which it matters whether it is several. */
  readonly rate?: boolean | undefined;
}

/** For which of the wanted numbers a pick failed, and why; `broken`: what begins as JSON is none. */
export type PickCause =
  | { readonly kind: "broken" }
  | { readonly kind: "value"; readonly index: number; readonly fault: ValueFault }
  | { readonly kind: "absent"; readonly index: number; readonly document: unknown };

/** A reader of the numbers at some JSON pointers (RFC 6901), of which `*` stands for every element, added up. A number may be in quotes. */
export function createPick(
  wanted: readonly (string | WantedNumber)[],
): (body: Buffer, tell?: (cause: PickCause) => void) => Scanned {
  const all = wanted.map((given) => (typeof given === "string" ? { pointer: given } : given));
  const paths = all.map(({ pointer }) => tokensOf(pointer));
  return (body, tell) => {
    const parsed = parse(body);
    if (!parsed) {
      if (/^\uFEFF?\s*[[{]/.test(body.toString("utf8", 0, 64))) tell?.({ kind: "broken" });
      return failed("Malformed");
    }
    const { document } = parsed;
    const faults = new Map<number, ValueFault>();
    const fail = (failure: Failed["failure"], cause: PickCause): Failed => {
      tell?.(cause);
      return failed(failure);
    };
    const values: (number | undefined)[] = [];
    const sums = new Set<number>();
    for (const [index, path] of paths.entries()) {
      const found = resolve(document, path);
      const isOptional = all[index]!.optional === true;
      const value = sumOf(found);
      if (found.length > 1 && all[index]!.rate) sums.add(index);
      if (found.length > 0 && value !== undefined && isReading(value)) {
        values.push(value);
        continue;
      }
      if (found.length === 0 && !isOptional) return fail("MetricMissing", { kind: "absent", index, document });
      const fault = value === undefined ? "NoNumber" : faultOf(value);
      if (!isOptional) return fail("ValueRefused", { kind: "value", index, fault });
      if (found.length > 0) faults.set(index, fault);
      values.push(undefined);
    }
    return { kind: "values", values, ...(faults.size > 0 && { faults }), ...(sums.size > 0 && { sums }) };
  };
}
