import { existsSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { UsageError } from "../../src/cli/flags/flag.ts";
import { helpOf } from "../../src/cli/flags/help.ts";
import { readFlags } from "../../src/cli/flags/read-flags.ts";
import { oneOf } from "../../src/cli/flags/schemas.ts";
import { PrometheusServer } from "../rigs/prometheus/prometheus-server.ts";
import { Progress } from "../tools/control-plane/progress.ts";
import { prometheus } from "../tools/prometheus.ts";
import { readSizes } from "./latency/flags.ts";
import type { Figures } from "./rig/figures.ts";
import { keepFigures } from "./rig/keep-figures.ts";
import { describeMachine, loadAverage } from "./rig/machine.ts";
import { startRig } from "./rig/rig.ts";
import { runBench } from "./rig/run-bench.ts";
import {
  measureQuery,
  type QuerySizing,
  queriesPerMetricAndInterval,
  queryIntervalMs,
} from "./sizing/measure-query.ts";
import { type Burden, intervalMs, measureSizing, type Reading, type Sizing } from "./sizing/measure-sizing.ts";
import { reportStretches } from "./sizing/stretches/report-stretches.ts";

const bundle = join(import.meta.dirname, "..", "..", "dist", "main.mjs");

const flags = {
  pods: { value: "N,N", help: "Sizes of the pool (default 100,1000).", schema: readSizes.optional() },
  seconds: {
    value: "N",
    help: "How long each size is measured (default 30).",
    schema: z.coerce.number().int().min(5).max(3_600).default(30),
  },
  readers: {
    value: "N",
    help: "Measure each size once more, with so many clients that watch the pool.",
    schema: z.coerce.number().int().min(0).max(256).default(0),
  },
  hanging: {
    value: "N%",
    help: "The same with so many of the pods taking requests and never answering.",
    schema: z
      .string()
      .regex(/^[0-9]{1,2}%$/, "must be a share of the pods, such as 10%")
      .transform((text) => Number.parseInt(text, 10) / 100)
      .default(0),
  },
  source: {
    value: "http|query",
    help: "query: by PromQL of a real Prometheus instead, beside scraping the same pods as often (default http).",
    schema: oneOf(["http", "query"]).default("http"),
  },
  stretches: {
    help: "Measure instead, without a cluster, how long each stretch of work holds the event loop (default 3000,10000 pods).",
    schema: z.boolean().default(false),
  },
  rounds: {
    value: "N",
    help: "How often each stretch is measured (default 100).",
    schema: z.coerce.number().int().min(1).max(10_000).default(100),
  },
  json: { value: "FILE", help: "Write every figure to a file, under its stable name.", schema: z.string().optional() },
  check: { help: "Fail when a figure lies outside test/bench/ranges.json.", schema: z.boolean().default(false) },
  main: {
    value: "FILE",
    help: "The operator to measure (default dist/main.mjs).",
    schema: z.string().default(bundle),
  },
} as const;

const help = `Usage: npm run bench:sizing -- [FLAGS]

What the operator needs: processor time and memory with one pool of N pods,
whose connections and load are read each second over HTTP and change each
second. Beside it, in the same run, a process that only fetches the same pages
as often and throws them away: nobody who reads pods over HTTP from Node can do
with less. loop_p99_ms_N and loop_max_ms_N are how long the operator's event
loop took to come round, by its own metrics, which count the 10 ms that they
wait. With --readers or --hanging each size is measured a second time, under
that burden: sizing.burdened.*. The operator has the image's settings and the heap
that Node gives it under the chart's memory limit, whatever this machine has.

With --source query the same pool is read by two queries each 5 s of a real
Prometheus, which scrapes the pods as often, and then by scraping them itself as
often: sizing.query.*.

With --stretches each stretch of work that rests nowhere is measured by itself, in
milliseconds of processor time, so that a busy machine does not matter: parts of
a plan, documents, explanations, resources of xDS, metrics and listings, of one
pool and of many with as many pods. sizing.stretch_p99_ms_N is the worst of them,
but for pages of listings.

${helpOf(flags)}

Needs etcd, kube-apiserver and kube-controller-manager (found, or built once
from Go modules) and a network namespace of its own (root, or user namespaces).
`;

type Config = ReturnType<typeof readFlags<typeof flags>>;

const round = (value: number): number => Number(value.toPrecision(3));

const perSample = ({ cpuSeconds, samples }: Reading): number => cpuSeconds / samples;

const burdenedFigures = (pods: number, { ours, burdened }: Sizing): Figures =>
  burdened
    ? {
        [`sizing.burdened.cores_${pods}`]: round(burdened.cpuSeconds / burdened.elapsedSeconds),
        [`sizing.burdened.cpu_over_unburdened_${pods}`]: round(
          burdened.cpuSeconds / burdened.elapsedSeconds / (ours.cpuSeconds / ours.elapsedSeconds),
        ),
        [`sizing.burdened.peak_mib_${pods}`]: Math.round(burdened.peakMiB),
        [`sizing.burdened.samples_per_interval_${pods}`]: round(
          (burdened.samples * intervalMs) / (1_000 * burdened.elapsedSeconds * burdened.answering),
        ),
        [`sizing.burdened.documents_per_second_${pods}`]: round(burdened.documents / burdened.elapsedSeconds),
        [`sizing.burdened.loop_p99_ms_${pods}`]: round(burdened.loop.p99),
        [`sizing.burdened.loop_max_ms_${pods}`]: round(burdened.loop.max),
      }
    : {};

const figuresOf = (pods: number, sizing: Sizing): Figures => ({
  ...plainFigures(pods, sizing),
  ...burdenedFigures(pods, sizing),
});

const plainFigures = (pods: number, { ours, fetching }: Sizing): Figures => ({
  [`sizing.cores_${pods}`]: round(ours.cpuSeconds / ours.elapsedSeconds),
  [`sizing.peak_mib_${pods}`]: Math.round(ours.peakMiB),
  // Periods are nine tenths of the interval or more: 1.05 on average where none is missed.
  [`sizing.samples_per_interval_${pods}`]: round((ours.samples * intervalMs) / (1_000 * ours.elapsedSeconds * pods)),
  [`sizing.loop_p99_ms_${pods}`]: round(ours.loop.p99),
  [`sizing.loop_max_ms_${pods}`]: round(ours.loop.max),
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
  const burden = burdenOf(config);
  if (burden) figures = { ...figures, "sizing.readers": burden.readers, "sizing.hanging": burden.hanging };
  if (config.source === "query")
    return { ...figures, ...(await measureQueries(stack, config, sizes, signal, progress)) };
  const rig = await startRig(stack, config.main);
  for (const pods of sizes) {
    const onProgress = (text: string) => progress.step(`${pods} pods: ${text}`);
    try {
      const sizing = await measureSizing(rig, { pods, seconds: config.seconds, burden, signal, onProgress });
      figures = { ...figures, ...figuresOf(pods, sizing) };
    } catch (error) {
      throw signal.aborted ? signal.reason : await rig.explain(error);
    }
  }
  progress.step("stopping");
  return figures;
}

const queryFigures = (pods: number, { query, scraping }: QuerySizing): Figures => {
  const [cores, scrapingCores] = [query, scraping].map(({ cpuSeconds, elapsedSeconds }) => cpuSeconds / elapsedSeconds);
  return {
    [`sizing.query.cores_${pods}`]: round(cores!),
    [`sizing.query.scraping_cores_${pods}`]: round(scrapingCores!),
    [`sizing.query.cpu_over_scraping_${pods}`]: round(cores! / scrapingCores!),
    [`sizing.query.peak_mib_${pods}`]: Math.round(query.peakMiB),
    [`sizing.query.loop_p99_ms_${pods}`]: round(query.loop.p99),
    [`sizing.query.loop_max_ms_${pods}`]: round(query.loop.max),
    // Periods are nine tenths of the interval or more: 1.05 on average where none is missed.
    [`sizing.query.requests_per_metric_and_interval_${pods}`]: round(queriesPerMetricAndInterval(query)),
  };
};

async function measureQueries(
  stack: AsyncDisposableStack,
  config: Config,
  sizes: readonly number[],
  signal: AbortSignal,
  progress: Progress,
): Promise<Figures> {
  if (prometheus === undefined) throw new UsageError("--source query needs Prometheus on PATH");
  const server = await PrometheusServer.start([], { scrapeMs: queryIntervalMs });
  stack.defer(() => server.stop());
  const rig = await startRig(stack, config.main, ["--query-address", server.url]);
  let figures: Figures = {};
  for (const pods of sizes) {
    const onProgress = (text: string) => progress.step(`${pods} pods: ${text}`);
    try {
      const options = { pods, seconds: config.seconds, burden: undefined, signal, onProgress };
      figures = { ...figures, ...queryFigures(pods, await measureQuery(rig, server, options)) };
    } catch (error) {
      throw signal.aborted ? signal.reason : await rig.explain(error);
    }
  }
  progress.step("stopping");
  return figures;
}

const columns = {
  cores: "cores",
  peak_mib: "MiB at most",
  samples_per_interval: "samples per interval",
  loop_p99_ms: "loop p99 ms",
  cpu_over_fetching: "CPU over fetching alone",
};

function tableOf(figures: Figures, sizes: readonly number[]): string {
  const head = ["pods", "", ...Object.values(columns)];
  const rowOf = (size: number, prefix: string, what: string): string[][] => {
    const cells = Object.keys(columns).map((name) => String(figures[`${prefix}.${name}_${size}`] ?? ""));
    return cells.every((cell) => cell === "") ? [] : [[String(size), what, ...cells]];
  };
  const rows = sizes.flatMap((size) => [
    ...rowOf(size, "sizing", ""),
    ...rowOf(size, "sizing.burdened", "burdened"),
    ...rowOf(size, "sizing.query", "by query"),
  ]);
  return [head, ...rows]
    .map((row) => row.map((cell, index) => cell.padStart(Math.max(8, head[index]!.length + 2))).join(""))
    .join("\n");
}

function burdenOf({ readers, hanging }: Config): Burden | undefined {
  return readers > 0 || hanging > 0 ? { readers, hanging } : undefined;
}

async function runStretches({ pods, rounds, ...keeping }: Config, signal: AbortSignal): Promise<void> {
  using stack = new DisposableStack();
  const progress = new Progress();
  stack.defer(() => progress.end());
  const sizes = pods ?? [3_000, 10_000];
  const onProgress = (text: string) => progress.step(text);
  const { figures, tables } = await reportStretches({ sizes, rounds, signal, onProgress });
  process.stdout.write(tables);
  const isMeasured = (name: string) => sizes.some((size) => name === `sizing.stretch_p99_ms_${size}`);
  await keepFigures({ ...describeMachine(), ...figures }, keeping, isMeasured);
}

async function run(config: Config, signal: AbortSignal): Promise<void> {
  if (config.stretches) return runStretches(config, signal);
  if (!existsSync(config.main)) throw new UsageError(`--main: there is no file ${config.main}`);
  const sizes = config.pods ?? [100, 1_000];
  const figures = await measure(config, sizes, signal);
  process.stdout.write(`${tableOf(figures, sizes)}\n`);
  const isOfSize = (name: string) => sizes.some((size) => name.endsWith(`_${size}`));
  const isMeasured = (name: string) =>
    name.startsWith("sizing.") &&
    !name.startsWith("sizing.stretch_") &&
    isOfSize(name) &&
    name.startsWith("sizing.query.") === (config.source === "query") &&
    (!name.startsWith("sizing.burdened.") || burdenOf(config) !== undefined);
  await keepFigures(figures, config, isMeasured);
}

const read = (args: readonly string[]): Config => readFlags(flags, args);
await runBench({ name: "bench:sizing", file: import.meta.filename, help, read, run });
