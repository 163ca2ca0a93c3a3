#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import manifest from "../package.json" with { type: "json" };
import { type Command, runProgram } from "./cli/command-line.ts";
import { poolCommands } from "./cli/kubectl/commands.ts";
import { demoFlags, helpOf, readFlags, runFlags } from "./config.ts";

const name = "evenkeel";

const commands: Record<string, Command> = {
  run: {
    summary: "the operator on a cluster",
    flags: runFlags,
    help: helpOf(runFlags),
    run: async (args, signal) => (await import("./cli/run.ts")).run(readFlags(runFlags, args), signal),
  },
  demo: {
    summary: "the operator on an embedded cluster, with load, in this terminal",
    flags: demoFlags,
    help: helpOf(demoFlags),
    async run(args, signal) {
      if (args.some((arg) => arg === "--kubeconfig" || arg.startsWith("--kubeconfig=")))
        return (await import("./cli/run.ts")).run(readFlags(runFlags, args), signal);
      return (await import("./cli/demo.ts")).demo(readFlags(demoFlags, args), signal);
    },
  },
  sim: {
    summary: "what a way to carry traffic does to response times, simulated",
    flags: async () => (await import("./cli/sim/flags.ts")).flags,
    help: async () => (await import("./cli/sim.ts")).simHelp,
    run: async (args, signal) => (await import("./cli/sim.ts")).sim(args, signal),
  },
  ...poolCommands(name),
  crd: {
    summary: "print the CustomResourceDefinition",
    help: "  --write  Put it into manifests/ and the chart.\n  --check  Fail if a file there is not fresh.",
    run: async (args) => (await import("./cli/crd.ts")).printCrd(args),
  },
};

// Commands are imported when they run: from the second time on, without types to strip and code to compile.
enableCompileCache();
await runProgram({ name, description: manifest.description, commands }, process.argv.slice(2));
