import { join } from "node:path";
import { Progress } from "../tools/control-plane/progress.ts";
import { latencyFigures, reactionFigures, worstFigures } from "./latency/figures.ts";
import { type BenchConfig, help, readConfig } from "./latency/flags.ts";
import { measureLatency } from "./latency/measure-latency.ts";
import { measureReaction } from "./latency/measure-reaction.ts";
import { reactionLine, tableOf } from "./latency/print-figures.ts";
import type { Figures } from "./rig/figures.ts";
import { keepFigures } from "./rig/keep-figures.ts";
import { describeMachine, loadAverage } from "./rig/machine.ts";
import { startRig } from "./rig/rig.ts";
import { runBench } from "./rig/run-bench.ts";

const defaultMain = join(import.meta.dirname, "..", "..", "src", "main.ts");

async function measure(config: BenchConfig, progress: Progress, signal: AbortSignal): Promise<Figures> {
  const { sizes, steps, quietSeconds, main = defaultMain } = config;
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
      const reaction = await measureReaction(rig, { steps, quietSeconds, signal, onProgress });
      figures = { ...figures, ...reactionFigures(reaction) };
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : await rig.explain(error);
  }
  progress.step("stopping");
  return { ...figures, "machine.load_after": loadAverage() };
}

async function run(config: BenchConfig, signal: AbortSignal): Promise<void> {
  const progress = new Progress();
  const figures = await measure(config, progress, signal).finally(() => progress.end());
  for (const size of config.sizes) process.stdout.write(`${tableOf(figures, size)}\n`);
  process.stdout.write(reactionLine(figures));
  await keepFigures(figures, config, (name) => {
    if (name.startsWith("scale.")) return config.steps > 0;
    const size = /_(\d+)$/.exec(name)?.[1];
    if (config.bursts === 0 && name.includes(".burst_")) return false;
    return name.startsWith("latency.") && (size === undefined || config.sizes.includes(Number(size)));
  });
}

await runBench({ name: "bench:latency", file: import.meta.filename, help, read: readConfig, run });
