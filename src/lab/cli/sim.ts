import { helpOf } from "../../cli/flags/help.ts";
import { bearEarlyLeave } from "../../cli/terminal/bear-early-leave.ts";
import { spinUp } from "../sim/spin-up.ts";
import { summarize } from "../sim/summary.ts";
import { compare } from "./sim/compare.ts";
import { compareReadySet } from "./sim/compare-ready-set.ts";
import { simulateConnections } from "./sim/connections.ts";
import { flags } from "./sim/flags.ts";
import { printComparison, printRun, toJson } from "./sim/print.ts";
import { printTurn } from "./sim/print-spin-up.ts";
import { openProgress } from "./sim/progress.ts";
import { type QueueConfig, readConfig } from "./sim/read-config.ts";
import type { ConnectionsConfig } from "./sim/read-connections.ts";
import { runSeeds } from "./sim/run-seeds.ts";

export const simHelp = `  evenkeel sim --pods 20 --load 0.9 --poll 3s --service-time 50ms
      compares the strategies for a pool like this.
  evenkeel sim --model periodic --pods 100 --update-interval 10 --policy basicLI
  evenkeel sim --model closedLoop --speeds 0.75x10,1.25x10 --load 0.7 \\
      --strategy LeastConnections -o json
      simulates one policy or strategy, and prints the mean response time, its
      standard error, p50, p99 and p99.9, in service times.
  evenkeel sim --model connections --pods 20 --connections 20 --hold 300s \\
      --period 10s --policy leastBusy -o json
      simulates pods that hold connections, picked at random among those that
      are published as ready. Prints sd/mean and max/mean over the pods, writes
      per period, and how many pods are published.
  evenkeel sim --scenario spin-up --seed 7
      begins with one server. Connections arrive, each with a random load, and
      pick a server. Another server starts when the average load passes 50%.
      Prints the loads after each connection.

${helpOf(flags)}

A time is a number of mean service times (10) or a duration (3s). With
--model connections, a plain number is in seconds. Requests arrive at random
(Poisson). All pods are read at the same time. A decision is in force from
--delay after its reading until the next decision is. With closedLoop, policies
know what an operator can know: requests in flight, completions, busy time and
response time. Strategies run the operator's own code. With periodic, policies
know the total load, and read only the queues. With --hold, a comparison also
says whether a Service with such connections gains from a ready set
(publish.readySet). The same seed gives every policy the same requests.`;

interface Output {
  write(text: string): unknown;
}

async function simulate(config: QueueConfig | ConnectionsConfig, signal: AbortSignal, out: Output): Promise<void> {
  const progress = openProgress(process.stderr);
  try {
    if (config.kind === "connections") {
      const text = await simulateConnections(config, signal, progress);
      progress.close();
      out.write(text);
      return;
    }
    if (config.kind === "run") {
      const { scenario, seeds, json } = config;
      const runs = await runSeeds(scenario, seeds, signal, (share) => progress.show(scenario.policy, share));
      progress.close();
      const summary = summarize(runs);
      out.write(json ? `${JSON.stringify(toJson(summary))}\n` : printRun(summary));
      return;
    }
    const comparison = await compare(config, signal, progress);
    const readySet = await compareReadySet(config, comparison, signal, progress);
    progress.close();
    const inJson = comparison.rows.map(({ name, asked, grows, summary }) => ({
      name,
      asked,
      grows,
      ...toJson(summary),
    }));
    out.write(
      config.json
        ? `${JSON.stringify({ rows: inJson, curves: comparison.curves, readySet })}\n`
        : printComparison(config, comparison, readySet.sentence),
    );
  } finally {
    progress.close();
  }
}

/** Simulates what the flags ask for, and prints it. */
export async function sim(args: readonly string[], signal: AbortSignal, out: Output = process.stdout): Promise<void> {
  if (out === process.stdout) bearEarlyLeave();
  const config = readConfig(args);
  if (config.kind !== "spinUp") return simulate(config, signal, out);
  const { strategy, seed, json } = config;
  if (json) out.write(`${JSON.stringify({ strategy, seed, turns: [...spinUp(config)] })}\n`);
  else for (const turn of spinUp(config)) out.write(printTurn(turn));
}
