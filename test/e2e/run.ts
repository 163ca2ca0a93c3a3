import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../../src/cli/flags/flag.ts";
import { chartImage } from "../../tools/image/build-image.ts";
import { MissingError } from "../../tools/image/problems.ts";
import { runProgram } from "../../tools/image/run-program.ts";
import { type Counts, countsVariable, noCounts } from "../tools/control-plane/count-reporter.ts";
import { describeFailure } from "./describe-failure.ts";
import { findParts } from "./find-parts.ts";
import type { Tools } from "./find-tools.ts";
import { type E2eConfig, help, readConfig } from "./flags.ts";
import { earlierImage, earlierImageProblem } from "./node-images.ts";
import { CommandError, runQuickStart } from "./quick-start.ts";
import { type Figures, measuredFigures, recordVariable, type StageRecord } from "./stage-record.ts";
import { makeWorkFolder, type WorkFolder } from "./work-folder.ts";

const root = join(import.meta.dirname, "..", "..");
const cluster = "evenkeel-e2e";

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

const noNodeImage =
  "node image: kind's own cannot be pulled here; name one that is here by --node-image or EVENKEEL_E2E_NODE_IMAGE";

interface Played {
  readonly counts: Counts;
  readonly figures: Figures;
}

const failed: Played = { counts: { ...noCounts, failed: 1 }, figures: {} };

async function playQuickStart(folder: WorkFolder, tools: Tools, signal: AbortSignal): Promise<StageRecord> {
  const startedAt = performance.now();
  say("The README's quick start:");
  const { commands, chartToFirstSliceMs } = await runQuickStart({
    env: folder.env,
    cwd: root,
    kubeconfig: folder.kubeconfig,
    kubectl: tools.kubectl,
    signal,
    onCommand: (text) => {
      process.stdout.write(`  $ ${text} `);
      return (ms) => say(`(${seconds(ms)})`);
    },
  });
  say(
    `  ${seconds(performance.now() - startedAt)}, of which ${seconds(chartToFirstSliceMs)} from chart to first slice`,
  );
  return {
    kubeconfig: folder.kubeconfig,
    kubectl: tools.kubectl,
    helm: tools.helm,
    env: folder.env,
    image: await chartImage(),
    folder: folder.path,
    quickStart: commands,
    chartToFirstSliceMs,
  };
}

async function runSuites(folder: WorkFolder, config: E2eConfig, record: StageRecord, signal: AbortSignal) {
  const recordPath = join(folder.path, "record.json");
  const countsPath = join(folder.path, "counts.json");
  await writeFile(recordPath, JSON.stringify(record));
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const reporters = ["verbose", join(root, "test", "tools", "control-plane", "count-reporter.ts")];
  const words = [
    ...[vitest, "run", "--root", root, "--config", join(root, "vitest.e2e.config.ts")],
    ...reporters.map((name) => `--reporter=${name}`),
    ...(config.only === undefined ? [] : ["-t", config.only]),
  ];
  const env = { ...process.env, [recordVariable]: recordPath, [countsVariable]: countsPath };
  const child = spawn(process.execPath, words, { cwd: root, stdio: ["ignore", "inherit", "inherit"], env, signal });
  await once(child, "close");
  return JSON.parse(await readFile(countsPath, "utf8")) as Counts;
}

/** What the suites measured, and the quick start before them. */
async function readFigures(record: StageRecord): Promise<Figures> {
  const { quickStart, chartToFirstSliceMs, image } = record;
  const bytes = Number(await runProgram("docker", ["image", "inspect", "--format", "{{.Size}}", image]));
  return {
    "e2e.quick_start_commands": quickStart.length,
    "e2e.quick_start_ms": Math.round(quickStart.reduce((sum, { ms }) => sum + ms, 0)),
    "e2e.chart_to_first_slice_ms": Math.round(chartToFirstSliceMs),
    "image.megabytes": bytes / 1e6,
    ...(await measuredFigures(record)),
  };
}

