import type { Counts, FailedFile } from "./count-reporter.ts";

/** More than so many files that fail have a cause of their own, which another run only hides. */
const most = 4;

/** The files that are worth another run, each alone; `FAILED` may name what failed outside of every file. */
export function worthAnotherRun(counted: readonly Counts[]): readonly FailedFile[] {
  const files = counted.flatMap(({ failedFiles }) => failedFiles);
  return files.length <= most ? files : [];
}

/** What a file's run by itself makes of the counts of the run in which it failed. */
export function replaceCounts(counts: Counts, file: FailedFile, again: Counts): Counts {
  return {
    ...counts,
    passed: counts.passed - file.passed + again.passed,
    failed: counts.failed - file.failed + again.failed,
    failedFiles: [...counts.failedFiles.filter((other) => other !== file), ...again.failedFiles],
  };
}
