import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import * as z from "zod";
import { UsageError } from "../../src/cli/flags/flag.ts";
import { helpOf } from "../../src/cli/flags/help.ts";
import { readFlags } from "../../src/cli/flags/read-flags.ts";
import { installCrd } from "../rigs/rig-crd.ts";
import { TestClient } from "../tools/control-plane/client.ts";
import { findFreePorts } from "../tools/control-plane/ports.ts";
import { startControlPlane } from "../tools/control-plane/start.ts";
import { containerEnv } from "./rig/container-env.ts";
import { containerFlags } from "./rig/container-flags.ts";
import { keepFigures } from "./rig/keep-figures.ts";
import { describeMachine, loadAverage } from "./rig/machine.ts";
import { runBench } from "./rig/run-bench.ts";
import { summarize } from "./rig/summarize.ts";
import { startUsage } from "./rig/usage.ts";

const bundle = join(import.meta.dirname, "..", "..", "dist", "main.mjs");

const flags = {
  runs: { value: "N", help: "Starts to measure (default 20).", schema: z.coerce.number().int().min(1).default(20) },
  json: { value: "FILE", help: "Write every figure to a file, under its stable name.", schema: z.string().optional() },
  check: { help: "Fail when a figure lies outside test/bench/ranges.json.", schema: z.boolean().default(false) },
  main: {
    value: "FILE",
    help: "What to start (default dist/main.mjs, as in the image).",
    schema: z.string().default(bundle),
  },
} as const;

const help = `Usage: npm run bench:start -- [FLAGS]

How long the operator takes from the start of its process to the first 200 of
/readyz, which says that its caches are read, on a kube-apiserver that is ready.
As in a container: nothing compiled is kept from one start to the next.

${helpOf(flags)}
`;

type Config = ReturnType<typeof readFlags<typeof flags>>;

interface Start {
  /** From the start of the process to ready. */
  readonly ms: number;
  readonly cpuMs: number;
  readonly peakMiB: number;
}

async function measureStart(main: string, kubeconfig: string): Promise<Start> {
  const [port] = await findFreePorts(1);
  const words = [
    ...containerFlags(),
    main,
    "run",
    "--kubeconfig",
    kubeconfig,
    "--http-host",
    "127.0.0.1",
    "--http-port",
    String(port),
  ];
  const env = { ...process.env, ...containerEnv(), NODE_DISABLE_COMPILE_CACHE: "1" };
  const startedAt = performance.now();
  const child = spawn(process.execPath, words, { env, stdio: "ignore" });
  const exited = once(child, "exit");
  const usage = await startUsage(child.pid!);
  try {
    while (child.exitCode === null) {
      const answer = await request(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
      await answer?.body.dump();
      if (answer?.statusCode === 200) {
        const ms = performance.now() - startedAt;
        const { cpuSeconds, peakMiB } = await usage();
        return { ms, cpuMs: cpuSeconds * 1_000, peakMiB };
      }
      await sleep(5);
    }
    throw new Error(`${main} ended with ${child.exitCode} before it was ready`);
  } finally {
    child.kill("SIGTERM");
    await exited;
  }
}

async function run({ runs, main, ...keeping }: Config, signal: AbortSignal): Promise<void> {
  if (!existsSync(main)) throw new UsageError(`there is no ${main}: npm run build`);
  const plane = await startControlPlane({ controllerManager: false });
  const before = loadAverage();
  const starts: Start[] = [];
  try {
    const client = new TestClient(plane.cluster);
    await installCrd(client).finally(() => client.close());
    // The first start brings the files into memory.
    await measureStart(main, plane.cluster.kubeconfigPath);
    while (starts.length < runs) {
      signal.throwIfAborted();
      starts.push(await measureStart(main, plane.cluster.kubeconfigPath));
    }
  } finally {
    await plane.stop();
  }
  const { n, p50, max } = summarize(starts.map(({ ms }) => ms));
  const cpu = summarize(starts.map(({ cpuMs }) => cpuMs));
  const figures = {
    ...describeMachine(),
    "machine.load_before": before,
    "start.ready_n": n,
    "start.ready_p50_ms": Math.round(p50),
    "start.ready_max_ms": Math.round(max),
    "start.cpu_p50_ms": Math.round(cpu.p50),
    "start.peak_mib": Math.round(summarize(starts.map(({ peakMiB }) => peakMiB)).max),
  };
  process.stdout.write(`start to ready: ${Math.round(p50)} ms at the median, ${Math.round(max)} ms at most, of ${n}\n`);
  process.stdout.write(`  of which ${Math.round(cpu.p50)} ms of CPU; load average before: ${before.toFixed(1)}\n`);
  await keepFigures(figures, keeping, (name) => name.startsWith("start."));
}

const read = (args: readonly string[]): Config => readFlags(flags, args);
await runBench({ name: "bench:start", file: import.meta.filename, help, read, run });
