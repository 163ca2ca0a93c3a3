import { clock, oneLine } from "../../../cli/terminal/text.ts";

export interface Trouble {
  /** Since the command's start. */
  readonly atMs: number;
  readonly message: string;
}

/** Errors whose words are kept: a broken demo must not fill the memory. */
const mostErrors = 1_000;
/** Trouble is shown for this long. */
const shownForMs = 10_000;

/** What went wrong. */
export class Troubles {
  /** The first of them. */
  readonly errors: Trouble[] = [];
  /** How many there were in all. */
  errorCount = 0;
  /** The last warning or error. */
  trouble: Trouble | undefined;
  /** Whether somebody has just broken something, so that failures of pods are what was asked for. */
  excuse: () => boolean = () => false;
  /** Failures that were excused. */
  excused = 0;

  warn(atMs: number, message: string): void {
    this.trouble = { atMs, message: oneLine(message) };
  }

  /** A pod has not done what it should. */
  podFailed(atMs: number, message: string): void {
    if (this.excuse()) this.excused += 1;
    else this.fail(atMs, message);
  }

  fail(atMs: number, message: string): void {
    this.trouble = { atMs, message: oneLine(message) };
    this.errorCount += 1;
    if (this.errors.length < mostErrors) this.errors.push(this.trouble);
  }

  /** The last warning or error, as long as it is to be shown. */
  shownAt(atMs: number): string | undefined {
    return this.trouble && atMs - this.trouble.atMs < shownForMs ? this.trouble.message : undefined;
  }
}

const mostTold = 5;

/** The errors, in a few lines. */
export function tellErrors({ errors, errorCount }: Troubles): string[] {
  return [
    ...errors.slice(0, mostTold).map(({ atMs, message }) => `! ${clock(atMs)} ${message}`),
    ...(errorCount > mostTold ? [`! ${errorCount - mostTold} more errors`] : []),
  ];
}

/** The errors, as `--json` writes them. */
export const describeErrors = ({ errors, errorCount, excused }: Troubles) => ({
  errorCount,
  excused,
  errors: errors.map(({ atMs, message }) => ({ atMs: Math.round(atMs), message })),
});
