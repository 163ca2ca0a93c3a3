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
      compares the ways for such a pool.
  evenkeel sim --model periodic --pods 100 --update-interval 10 --policy basicLI
  evenkeel sim --model closedLoop --speeds 0.75x10,1.25x10 --load 0.7 \\
      --strategy LeastConnections -o json
      one run: mean, standard error, p50, p99 and p99.9, in service times.
  evenkeel sim --model connections --pods 20 --connections 20 --hold 300s \\
      --period 10s --policy leastBusy -o json
      pods that hold connections, picked blindly among those published as ready:
      sd/mean and max/mean over the pods, writes a period, pods published.
  evenkeel sim --scenario spin-up --seed 7
      one server; connections come, each with a random load, and pick a server;
      another starts when the average load passes 50%. The loads after each.

${helpOf(flags)}

Times are in mean service times (10) or durations (3s); with connections in
seconds (10) or durations. Requests come at random (Poisson). All pods are read
at the same time; what follows from a reading is in force after the delay and
until the next one. With closedLoop, rules know what an operator can: requests
in flight, completions, busy and response time; strategies are the operator's
own code. With periodic they know the load and see the queues alone. With
--hold, a comparison also says whether a Service of such connections gains from
a ready set (publish.readySet). The same seed gives the same requests to every
policy.`;

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
