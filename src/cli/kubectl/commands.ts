import { completionScript, type Shell, shells } from "../completion/scripts.ts";
import { type Flag, type FlagValues, UsageError } from "../flags/flag.ts";
import { helpOf } from "../flags/help.ts";
import { readLine } from "../flags/read-flags.ts";
import type { Command } from "../program.ts";
import { examples } from "./examples.ts";
import {
  checkFlags,
  clusterFlags,
  drainFlags,
  explainFlags,
  historyFlags,
  initFlags,
  statusFlags,
  versionFlags,
  watchFlags,
} from "./flags.ts";

const isShell = (word: string | undefined): word is Shell => shells.some((shell) => shell === word);

const completionHelp = (file: string): string =>
  [
    `  bash  source <(${file} completion bash)`,
    `  zsh   source <(${file} completion zsh)`,
    `  fish  ${file} completion fish | source`,
  ].join("\n");

type Given<F extends Record<string, Flag>> = (
  flags: FlagValues<F>,
  words: readonly string[],
  signal: AbortSignal,
) => Promise<void>;

/** A command with these flags; its code is loaded when it runs. */
const withFlags = <F extends Record<string, Flag>>(
  flags: F,
  parts: Pick<Command, "summary" | "words" | "completes" | "examples">,
  run: Given<F>,
): Command => ({
  ...parts,
  flags,
  help: helpOf(flags),
  async run(args, signal) {
    const given = readLine(flags, args);
    await run(given.flags, given.words, signal);
  },
});

const onePool = { words: "POOL | NAMESPACE/POOL", completes: "pool" } as const;
const somePools = { words: "[POOL | NAMESPACE/POOL]", completes: "pool" } as const;

/** The commands that look at pools and change them, for a program that is called so, and completed by its file. */
export function poolCommands(program: string, file = program): Record<string, Command> {
  return {
    init: withFlags(
      initFlags,
      {
        summary: "propose a pool for a workload, from what its pods report",
        words: "KIND/NAME",
        completes: "workload",
        examples: examples.init,
      },
      async (...given) => (await import("./commands/init.ts")).init(...given),
    ),
    check: withFlags(
      checkFlags,
      {
        summary: "show what a pool would read from its pods now, and what is wrong",
        words: "[POOL | NAMESPACE/POOL | METRICS-URL]",
        completes: "pool",
        examples: examples.check,
      },
      async (...given) => (await import("./commands/check.ts")).check(...given),
    ),
    status: withFlags(
      statusFlags,
      { summary: "list pools, or show one pool with its pods", ...somePools, examples: examples.status },
      async (...given) => (await import("./commands/status.ts")).status(...given),
    ),
    watch: withFlags(
      watchFlags,
      { summary: "show the same as status, live", ...somePools, examples: examples.watch },
      async (...given) => (await import("./commands/watch.ts")).watch(...given),
    ),
    explain: withFlags(
      explainFlags,
      {
        summary: "give the reasons for each pod's traffic, and for the replicas",
        ...onePool,
        examples: examples.explain,
      },
      async (...given) => (await import("./commands/explain.ts")).explain(...given),
    ),
    history: withFlags(
      historyFlags,
      { summary: "list what was decided for a pool, when and why", ...onePool, examples: examples.history },
      async (...given) => (await import("./commands/history.ts")).history(...given),
    ),
    drain: withFlags(
      drainFlags,
      {
        summary: "give a pod no new traffic, and wait until its connections are gone",
        words: "POD | NAMESPACE/POD",
        completes: "pod",
        examples: examples.drain,
      },
      async (...given) => (await import("./commands/drain.ts")).drain(program, ...given),
    ),
    pause: withFlags(
      clusterFlags,
      { summary: "stop scaling a pool", ...onePool, examples: examples.pause },
      async (...given) => (await import("./commands/pause.ts")).pause(...given),
    ),
    resume: withFlags(
      clusterFlags,
      { summary: "scale a pool again, in the mode from before the pause", ...onePool, examples: examples.resume },
      async (...given) => (await import("./commands/pause.ts")).resume(...given),
    ),
    version: withFlags(
      versionFlags,
      { summary: "print the versions of this program and of the operator" },
      async (...given) => (await import("./commands/version.ts")).version(...given),
    ),
    completion: {
      summary: "print the script for completion in a shell",
      words: shells.join(" | "),
      completes: shells,
      help: completionHelp(file),
      async run([shell, ...more]) {
        if (!isShell(shell) || more.length > 0) throw new UsageError(`name one shell: ${shells.join(", ")}`);
        process.stdout.write(completionScript(shell, file));
      },
    },
  };
}
