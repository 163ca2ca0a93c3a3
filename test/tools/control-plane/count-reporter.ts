import { writeFileSync } from "node:fs";
import type { Reporter, SerializedError, TestModule } from "vitest/node";

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  /** `FILE > SUITE` of the project `cluster`. */
  clusterSuites: string[];
}

export const countsVariable = "EVENKEEL_COUNTS";

/** Counts tests; a file or suite that fails around its tests counts as one failure, and so does an error outside of any. */
function count(modules: readonly TestModule[], unhandled: readonly SerializedError[]): Counts {
  const counts: Counts = { passed: 0, failed: unhandled.length, skipped: 0, clusterSuites: [] };
  for (const module of modules) {
    counts.failed += module.errors().length;
    for (const suite of module.children.allSuites()) {
      counts.failed += suite.errors().length;
      if (module.project.name === "cluster" && suite.parent === module) {
        counts.clusterSuites.push(`${module.relativeModuleId} > ${suite.name}`);
      }
    }
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state !== "pending") counts[state] += 1;
    }
  }
  return counts;
}

/** Hands the counts to `test/run.ts`, which prints them last. */
class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const path = process.env[countsVariable];
    if (path) writeFileSync(path, JSON.stringify(count(modules, unhandled)));
  }
}

// biome-ignore lint/style/noDefaultExport: vitest loads a reporter by its default export
export default CountReporter;
