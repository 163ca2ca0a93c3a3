import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { helpOf, readFlags, UsageError } from "../../src/config.ts";
import { Progress } from "../support/control-plane/progress.ts";
import { readSizes } from "./latency/flags.ts";
import type { Figures } from "./rig/figures.ts";
import { keepFigures } from "./rig/keep-figures.ts";
import { describeMachine, loadAverage } from "./rig/machine.ts";
import { startRig } from "./rig/rig.ts";
import { runBench } from "./rig/run-bench.ts";
import { intervalMs, measureSizing, type Reading, type Sizing } from "./sizing/measure-sizing.ts";

const bundle = join(import.meta.dirname, "..", "..", "dist", "main.mjs");

const flags = {
  pods: { value: "N,N", help: "Sizes of the pool (default 100,1000).", schema: readSizes.optional() },
  seconds: {
    value: "N",
    help: "How long each size is measured (default 30).",
    schema: z.coerce.number().int().min(5).max(3_600).default(30),
  },
  json: { value: "FILE", help: "Write every figure to a file, under its stable name.", schema: z.string().optional() },
  check: { help: "Fail when a figure lies outside test/bench/ranges.json.", schema: z.boolean().default(false) },
  main: {
    value: "FILE",
    help: "The operator to measure (default src/main.ts).",
    schema: z.string().default(bundle),
  },
} as const;

const help = `Usage: npm run bench:sizing -- [FLAGS]

What the operator needs: processor time and memory with one pool of N pods,
whose connections and load are read each second over HTTP and change each
second. Beside it, in the same run, a process that only fetches the same pages
as often and throws them away: nobody who reads pods over HTTP from Node can do
with less.

${helpOf(flags)}

Needs etcd, kube-apiserver and kube-controller-manager (found, or built once
from Go modules) and a network namespace of its own (root, or user namespaces).
`;

type Config = ReturnType<typeof readFlags<typeof flags>>;

const round = (value: number): number => Number(value.toPrecision(3));

const perSample = ({ cpuSeconds, samples }: Reading): number => cpuSeconds / samples;

const figuresOf = (pods: number, { ours, fetching }: Sizing): Figures => ({
  [`sizing.cores_${pods}`]: round(ours.cpuSeconds / ours.elapsedSeconds),
  [`sizing.peak_mib_${pods}`]: Math.round(ours.peakMiB),
  // Periods are nine tenths of the interval or more: 1.05 on average where none is missed.
  [`sizing.samples_per_interval_${pods}`]: round((ours.samples * intervalMs) / (1_000 * ours.elapsedSeconds * pods)),
  [`sizing.cpu_us_per_sample_${pods}`]: round(1e6 * perSample(ours)),
  [`sizing.fetching.cpu_us_per_sample_${pods}`]: round(1e6 * perSample(fetching)),
  [`sizing.cpu_over_fetching_${pods}`]: round(perSample(ours) / perSample(fetching)),
});

async function measure(config: Config, sizes: readonly number[], signal: AbortSignal): Promise<Figures> {
  const progress = new Progress();
  await using stack = new AsyncDisposableStack();
  stack.defer(() => progress.end());
  progress.step("starting the control plane and the operator");
  let figures: Figures = { ...describeMachine(), "machine.load_before": loadAverage() };
  const rig = await startRig(stack, config.main);
  for (const pods of sizes) {
    const onProgress = (text: string) => progress.step(`${pods} pods: ${text}`);
    try {
      const sizing = await measureSizing(rig, { pods, seconds: config.seconds, signal, onProgress });
      figures = { ...figures, ...figuresOf(pods, sizing) };
    } catch (error) {
      throw signal.aborted ? signal.reason : await rig.explain(error);
    }
  }
  progress.step("stopping");
  return figures;
}

function tableOf(figures: Figures, sizes: readonly number[]): string {
  const head = ["pods", "cores", "MiB at most", "samples per interval", "CPU over fetching alone"];
  const rows = sizes.map((size) => [
    String(size),
    ...["cores", "peak_mib", "samples_per_interval", "cpu_over_fetching"].map((name) =>
      String(figures[`sizing.${name}_${size}`]),
    ),
  ]);
  return [head, ...rows]
    .map((row) => row.map((cell, index) => cell.padStart(head[index]!.length + 2)).join(""))
    .join("\n");
}

async function run(config: Config, signal: AbortSignal): Promise<void> {
  if (!existsSync(config.main)) throw new UsageError(`--main: there is no file ${config.main}`);
  const sizes = config.pods ?? [100, 1_000];
  const figures = await measure(config, sizes, signal);
  process.stdout.write(`${tableOf(figures, sizes)}\n`);
  const isMeasured = (name: string) => name.startsWith("sizing.") && sizes.some((size) => name.endsWith(`_${size}`));
  await keepFigures(figures, config, isMeasured);
}

const read = (args: readonly string[]): Config => readFlags(flags, args);
await runBench({ name: "bench:sizing", file: import.meta.filename, help, read, run });
