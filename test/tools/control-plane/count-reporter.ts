import { writeFileSync } from "node:fs";
import type { Reporter, SerializedError, TestCase, TestModule, TestSuite } from "vitest/node";

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  /** `FILE > SUITE` of the project `control-plane`. */
  onPlane: string[];
  /** `FILE > NAME` of what the embedded cluster lacks something for. */
  needing: string[];
}

const needs = / \(needs [^()]+\)$/;

/** The suite or test that is skipped for what the embedded cluster lacks; of several, the outermost. */
function neededBy(test: TestCase): string | undefined {
  const names: string[] = [];
  for (let one: TestCase | TestSuite | TestModule = test; one.type !== "module"; one = one.parent) names.push(one.name);
  return names.findLast((name) => needs.test(name));
}

export const countsVariable = "EVENKEEL_COUNTS";

/**
 * Counts tests; a file or suite that fails around its tests counts as one failure, and so does an error outside of any.
 * What is skipped on the embedded cluster and runs on the control plane in the same run is not skipped.
 */
function count(modules: readonly TestModule[], unhandled: readonly SerializedError[]): Counts {
  const counts: Counts = { passed: 0, failed: unhandled.length, skipped: 0, onPlane: [], needing: [] };
  const onBoth = modules.some(({ project }) => project.name === "control-plane");
  const needing = new Set<string>();
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
      if (needed !== undefined) needing.add(`${module.relativeModuleId} > ${needed}`);
      if (state !== "pending" && !(needed !== undefined && onBoth)) counts[state] += 1;
    }
  }
  return { ...counts, needing: [...needing] };
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
