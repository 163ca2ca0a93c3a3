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

/** Progress on stderr: on a terminal a line that goes away, else a line each tenth. */
function progress(title: string) {
  let tenths = 0;
  return {
    show(share: number, seconds: number): void {
      const text = `${title}: ${Math.floor(100 * share)}% (${seconds} s)`;
      if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text.slice(0, process.stderr.columns - 1)}`);
      else if (Math.floor(10 * share) > tenths) {
        tenths = Math.floor(10 * share);
        process.stderr.write(`${text}\n`);
      }
    },
    end(): void {
      if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
    },
  };
}

export interface BenchRun {
  /** Fewer cells and shorter runs. */
  readonly quick: boolean;
  readonly signal: AbortSignal;
  /** Prints what a part has found. */
  tell(report: TitledReport): void;
}

/** Runs section by section, each with its report; with the seconds since it began, and those of a processor. */
export async function simulate<Job, JobResult extends { readonly cpuMs: number }>(
  kind: JobKind<Job>,
  sections: readonly SimulatedSection<Job, JobResult>[],
  { signal, tell }: BenchRun,
) {
  const startedAt = performance.now();
  const seconds = (): number => Math.round((performance.now() - startedAt) / 1_000);
  const known = new Map<string, JobResult>();
  const reports: TitledReport[] = [];
  let cpuS = 0;
  for (const { title, jobs, report } of sections) {
    const shown = progress(title);
    const resultOf = await runJobs<Job, JobResult>(kind, jobs, {
      signal,
      known,
      onProgress: (share) => shown.show(share, seconds()),
    }).finally(shown.end);
    const cpu = jobs.reduce((sum, job) => sum + resultOf(job).cpuMs, 0) / 1_000;
    cpuS += cpu;
    const titled = { title: `${title} (${Math.round(cpu)} s of a processor)`, ...report(resultOf) };
    tell(titled);
    reports.push(titled);
  }
  return { reports, seconds, cpuS };
}

interface SimulationBench {
  /** As in `npm run bench:NAME`. */
  readonly name: string;
  /** Between the usage and the flags. */
  readonly about: string;
  /** How long the short form takes. */
  readonly quickly: string;
  run(given: BenchRun): Promise<{ readonly reports: readonly TitledReport[]; readonly figures: Figures }>;
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
  const tell = ({ title, lines }: TitledReport): void =>
    void process.stdout.write(`${title}\n  ${lines.join("\n  ")}\n\n`);
  const { reports, figures } = await run({ quick, signal: stopping.signal, tell });
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
