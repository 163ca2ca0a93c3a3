import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import * as z from "zod";
import { UsageError } from "../../src/cli/flags/flag.ts";
import { helpOf } from "../../src/cli/flags/help.ts";
import { readFlags } from "../../src/cli/flags/read-flags.ts";
import { againstUniform } from "./balance/against-uniform.ts";
import { antagonists } from "./balance/antagonists.ts";
import type { Section } from "./balance/check.ts";
import { churn } from "./balance/churn.ts";
import { closedForms } from "./balance/closed-forms.ts";
import { closedLoop, feedbackRules } from "./balance/closed-loop.ts";
import { deadTime } from "./balance/dead-time.ts";
import { fairness } from "./balance/fairness.ts";
import { imbalance } from "./balance/imbalance.ts";
import { costOf, type Job, type JobResult, keyOf } from "./balance/jobs.ts";
import { missing } from "./balance/missing.ts";
import { stability } from "./balance/stability.ts";
import { freshQueues, staleTable } from "./balance/stale.ts";
import { runJobs } from "./rig/run-jobs.ts";
import { reportScaleDown } from "./scale-down.ts";

const flags = {
  json: { value: "FILE", help: "Write every figure to a file, under its stable name.", schema: z.string().optional() },
  check: { help: "Fail when a figure is out of its bounds.", schema: z.boolean().default(false) },
  quick: { help: "Fewer cells and shorter runs: under a minute.", schema: z.boolean().default(false) },
} as const;

const help = `Usage: npm run bench:balance -- [FLAGS]

How well weights spread requests, by simulation (src/lab/sim): every figure beside
what theory or an independent simulation says, with the error that is accepted:
the larger of a few percent and three standard errors. Response times are in
mean service times.

${helpOf(flags)}
`;

/** A line on stderr that goes away, on a terminal alone. */
const show = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
};

async function run(quick: boolean, signal: AbortSignal) {
  const sections: readonly Section[] = [
    closedForms(quick),
    staleTable(quick),
    freshQueues(quick),
    closedLoop(quick),
    feedbackRules(quick),
    againstUniform(quick),
    deadTime(quick),
    stability(quick),
    antagonists(quick),
    imbalance(quick),
    churn(quick),
    missing(quick),
    fairness(quick),
  ];
  const startedAt = performance.now();
  const seconds = (): number => Math.round((performance.now() - startedAt) / 1_000);
  const resultOf = await runJobs<Job, JobResult>(
    { worker: new URL("balance/worker.ts", import.meta.url), keyOf, costOf },
    sections.flatMap(({ jobs }) => jobs),
    signal,
    (share) => show(`simulating: ${Math.floor(100 * share)}% (${seconds()} s)`),
  ).finally(() => show(""));
  const simulated = sections.map(({ title, jobs, report }) => {
    const cpu = jobs.reduce((sum, job) => sum + resultOf(job).cpuMs, 0) / 1_000;
    return { title: `${title} (${Math.round(cpu)} s of a processor)`, cpu, ...report(resultOf) };
  });
  const cpu = Math.round(simulated.reduce((sum, report) => sum + report.cpu, 0));
  const reports = [...simulated, await reportScaleDown(signal)];
  const times = { "balance.seconds": seconds(), "balance.cpu_seconds": cpu };
  const figures = { ...Object.assign({}, ...reports.map((report) => report.figures)), ...times };
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
  process.stderr.write(`bench:balance: ${(error as Error).message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
