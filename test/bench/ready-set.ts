import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import * as z from "zod";
import { UsageError } from "../../src/cli/flags/flag.ts";
import { helpOf } from "../../src/cli/flags/help.ts";
import { readFlags } from "../../src/cli/flags/read-flags.ts";
import { crowds } from "./ready-set/crowds.ts";
import { type ConnectionJob, type ConnectionResult, costOf, keyOf } from "./ready-set/jobs.ts";
import { joining } from "./ready-set/joining.ts";
import { neverWorse } from "./ready-set/never-worse.ts";
import type { FiguresOf } from "./ready-set/section.ts";
import { referenceTable } from "./ready-set/table.ts";
import { runJobs } from "./rig/run-jobs.ts";

const flags = {
  json: { value: "FILE", help: "Write every figure to a file, under its stable name.", schema: z.string().optional() },
  check: { help: "Fail when a figure is out of its bounds.", schema: z.boolean().default(false) },
  quick: { help: "Fewer cells and shorter runs: about a minute.", schema: z.boolean().default(false) },
} as const;

const help = `Usage: npm run bench:ready-set -- [FLAGS]

How evenly connections lie on pods when the least busy are published as ready, by
simulation (src/lab/sim/connections) with the operator's own rule: beside
independent simulations, with the larger of 3 % and three standard errors
accepted; beside a plain Service at any hold time; after a crowd came back; and
after pods joined.

${helpOf(flags)}
`;

/** A line on stderr that goes away, on a terminal alone. */
const show = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
};

async function run(quick: boolean, signal: AbortSignal) {
  const sections = [referenceTable(quick), neverWorse(quick), crowds(quick), joining(quick)];
  const startedAt = performance.now();
  const seconds = (): number => Math.round((performance.now() - startedAt) / 1_000);
  const resultOf = await runJobs<ConnectionJob, ConnectionResult>(
    { worker: new URL("ready-set/worker.ts", import.meta.url), keyOf, costOf },
    sections.flatMap(({ jobs }) => jobs),
    signal,
    (share) => show(`simulating: ${Math.floor(100 * share)}% (${seconds()} s)`),
  ).finally(() => show(""));
  const figuresOf: FiguresOf = (job) => resultOf(job).figures as ReturnType<typeof figuresOf<typeof job.kind>>;
  const reports = sections.map(({ title, jobs, report }) => {
    const cpu = jobs.reduce((sum, job) => sum + resultOf(job).cpuMs, 0) / 1_000;
    return { title: `${title} (${Math.round(cpu)} s of a processor)`, ...report(figuresOf) };
  });
  const figures = { ...Object.assign({}, ...reports.map((report) => report.figures)), "ready_set.seconds": seconds() };
  return { reports, figures };
}

async function main(args: readonly string[]): Promise<void> {
  if (args.includes("--help")) return void process.stdout.write(help);
  const { json, check, quick } = readFlags(flags, args);
  const stopping = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const)
    process.once(name, () => stopping.abort(new Error(`stopped by ${name}`)));
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

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`bench:ready-set: ${(error as Error).message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
