import { RE2JS } from "re2js";

/** Of the program that a pattern becomes: a page takes so much longer to read. */
const maxInstructions = 256;
/** What a pattern may come to at most before it is compiled, by a count that is seldom too high by half. */
const mostExpected = 4 * maxInstructions;

/** A regular expression that a whole text matches or not, in time linear in the text. */
export type Matches = (text: string) => boolean;

export type CompiledPattern =
  | { readonly kind: "compiled"; readonly matches: Matches; readonly instructions: number }
  | { readonly kind: "malformed" | "tooLarge" };

/** One step of a pattern: an escape, a class, a group's begin or end, a repetition, or any other sign. */
const steps =
  /\\(?:[pP]\{[^}]*\}|.)|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?:\?(?:P?<\w+>|[A-Za-z-]*:?))?|\)|\{(\d+)(?:,(\d*))?\}|./gsu;

/** About how many instructions a pattern comes to, by what its counts multiply: to compile some takes long. */
function expectedSize(pattern: string): number {
  const outer: number[] = [];
  let size = 0;
  let last = 0;
  for (const [step, least, most] of pattern.matchAll(steps)) {
    if (step.startsWith("(")) {
      outer.push(size + last);
      [size, last] = [0, 0];
    } else if (step === ")" && outer.length > 0) {
      last = size + last + 2;
      size = outer.pop()!;
    } else if (least !== undefined) {
      last *= Math.max(1, Number(least), Number(most ?? 0));
    } else {
      size += last;
      last = 1;
    }
  }
  return outer.reduce((sum, part) => sum + part, size + last);
}

/**
 * Compiles a pattern in the syntax of RE2, which is that of Prometheus and of the API server's own rules. As in PromQL it
 * is anchored at both ends, and a dot stands for a line feed as well.
 */
export function compilePattern(pattern: string): CompiledPattern {
  if (expectedSize(pattern) > mostExpected) return { kind: "tooLarge" };
  try {
    const compiled = RE2JS.compile(pattern, RE2JS.DOTALL);
    const instructions = compiled.programSize();
    if (instructions > maxInstructions) return { kind: "tooLarge" };
    return { kind: "compiled", matches: (text) => compiled.testExact(text), instructions };
  } catch {
    return { kind: "malformed" };
  }
}

/** Verdicts that are kept, as specs are read again with every change of a pool. */
const mostKept = 1_024;
const kept = new Map<string, CompiledPattern["kind"]>();

/** Whether a pattern is one that `compilePattern` compiles. */
export function judgePattern(pattern: string): CompiledPattern["kind"] {
  const known = kept.get(pattern);
  if (known !== undefined) return known;
  const { kind } = compilePattern(pattern);
  if (kept.size >= mostKept) kept.clear();
  kept.set(pattern, kind);
  return kind;
}