async function play(config: E2eConfig, tools: Tools, folder: WorkFolder, signal: AbortSignal): Promise<Played> {
  try {
    const record = await playQuickStart(folder, tools, signal);
    const counts = await runSuites(folder, config, record, signal);
    if (counts.failed > 0) say(await describeFailure(folder.env));
    return { counts, figures: await readFigures(record) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof CommandError && /failed to pull image/i.test(error.output))
      throw new MissingError(noNodeImage);
    say(`\n${error instanceof CommandError ? `${error.message}\n${error.output}` : (error as Error).stack}`);
    say(await describeFailure(folder.env));
    return failed;
  }
}

async function runOn(nodeImage: string | undefined, config: E2eConfig, signal: AbortSignal): Promise<Played> {
  const tools = await findParts(cluster, nodeImage);
  const folder = await makeWorkFolder({ tools, cluster, nodeImage, kindConfig: config["kind-config"] });
  const startedAt = performance.now();
  try {
    const { counts, figures } = await play(config, tools, folder, signal);
    return { counts, figures: { ...figures, "e2e.ms": Math.round(performance.now() - startedAt) } };
  } finally {
    if (config.keep) say(`The cluster stays: export KUBECONFIG=${folder.kubeconfig}`);
    else {
      await runProgram(tools.kind, ["delete", "cluster", "--name", cluster], { env: folder.env });
      await rm(folder.path, { recursive: true, force: true });
    }
  }
}

/** The minor of Kubernetes before that of kind's own node, where its image can be had; and loudly where not. */
async function runOnEarlier(config: E2eConfig, signal: AbortSignal): Promise<Played | undefined> {
  const tools = await findParts(cluster, undefined);
  const problem = await earlierImageProblem(tools.kind);
  if (problem === undefined) {
    say(`\nOn ${earlierImage}`);
    return runOn(earlierImage, config, signal);
  }
  const line = `SKIPPED: the second minor of Kubernetes, ${earlierImage}: ${problem}`;
  say(`\n${line}`);
  return process.env.EVENKEEL_REQUIRE === "all" ? failed : undefined;
}

async function runAll(config: E2eConfig, signal: AbortSignal): Promise<Played[]> {
  const images = config["node-image"];
  if (images === undefined) {
    const own = await runOn(undefined, config, signal);
    const earlier = config.keep ? undefined : await runOnEarlier(config, signal);
    return earlier ? [own, earlier] : [own];
  }
  if (config.keep && images.length > 1) throw new UsageError("--keep: one node image alone can be kept");
  const played: Played[] = [];
  for (const image of images) {
    say(`On ${image}`);
    played.push(await runOn(image, config, signal));
  }
  return played;
}

async function run(config: E2eConfig, signal: AbortSignal): Promise<void> {
  const startedAt = performance.now();
  const played = await runAll(config, signal);
  // Of the first node image: figures of two could not be told apart by their names.
  if (config.json !== undefined) await writeFile(config.json, `${JSON.stringify(played[0]!.figures, undefined, 2)}\n`);
  const sum = (key: "passed" | "failed" | "skipped"): number =>
    played.reduce((total, { counts }) => total + counts[key], 0);
  say(`${seconds(performance.now() - startedAt)} in all`);
  for (const { names } of played.flatMap(({ counts }) => counts.failedFiles))
    for (const name of names) say(`Failed: ${name}`);
  say(`${sum("passed")} passed, ${sum("failed")} failed${sum("skipped") > 0 ? `, ${sum("skipped")} skipped` : ""}`);
  process.exitCode = sum("failed") > 0 ? 1 : 0;
}

async function main(args: readonly string[]): Promise<void> {
  if (args.includes("--help")) return void process.stdout.write(help);
  const config = readConfig(args);
  const stopping = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const)
    process.on(name, () => stopping.abort(new Error(`stopped by ${name}`)));
  await run(config, stopping.signal);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${(error as Error).message.replace(/^/gm, "e2e: ")}\n`);
  process.exitCode = error instanceof MissingError || error instanceof UsageError ? 2 : 1;
}
