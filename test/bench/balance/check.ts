import type { Scenario } from "../../../src/lab/sim/scenario.ts";
import { createJob, type Job, type JobResult } from "./jobs.ts";

export type Figures = Readonly<Record<string, number>>;

/** A part of the benchmark: what it needs to run, and what follows from it. */
export interface Section {
  readonly title: string;
  readonly jobs: readonly Job[];
  report(resultOf: (job: Job) => JobResult): Report;
}

export interface Report {
  readonly figures: Figures;
  readonly lines: readonly string[];
  /** What is out of its bounds. */
  readonly problems: readonly string[];
}

/** A mean response time that is known. */
export interface Check {
  /** Part of the figures' names. */
  readonly name: string;
  readonly job: Job;
  readonly reference: number;
  /** Standard error of the reference, where it is known. */
  readonly referenceSe: number;
  /** Relative error that is accepted at least; three standard errors are always accepted. */
  readonly bound: number;
}

export const check = (
  name: string,
  change: Partial<Scenario>,
  reference: number,
  { bound = 0.03, referenceSe = 0, seeds = 3 }: Partial<Pick<Check, "bound" | "referenceSe">> & { seeds?: number } = {},
): Check => ({ name, job: createJob(change, { seeds }), reference, referenceSe, bound });

export const digits = (value: number): number => Number(value.toPrecision(4));
const cell = (value: number | string, width = 10): string =>
  (typeof value === "number" ? String(digits(value)) : value).padStart(width);
const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

/** Every check as a line and as figures; the largest error, and how many are outside their bounds. */
function reportChecks(group: string, checks: readonly Check[], resultOf: (job: Job) => JobResult): Report {
  const figures: Record<string, number> = {};
  const problems: string[] = [];
  const lines = [
    `${"".padEnd(44)}${["ours", "se", "p99", "p99.9", "reference", "error", "accepted"].map((name) => cell(name)).join("")}`,
  ];
  let largest = 0;
  for (const { name, job, reference, referenceSe, bound } of checks) {
    const { mean, se, p50, p99, p999 } = resultOf(job).summary;
    const error = mean / reference - 1;
    const accepted = Math.max(bound, (3 * Math.hypot(se, referenceSe)) / reference);
    const outside = Math.abs(error) > accepted;
    largest = Math.max(largest, Math.abs(error));
    if (outside) problems.push(`${group}.${name}: ${digits(mean)}, should be ${reference} within ${percent(accepted)}`);
    const own = { mean, se, p50, p99, p999, reference, error, accepted };
    for (const [key, value] of Object.entries(own)) figures[`balance.${group}.${name}.${key}`] = digits(value);
    lines.push(
      `${name.padEnd(44)}${[mean, se, p99, p999, reference].map((value) => cell(value)).join("")}` +
        `${cell(percent(error))}${cell(percent(accepted))}${outside ? " !" : ""}`,
    );
  }
  figures[`balance.${group}_max_error`] = digits(largest);
  figures[`balance.${group}_checks`] = checks.length;
  figures[`balance.${group}_outside`] = problems.length;
  return { figures, lines, problems };
}

/** A section that is nothing but checks. */
export const createCheckSection = (title: string, group: string, checks: readonly Check[]): Section => ({
  title,
  jobs: checks.map(({ job }) => job),
  report: (resultOf) => reportChecks(group, checks, resultOf),
});
