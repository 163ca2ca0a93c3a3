import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../../src/config.ts";
import { Progress } from "../support/control-plane/progress.ts";
import { checkRanges } from "./latency/check-ranges.ts";
import { enterNamespace } from "./latency/enter-namespace.ts";
import { type Figures, latencyFigures, reactionFigures, worstFigures } from "./latency/figures.ts";
import { type BenchConfig, help, readConfig } from "./latency/flags.ts";
import { describeMachine, loadAverage } from "./latency/machine.ts";
import { measureLatency } from "./latency/measure-latency.ts";
import { measureReaction } from "./latency/measure-reaction.ts";
import { reactionLine, tableOf } from "./latency/print-figures.ts";
import { startRig } from "./latency/rig.ts";

const defaultMain = join(import.meta.dirname, "..", "..", "src", "main.ts");

async function measure(config: BenchConfig, progress: Progress, signal: AbortSignal): Promise<Figures> {
  const { sizes, steps, main = defaultMain } = config;
  await using stack = new AsyncDisposableStack();
  progress.step("starting the control plane and the operator");
  let figures: Figures = { ...describeMachine(), "machine.load_before": loadAverage() };
  const rig = await startRig(stack, main);
  try {
    for (const pods of sizes) {
      const onProgress = (text: string) => progress.step(`${pods} pods: ${text}`);
      figures = { ...figures, ...latencyFigures(await measureLatency(rig, { ...config, pods, signal, onProgress })) };
    }
    figures = { ...figures, ...worstFigures(figures, sizes) };
    if (steps > 0) {
      const onProgress = (text: string) => progress.step(`reaction of scaling: ${text}`);
      figures = { ...figures, ...reactionFigures(await measureReaction(rig, { steps, signal, onProgress })) };
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : await rig.explain(error);
  }
  progress.step("stopping");
  return { ...figures, "machine.load_after": loadAverage() };
}

async function run(config: BenchConfig): Promise<void> {
  const stopping = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => {
      stopping.abort(new Error(`stopped by ${name}`));
      // A second one does not wait.
      process.once(name, () => process.exit(130));
    });
  }
  const progress = new Progress();
  const figures = await measure(config, progress, stopping.signal).finally(() => progress.end());
  for (const size of config.sizes) process.stdout.write(`${tableOf(figures, size)}\n`);
  process.stdout.write(reactionLine(figures));
  if (config.json !== undefined) await writeFile(config.json, `${JSON.stringify(figures, undefined, 2)}\n`);
  if (!config.check) return;
  const isMeasured = (name: string) => {
    if (name.startsWith("scale.")) return config.steps > 0;
    const size = /_(\d+)$/.exec(name)?.[1];
    if (config.bursts === 0 && name.includes(".burst_")) return false;
    return name.startsWith("latency.") && (size === undefined || config.sizes.includes(Number(size)));
  };
  const problems = await checkRanges(figures, isMeasured);
  for (const problem of problems) process.stderr.write(`out of range: ${problem}\n`);
  if (problems.length > 0) process.exitCode = 1;
}

async function main(args: readonly string[]): Promise<void> {
  if (args.includes("--help")) return void process.stdout.write(help);
  const config = readConfig(args);
  const place = await enterNamespace(import.meta.filename, args);
  if (place.kind === "left") process.exitCode = place.code;
  else await run(config);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`bench:latency: ${(error as Error).message}\n`);
  if (process.env.EVENKEEL_DEBUG) console.error(error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
