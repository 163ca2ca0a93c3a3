import { helpOf } from "../../cli/flags/help.ts";
import { readFlags } from "../../cli/flags/read-flags.ts";
import type { Command } from "../../cli/program.ts";
import { runFlags } from "../../cli/run-flags.ts";
import { wrap } from "../../cli/terminal/text.ts";
import { demoFlags } from "./demo/flags.ts";
import { allKeys, keyHelp, steadyKeys } from "./demo/play/key-help.ts";

const keyLines = Object.values(keyHelp)
  .map(({ keys, does }) => `  ${keys.padEnd(11)}${wrap(does, 66).join(`\n${" ".repeat(13)}`)}`)
  .join("\n");

const notSteady = allKeys.filter((name) => !steadyKeys.some((steady) => steady === name));

const fewerKeys = `  With --consumer service, only q works. With client, haproxy, envoy and grpc,
  these do not: ${notSteady.map((name) => keyHelp[name].keys).join(" ")}.`;

/** The commands that the operator's own bundle leaves out. */
export const labCommands: Readonly<Record<string, Command>> = {
  demo: {
    summary: "run the operator on an embedded cluster, with load, in this terminal",
    flags: demoFlags,
    help: `${helpOf(demoFlags)}\n\nKeys, while the table is shown in a terminal:\n\n${keyLines}\n\n${fewerKeys}`,
    async run(args, signal) {
      if (args.some((arg) => arg === "--kubeconfig" || arg.startsWith("--kubeconfig=")))
        return (await import("../../cli/run.ts")).run(readFlags(runFlags, args), signal);
      return (await import("./demo.ts")).demo(readFlags(demoFlags, args), signal);
    },
  },
  sim: {
    summary: "simulate what strategies and policies do to response times",
    flags: async () => (await import("./sim/flags.ts")).flags,
    help: async () => (await import("./sim.ts")).simHelp,
    run: async (args, signal) => (await import("./sim.ts")).sim(args, signal),
  },
};
