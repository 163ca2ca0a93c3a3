import { compilePattern, type Matches } from "../../api/sources/pattern.ts";
import type { ExpositionLine } from "./exposition-line.ts";

/** A longer value matches nothing. */
const maxValueBytes = 1_024;
/** Verdicts are kept of values up to this length, and of so much altogether: most labels have few values, page after page. */
const maxKeptBytes = 256;
const mostKeptBytes = 524_288;
/** What it takes to keep a value of any length. */
const keptOverheadBytes = 64;

const sizeOf = (value: string): number => value.length + keptOverheadBytes;

/** What may still be matched of a page: signs of values, times the instructions of the pattern. */
export interface MatchBudget {
  work: number;
}

/** For values that were not seen before. So much takes a tenth of a second at worst, and mostly a hundredth of that. */
export const matchWorkPerPage = 1_500_000;

/** A label that a series must have, by a regular expression. */
export class LabelPattern {
  readonly #label: Uint8Array;
  readonly #matches: Matches;
  readonly #instructions: number;
  readonly #kept = new Map<string, boolean>();
  #keptBytes = 0;

  constructor(label: string, pattern: string) {
    const compiled = compilePattern(pattern);
    this.#label = Buffer.from(label);
    this.#matches = compiled.kind === "compiled" ? compiled.matches : () => false;
    this.#instructions = compiled.kind === "compiled" ? compiled.instructions : 0;
  }

  /** Takes what it matches off the budget; with less than nothing left, the answer means nothing. */
  matches(line: ExpositionLine, budget: MatchBudget): boolean {
    const value = line.valueOf(this.#label, maxValueBytes);
    if (value === undefined) return false;
    const known = this.#kept.get(value);
    if (known !== undefined) return known;
    budget.work -= (value.length + 1) * this.#instructions;
    if (budget.work < 0) return false;
    const verdict = this.#matches(value);
    if (value.length <= maxKeptBytes) this.#keep(value, verdict);
    return verdict;
  }

  #keep(value: string, verdict: boolean): void {
    this.#kept.set(value, verdict);
    this.#keptBytes += sizeOf(value);
    for (const [oldest] of this.#kept) {
      if (this.#keptBytes <= mostKeptBytes) return;
      this.#kept.delete(oldest);
      this.#keptBytes -= sizeOf(oldest);
    }
  }
}
