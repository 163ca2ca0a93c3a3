import * as z from "zod";
import manifest from "../../package.json" with { type: "json" };
import { runProgram } from "./command-line.ts";
import type { Flag } from "./flags/flag.ts";
import { helpOf } from "./flags/help.ts";
import { readFlags } from "./flags/read-flags.ts";
import { poolCommands } from "./kubectl/commands.ts";
import type { Command } from "./program.ts";
import { runFlags } from "./run-flags.ts";

const name = "evenkeel";

const run: Command = {
  summary: "run the operator on a cluster",
  flags: runFlags,
  help: helpOf(runFlags),
  run: async (args, signal) => (await import("./run.ts")).run(readFlags(runFlags, args), signal),
};

const crdFlags = {
  write: {
    help: "Write it, and what follows from it, into manifests/, the chart and docs/.",
    schema: z.boolean().default(false),
  },
  check: { help: "Fail if one of these files is not up to date.", schema: z.boolean().default(false) },
} as const satisfies Record<string, Flag>;

const crd: Command = {
  summary: "print the CustomResourceDefinition",
  flags: crdFlags,
  help: helpOf(crdFlags),
  run: async (args) => (await import("./crd.ts")).printCrd(readFlags(crdFlags, args)),
};

const elsewhere = {
  demo: "the demo is not in the operator's bundle: `npm ci && npm start` in a clone of the sources runs it",
  sim: "the simulator is not in the operator's bundle: `npm ci && npm run evenkeel -- sim` in a clone of the sources runs it",
};

/** Runs what the words of the command line ask for. `more` are commands beside the operator's own. */
export const runEvenkeel = (words: readonly string[], more: Readonly<Record<string, Command>> = {}): Promise<void> =>
  runProgram(
    { name, description: manifest.description, commands: { run, ...more, ...poolCommands(name), crd }, elsewhere },
    words,
  );
