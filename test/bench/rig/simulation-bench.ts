import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import * as z from "zod";
import { UsageError } from "../../../src/cli/flags/flag.ts";
import { helpOf } from "../../../src/cli/flags/help.ts";
import { readFlags } from "../../../src/cli/flags/read-flags.ts";
import type { Figures, Report } from "../balance/check.ts";
import { type JobKind, runJobs } from "./run-jobs.ts";

/** A part of a benchmark: what it needs to run, and what follows from it. */
interface SimulatedSection<Job, JobResult> {
  readonly title: string;
  readonly jobs: readonly Job[];
  report(resultOf: (job: Job) => JobResult): Report;
}

interface TitledReport extends Report {
  readonly title: string;
}

/** A line on stderr that goes away, on a terminal alone. */
const show = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
};

/** Runs what the sections need, and lets them report; with the seconds since it began, and those of a processor. */
export async function simulate<Job, JobResult extends { readonly cpuMs: number }>(
  kind: JobKind<Job>,
  sections: readonly SimulatedSection<Job, JobResult>[],
  signal: AbortSignal,
) {
  const startedAt = performance.now();
  const seconds = (): number => Math.round((performance.now() - startedAt) / 1_000);
  const resultOf = await runJobs<Job, JobResult>(
    kind,
    sections.flatMap(({ jobs }) => jobs),
    signal,
    (share) => show(`simulating: ${Math.floor(100 * share)}% (${seconds()} s)`),
  ).finally(() => show(""));
  let cpuS = 0;
  const reports = sections.map(({ title, jobs, report }): TitledReport => {
    const cpu = jobs.reduce((sum, job) => sum + resultOf(job).cpuMs, 0) / 1_000;
    cpuS += cpu;
    return { title: `${title} (${Math.round(cpu)} s of a processor)`, ...report(resultOf) };
  });
  return { reports, seconds, cpuS };
}

interface SimulationBench {
  /** As in `npm run bench:NAME`. */
  readonly name: string;
  /** Between the usage and the flags. */
  readonly about: string;
  /** How long the short form takes. */
  readonly quickly: string;
  run(
    quick: boolean,
    signal: AbortSignal,
  ): Promise<{ readonly reports: readonly TitledReport[]; readonly figures: Figures }>;
}

async function bench({ name, about, quickly, run }: SimulationBench, args: readonly string[]): Promise<void> {
  const flags = {
    json: {
      value: "FILE",
      help: "Write every figure to a file, under its stable name.",
      schema: z.string().optional(),
    },
    check: { help: "Fail when a figure is out of its bounds.", schema: z.boolean().default(false) },
    quick: { help: `Fewer cells and shorter runs: ${quickly}.`, schema: z.boolean().default(false) },
  } as const;
  if (args.includes("--help"))
    return void process.stdout.write(`Usage: npm run bench:${name} -- [FLAGS]\n\n${about}\n\n${helpOf(flags)}\n`);
  const { json, check, quick } = readFlags(flags, args);
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => stopping.abort(new Error(`stopped by ${signal}`)));
  const { reports, figures } = await run(quick, stopping.signal);
  for (const { title, lines } of reports) process.stdout.write(`${title}\n  ${lines.join("\n  ")}\n\n`);
  if (json !== undefined) {
    const machine = { "machine.cores": cpus().length, "machine.node": process.version };
    await writeFile(json, `${JSON.stringify({ ...machine, ...figures }, undefined, 2)}\n`);
  }
  const problems = reports.flatMap((report) => report.problems);
  for (const problem of problems) process.stderr.write(`out of bounds: ${problem}\n`);
  if (check && problems.length > 0) process.exitCode = 1;
}

/** The command line of a benchmark by simulation. */
export async function runBench(given: SimulationBench): Promise<void> {
  try {
    await bench(given, process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`bench:${given.name}: ${(error as Error).message}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
