#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import manifest from "../package.json" with { type: "json" };
import { demoFlags, helpOf, readFlags, runFlags, UsageError } from "./config.ts";

interface Command {
  readonly summary: string;
  readonly help: string | (() => Promise<string>);
  run(args: readonly string[], signal: AbortSignal): Promise<void>;
}

const commands: Record<string, Command> = {
  run: {
    summary: "the operator on a cluster",
    help: helpOf(runFlags),
    run: async (args, signal) => (await import("./cli/run.ts")).run(readFlags(runFlags, args), signal),
  },
  demo: {
    summary: "the operator on an embedded cluster, with load, in this terminal",
    help: helpOf(demoFlags),
    async run(args, signal) {
      if (args.some((arg) => arg === "--kubeconfig" || arg.startsWith("--kubeconfig=")))
        return (await import("./cli/run.ts")).run(readFlags(runFlags, args), signal);
      return (await import("./cli/demo.ts")).demo(readFlags(demoFlags, args), signal);
    },
  },
  sim: {
    summary: "what a way to carry traffic does to response times, simulated",
    help: async () => (await import("./cli/sim.ts")).simHelp,
    run: async (args, signal) => (await import("./cli/sim.ts")).sim(args, signal),
  },
  crd: {
    summary: "print the CustomResourceDefinition",
    help: "  --write  Put it into manifests/ and the chart.\n  --check  Fail if a file there is not fresh.",
    run: async (args) => (await import("./cli/crd.ts")).printCrd(args),
  },
};

const usage = (): string =>
  [
    `evenkeel ${manifest.version}: ${manifest.description}`,
    "",
    "Usage: evenkeel COMMAND [FLAGS]",
    "",
    ...Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(6)}${summary}`),
    "",
    "evenkeel COMMAND --help tells the flags of a command.",
    "",
  ].join("\n");

async function main([name, ...args]: readonly string[]): Promise<void> {
  if (name === "--version") return void process.stdout.write(`${manifest.version}\n`);
  if (name === undefined || name === "--help" || name === "help") return void process.stdout.write(usage());
  const command = commands[name];
  if (!command) throw new UsageError(`there is no command ${name}: ${Object.keys(commands).join(", ")}`);
  if (args.includes("--help")) {
    const help = typeof command.help === "string" ? command.help : await command.help();
    return void process.stdout.write(`evenkeel ${name}: ${command.summary}\n\n${help}\n`);
  }
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      stop.abort();
      // A second one does not wait.
      process.once(signal, () => process.exit(130));
    });
  }
  // Commands are imported when they run: from the second time on, without types to strip and code to compile.
  enableCompileCache();
  await command.run(args, stop.signal);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`evenkeel: ${(error as Error).message}\n`);
  if (!(error instanceof UsageError) && process.env.EVENKEEL_DEBUG) console.error(error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
