import manifest from "../../package.json" with { type: "json" };
import { demoFlags, helpOf, readFlags, runFlags } from "../config.ts";
import { type Command, runProgram } from "./command-line.ts";
import { poolCommands } from "./kubectl/commands.ts";

const name = "evenkeel";

const commands: Record<string, Command> = {
  run: {
    summary: "the operator on a cluster",
    flags: runFlags,
    help: helpOf(runFlags),
    run: async (args, signal) => (await import("./run.ts")).run(readFlags(runFlags, args), signal),
  },
  demo: {
    summary: "the operator on an embedded cluster, with load, in this terminal",
    flags: demoFlags,
    help: helpOf(demoFlags),
    async run(args, signal) {
      if (args.some((arg) => arg === "--kubeconfig" || arg.startsWith("--kubeconfig=")))
        return (await import("./run.ts")).run(readFlags(runFlags, args), signal);
      return (await import("../lab/cli/demo.ts")).demo(readFlags(demoFlags, args), signal);
    },
  },
  sim: {
    summary: "what a way to carry traffic does to response times, simulated",
    flags: async () => (await import("../lab/cli/sim/flags.ts")).flags,
    help: async () => (await import("../lab/cli/sim.ts")).simHelp,
    run: async (args, signal) => (await import("../lab/cli/sim.ts")).sim(args, signal),
  },
  ...poolCommands(name),
  crd: {
    summary: "print the CustomResourceDefinition",
    help: "  --write  Put it into manifests/ and the chart.\n  --check  Fail if a file there is not fresh.",
    run: async (args) => (await import("./crd.ts")).printCrd(args),
  },
};

/** Runs what the words of the command line ask for. */
export const runEvenkeel = (words: readonly string[]): Promise<void> =>
  runProgram({ name, description: manifest.description, commands }, words);
