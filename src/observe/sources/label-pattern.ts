import { compilePattern, type Matches } from "../../api/sources/pattern.ts";
import type { ExpositionLine } from "./exposition-line.ts";

/** A longer value matches nothing. */
const maxValueBytes = 1_024;
/** Values whose verdict is kept, and how long they may be: most labels have few, page after page. */
const mostKept = 4_096;
const maxKeptBytes = 256;

/** What may still be matched of a page. */
export interface MatchBudget {
  bytes: number;
}

/** Of values that were not seen before: to match so much takes a tenth of a second at worst, and mostly a hundredth. */
export const matchedBytesPerPage = 524_288;

/** A label that a series must have, by a regular expression. */
export class LabelPattern {
  readonly #label: Uint8Array;
  readonly #matches: Matches;
  readonly #kept = new Map<string, boolean>();

  constructor(label: string, pattern: string) {
    const compiled = compilePattern(pattern);
    this.#label = Buffer.from(label);
    this.#matches = compiled.kind === "compiled" ? compiled.matches : () => false;
  }

  /** Takes what it matches off the budget; with less than nothing left, the answer means nothing. */
  matches(line: ExpositionLine, budget: MatchBudget): boolean {
    const value = line.valueOf(this.#label, maxValueBytes);
    if (value === undefined) return false;
    const known = this.#kept.get(value);
    if (known !== undefined) return known;
    budget.bytes -= value.length;
    if (budget.bytes < 0) return false;
    const verdict = this.#matches(value);
    if (value.length <= maxKeptBytes) {
      if (this.#kept.size >= mostKept) this.#kept.clear();
      this.#kept.set(value, verdict);
    }
    return verdict;
  }
}
