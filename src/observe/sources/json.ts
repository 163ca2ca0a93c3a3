import { failed, isReading, type Scanned } from "./scanned.ts";

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
    return { document: JSON.parse(body.toString()) };
  } catch {
    return undefined;
  }
}

/** A reader of the numbers at some JSON pointers (RFC 6901). Only JSON numbers count; a number in quotes is refused. */
export function createPick(pointers: readonly string[]): (body: Buffer) => Scanned {
  const paths = pointers.map(tokensOf);
  return (body) => {
    const parsed = parse(body);
    if (!parsed) return failed("Malformed");
    const values: number[] = [];
    for (const path of paths) {
      const value = resolve(parsed.document, path);
      if (value === undefined) return failed("MetricMissing");
      if (typeof value !== "number" || !isReading(value)) return failed("ValueRefused");
      values.push(value);
    }
    return { kind: "values", values };
  };
}
