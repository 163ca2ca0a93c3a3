import type { ValueFault } from "../../decide/samples/findings.ts";
import { type Failed, failed } from "../../pods/failed.ts";
import { faultOf, isReading, type Scanned } from "./scanned.ts";

const isIndex = (token: string): boolean => /^(0|[1-9][0-9]{0,9})$/.test(token);

/** The value that the pointer's tokens lead to; undefined if there is none. */
function resolve(document: unknown, tokens: readonly string[]): unknown {
  let value = document;
  for (const token of tokens) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, token)) return undefined;
    if (Array.isArray(value) && !isIndex(token)) return undefined;
    value = (value as Record<string, unknown>)[token];
  }
  return value;
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
}

/** For which of the wanted numbers a pick failed, and why; `broken`: what begins as JSON is none. */
export type PickCause =
  | { readonly kind: "broken" }
  | { readonly kind: "value"; readonly index: number; readonly fault: ValueFault }
  | { readonly kind: "absent"; readonly index: number; readonly document: unknown };

/** A reader of the numbers at some JSON pointers (RFC 6901). Only JSON numbers count; a number in quotes is refused. */
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
    for (const [index, path] of paths.entries()) {
      const value = resolve(document, path);
      const isOptional = all[index]!.optional === true;
      if (typeof value === "number" && isReading(value)) {
        values.push(value);
        continue;
      }
      if (value === undefined && !isOptional) return fail("MetricMissing", { kind: "absent", index, document });
      const fault = typeof value === "number" ? faultOf(value) : "NoNumber";
      if (!isOptional) return fail("ValueRefused", { kind: "value", index, fault });
      if (value !== undefined) faults.set(index, fault);
      values.push(undefined);
    }
    return { kind: "values", values, ...(faults.size > 0 && { faults }) };
  };
}
