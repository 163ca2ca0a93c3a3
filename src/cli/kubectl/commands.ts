import { helpOf, readLine, UsageError } from "../../config.ts";
import type { Command } from "../command-line.ts";
import { completionScript, type Shell, shells } from "../completion/scripts.ts";
import { clusterFlags, drainFlags, explainFlags, statusFlags, watchFlags } from "./flags.ts";

const isShell = (word: string | undefined): word is Shell => shells.some((shell) => shell === word);

const completionHelp = (file: string): string =>
  [
    `  bash  source <(${file} completion bash)`,
    `  zsh   source <(${file} completion zsh)`,
    `  fish  ${file} completion fish | source`,
  ].join("\n");

/** The commands that look at pools and change them, for a program that is called so, and completed by its file. */
export function poolCommands(program: string, file = program): Record<string, Command> {
  return {
    status: {
      summary: "pools in a table, or one pool with its pods",
      words: "[POOL | NAMESPACE/POOL]",
      completes: "pool",
      flags: statusFlags,
      help: helpOf(statusFlags),
      async run(args, signal) {
        const { flags, words } = readLine(statusFlags, args);
        await (await import("./status.ts")).status(flags, words, signal);
      },
    },
    watch: {
      summary: "the same, live",
      words: "[POOL | NAMESPACE/POOL]",
      completes: "pool",
      flags: watchFlags,
      help: helpOf(watchFlags),
      async run(args, signal) {
        const { flags, words } = readLine(watchFlags, args);
        await (await import("./watch.ts")).watch(flags, words, signal);
      },
    },
    explain: {
      summary: "the arithmetic of every rank, weight and scaling decision",
      words: "POOL | NAMESPACE/POOL",
      completes: "pool",
      flags: explainFlags,
      help: helpOf(explainFlags),
      async run(args, signal) {
        const { flags, words } = readLine(explainFlags, args);
        await (await import("./explain.ts")).explain(flags, words, signal);
      },
    },
    drain: {
      summary: "give a pod no new traffic, and wait until its connections are gone",
      words: "POD",
      completes: "pod",
      flags: drainFlags,
      help: helpOf(drainFlags),
      async run(args, signal) {
        const { flags, words } = readLine(drainFlags, args);
        await (await import("./drain.ts")).drain(program, flags, words, signal);
      },
    },
    pause: {
      summary: "leave a pool's replicas alone",
      words: "POOL | NAMESPACE/POOL",
      completes: "pool",
      flags: clusterFlags,
      help: helpOf(clusterFlags),
      async run(args, signal) {
        const { flags, words } = readLine(clusterFlags, args);
        await (await import("./pause.ts")).pause(flags, words, signal);
      },
    },
    resume: {
      summary: "scale it again, as before the pause",
      words: "POOL | NAMESPACE/POOL",
      completes: "pool",
      flags: clusterFlags,
      help: helpOf(clusterFlags),
      async run(args, signal) {
        const { flags, words } = readLine(clusterFlags, args);
        await (await import("./pause.ts")).resume(flags, words, signal);
      },
    },
    completion: {
      summary: "the script that lets a shell complete the words of a command",
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
