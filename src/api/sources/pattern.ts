import { RE2JS } from "re2js";

/** Of the program that a pattern becomes: a page takes so much longer to read. */
const maxInstructions = 256;

/** A regular expression that a whole text matches or not, in time linear in the text. */
export type Matches = (text: string) => boolean;

export type CompiledPattern =
  | { readonly kind: "compiled"; readonly matches: Matches }
  | { readonly kind: "malformed" | "tooLarge" };

/**
 * Compiles a pattern in the syntax of RE2, which is that of Prometheus and of the API server's own rules. As in PromQL it
 * is anchored at both ends, and a dot stands for a line feed as well.
 */
export function compilePattern(pattern: string): CompiledPattern {
  try {
    const compiled = RE2JS.compile(pattern, RE2JS.DOTALL);
    if (compiled.programSize() > maxInstructions) return { kind: "tooLarge" };
    return { kind: "compiled", matches: (text) => compiled.testExact(text) };
  } catch {
    return { kind: "malformed" };
  }
}
