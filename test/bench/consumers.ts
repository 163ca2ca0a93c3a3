import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { helpOf } from "../../src/cli/flags/help.ts";
import { readFlags } from "../../src/cli/flags/read-flags.ts";
import { intervalMs, measureReactions } from "./consumers/envoy-reaction.ts";
import { ask, end, poolKey, type Serving, startServing, startSubscribers } from "./consumers/serving.ts";
import type { Figures } from "./rig/figures.ts";
import { keepFigures } from "./rig/keep-figures.ts";
import { describeMachine, loadAverage } from "./rig/machine.ts";
import { runBench } from "./rig/run-bench.ts";
import { summarize } from "./rig/summarize.ts";
import { startUsage } from "./rig/usage.ts";

const count = (usual: number) => z.coerce.number().int().min(1).max(100_000).default(usual);

const flags = {
  pods: { value: "N", help: "Size of the pool (default 100).", schema: count(100) },
  subscribers: { value: "N", help: "Who follow it, each at one update a second (default 1000).", schema: count(1_000) },
  idle: { value: "N", help: "Streams of xDS that are open and hear nothing (default 5000).", schema: count(5_000) },
  connections: { value: "N", help: "Connections of those (default 50).", schema: count(50) },
  reactions: {
    value: "N",
    help: "How often it is measured how soon a real Envoy has a pod's new weight (default 40).",
    schema: count(40),
  },
  seconds: { value: "N", help: "How long each is measured (default 30).", schema: count(30) },
  json: { value: "FILE", help: "Write every figure to a file, under its stable name.", schema: z.string().optional() },
  check: { help: "Fail when a figure lies outside test/bench/ranges.json.", schema: z.boolean().default(false) },
} as const;

const help = `Usage: npm run bench:consumers -- [FLAGS]

What it takes to serve those who follow a pool: processor time and memory of a
process that does nothing else. The pool has 100 pods, and each second every
pod's weight and figures change; 1,000 subscribers follow it, first over xDS,
each on a connection of its own, then over SSE. Then 5,000 streams of xDS are
open over 50 connections, and nothing changes.

At last, consumers.envoy_reaction_*: from the answer of a pod that says that it
is busy until a real Envoy has a smaller weight for it, through the whole
operator at its default intervals of a second.

${helpOf(flags)}
`;

type Config = ReturnType<typeof readFlags<typeof flags>>;

interface Load {
  readonly cores: number;
  readonly peakMiB: number;
  /** Updates that one subscriber had in a second. */
  readonly perSecond: number;
}

interface Measured {
  readonly script: string;
  readonly args: (at: Serving) => readonly (string | number)[];
  readonly subscribers: number;
  readonly isChanging: boolean;
}

async function measureServing(
  child: ChildProcess,
  readers: ChildProcess,
  { isChanging, seconds, subscribers }: Pick<Measured, "isChanging" | "subscribers"> & Pick<Config, "seconds">,
): Promise<Load> {
  child.send(isChanging);
  // The first seconds compile.
  await sleep(5_000);
  const before = await ask(readers, "how many");
  const usage = await startUsage(child.pid!);
  const startedAt = performance.now();
  await sleep(seconds * 1_000);
  const { cpuSeconds, peakMiB } = await usage();
  const elapsed = (performance.now() - startedAt) / 1_000;
  const had = (await ask(readers, "how many")) - before;
  return { cores: cpuSeconds / elapsed, peakMiB, perSecond: had / subscribers / elapsed };
}

async function measure({ pods, seconds }: Config, { script, args, subscribers, isChanging }: Measured): Promise<Load> {
  const { child, at } = await startServing(pods);
  try {
    const readers = await startSubscribers(script, args(at), subscribers);
    try {
      return await measureServing(child, readers, { isChanging, seconds, subscribers });
    } finally {
      await end(readers);
    }
  } finally {
    await end(child);
  }
}

const round = (value: number): number => Number(value.toPrecision(3));

const figuresOf = (name: string, { cores, peakMiB, perSecond }: Load): Figures => ({
  [`consumers.${name}_cores`]: round(cores),
  [`consumers.${name}_peak_mib`]: Math.round(peakMiB),
  [`consumers.${name}_updates_per_second`]: round(perSecond),
});

async function run(config: Config, signal: AbortSignal): Promise<void> {
  const { subscribers, idle, connections } = config;
  const before = loadAverage();
  const parts: Readonly<Record<string, Measured>> = {
    xds: {
      script: "subscribe-xds.ts",
      args: ({ xds }) => [xds, subscribers, subscribers],
      subscribers,
      isChanging: true,
    },
    sse: {
      script: "../sizing/read-streams.ts",
      args: ({ http }) => [`${http}/v1/pools/${poolKey}/watch`, subscribers],
      subscribers,
      isChanging: true,
    },
    idle: {
      script: "subscribe-xds.ts",
      args: ({ xds }) => [xds, idle, connections],
      subscribers: idle,
      isChanging: false,
    },
  };
  let figures: Figures = { ...describeMachine(), "machine.load_before": before };
  for (const [name, part] of Object.entries(parts)) {
    signal.throwIfAborted();
    const load = await measure(config, part);
    figures = { ...figures, ...figuresOf(name, load) };
    process.stdout.write(
      `${name}: ${part.subscribers} subscribers, ${round(load.cores)} cores, ${Math.round(load.peakMiB)} MiB, ${round(load.perSecond)} updates a second each\n`,
    );
  }
  const { p50, p99, n } = summarize(await measureReactions(config.reactions, signal));
  process.stdout.write(
    `sample to weight in Envoy: ${Math.round(p50)} ms at the median, ${Math.round(p99)} ms at p99, of ${n}\n`,
  );
  figures = {
    ...figures,
    "consumers.envoy_reaction_n": n,
    "consumers.envoy_reaction_p50_ms": Math.round(p50),
    "consumers.envoy_reaction_p99_ms": Math.round(p99),
    "consumers.envoy_reaction_p99_intervals": round(p99 / intervalMs),
  };
  await keepFigures(figures, config, (name) => name.startsWith("consumers."));
}

const read = (args: readonly string[]): Config => readFlags(flags, args);
await runBench({ name: "bench:consumers", help, read, run });
