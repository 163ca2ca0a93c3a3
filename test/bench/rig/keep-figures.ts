import { writeFile } from "node:fs/promises";
import { checkRanges } from "./check-ranges.ts";
import type { Figures } from "./figures.ts";

export interface Keeping {
  readonly json?: string | undefined;
  readonly check: boolean;
}

/**
 * Writes figures to a file and holds them to their ranges, where that is asked for; what is out of range fails the run.
 * `isMeasured` tells of a name in the ranges whether this run should have it.
 */
export async function keepFigures(
  figures: Figures,
  { json, check }: Keeping,
  isMeasured: (name: string) => boolean,
): Promise<void> {
  if (json !== undefined) await writeFile(json, `${JSON.stringify(figures, undefined, 2)}\n`);
  const problems = check ? await checkRanges(figures, isMeasured) : [];
  for (const problem of problems) process.stderr.write(`out of range: ${problem}\n`);
  if (problems.length > 0) process.exitCode = 1;
}
