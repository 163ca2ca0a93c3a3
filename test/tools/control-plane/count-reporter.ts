import { writeFileSync } from "node:fs";
import type { Reporter, SerializedError, TestCase, TestModule, TestSuite } from "vitest/node";

/** A file of which something failed. */
export interface FailedFile {
  readonly project: string;
  /** From the folder of the project. */
  readonly file: string;
  readonly passed: number;
  readonly failed: number;
  /** `FILE > SUITE > TEST`, or `FILE` for what failed around its tests. */
  readonly names: readonly string[];
}

export interface Counts {
  passed: number;
  failed: number;
  /** What failed outside of every file is in none of them. */
  failedFiles: FailedFile[];
  /** But for what the embedded cluster lacks something for. */
  skipped: number;
  /** Tests that are skipped on the embedded cluster for what it lacks, */
  needing: number;
  /** and what is skipped with them: `FILE > NAME`, of a test or of the outermost suite. */
  neededBy: string[];
  /** `FILE > SUITE` of the project `control-plane`. */
  onPlane: string[];
}

export const noCounts: Counts = {
  passed: 0,
  failed: 0,
  failedFiles: [],
  skipped: 0,
  needing: 0,
  neededBy: [],
  onPlane: [],
};

const needs = / \(needs [^()]+\)$/;

/** The suite or test that is skipped for what the embedded cluster lacks; of several, the outermost. */
function neededBy(test: TestCase): string | undefined {
  const names: string[] = [];
  for (let one: TestCase | TestSuite | TestModule = test; one.type !== "module"; one = one.parent) names.push(one.name);
  return names.findLast((name) => needs.test(name));
}

export const countsVariable = "EVENKEEL_COUNTS";

function failedFile(module: TestModule): FailedFile | undefined {
  const file = module.relativeModuleId;
  const tests = [...module.children.allTests()];
  const failed = tests.filter((test) => test.result().state === "failed");
  const around = [module, ...module.children.allSuites()].reduce((sum, one) => sum + one.errors().length, 0);
  if (failed.length + around === 0) return undefined;
  return {
    project: module.project.name,
    file,
    passed: tests.filter((test) => test.result().state === "passed").length,
    failed: failed.length + around,
    names: [...failed.map((test) => `${file} > ${test.fullName}`), ...(around > 0 ? [file] : [])],
  };
}

/** Counts tests; a file or suite that fails around its tests counts as one failure, and so does an error outside of any. */
function count(modules: readonly TestModule[], unhandled: readonly SerializedError[]): Counts {
  const failedFiles = modules.flatMap((module) => failedFile(module) ?? []);
  const counts: Counts = { ...noCounts, failed: unhandled.length, failedFiles, onPlane: [] };
  const names = new Set<string>();
  for (const module of modules) {
    counts.failed += module.errors().length;
    for (const suite of module.children.allSuites()) {
      counts.failed += suite.errors().length;
      if (module.project.name === "control-plane" && suite.parent === module) {
        counts.onPlane.push(`${module.relativeModuleId} > ${suite.name}`);
      }
    }
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      const needed = module.project.name === "cluster" ? neededBy(test) : undefined;
      if (needed !== undefined) {
        names.add(`${module.relativeModuleId} > ${needed}`);
        counts.needing += 1;
      } else if (state !== "pending") counts[state] += 1;
    }
  }
  return { ...counts, neededBy: [...names] };
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
