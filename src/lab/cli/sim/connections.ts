import { setImmediate } from "node:timers/promises";
import { type CrowdFigures, runCrowd, summarizeCrowd } from "../../sim/connections/crowd.ts";
import { type JoinFigures, runJoin, summarizeJoin } from "../../sim/connections/join.ts";
import type { ConnectionScenario } from "../../sim/connections/scenario.ts";
import { runSteady, type SteadyFigures, summarizeSteady } from "../../sim/connections/steady.ts";
import type { openProgress } from "./progress.ts";
import type { ConnectionsConfig } from "./read-connections.ts";

type Progress = ReturnType<typeof openProgress>;

/** So long a simulation goes on before it looks at the signal, in milliseconds. */
const slice = 30;

/** Runs under the seeds 1 to `seeds`, stopped by the signal. */
async function runAll<Run>(
  run: (scenario: ConnectionScenario) => Generator<number, Run>,
  { scenario, seeds }: Pick<ConnectionsConfig, "scenario" | "seeds">,
  signal: AbortSignal,
  progress: Progress,
): Promise<readonly Run[]> {
  const runs: Run[] = [];
  let until = performance.now() + slice;
  for (let seed = 1; seed <= seeds; seed += 1) {
    const steps = run({ ...scenario, seed });
    for (;;) {
      const step = steps.next();
      if (step.done) {
        runs.push(step.value);
        break;
      }
      if (performance.now() < until) continue;
      progress.show(scenario.policy, (seed - 1 + step.value) / seeds);
      await setImmediate();
      signal.throwIfAborted();
      until = performance.now() + slice;
    }
  }
  return runs;
}

/** Time averages of pods that hold connections. */
export const followSteady = async (
  scenario: ConnectionScenario,
  seeds: number,
  signal: AbortSignal,
  progress: Progress,
): Promise<SteadyFigures> => summarizeSteady(await runAll(runSteady, { scenario, seeds }, signal, progress));

const digits = (value: number): number => Number(value.toPrecision(5));

function printSteady({ sdOverMean, maxOverMean, writesPerPeriod, published, se, maxSe }: SteadyFigures): string[] {
  return [
    "Connections on pods, time averages:",
    `  sd/mean   ${digits(sdOverMean)} (standard error ${digits(se)})`,
    `  max/mean  ${digits(maxOverMean)} (standard error ${digits(maxSe)})`,
    `  pods published     ${digits(published)}`,
    `  writes per period  ${digits(writesPerPeriod)}`,
  ];
}

function printCrowd({ peak, maxOverMean, sdOverMean, se, maxSe, peakSe }: CrowdFigures): string[] {
  return [
    "Connections on pods after a crowd came back, over a hold time:",
    `  peak of max/mean     ${digits(peak)} (standard error ${digits(peakSe)})`,
    `  max/mean on average  ${digits(maxOverMean)} (standard error ${digits(maxSe)})`,
    `  sd/mean on average   ${digits(sdOverMean)} (standard error ${digits(se)})`,
  ];
}

const printJoin = ({ holds, closed, reached }: JoinFigures, { seeds }: ConnectionsConfig): string[] => [
  "Until no pod has more than 1.25 of the mean, median:",
  `  hold times  ${holds === null ? "more than 20" : digits(holds)} (reached in ${reached} of ${seeds} runs)`,
  ...(closed > 0 ? [`  connections closed for it  ${digits(closed)}`] : []),
];

/** Simulates pods that hold connections: the text of the answer. */
export async function simulateConnections(
  config: ConnectionsConfig,
  signal: AbortSignal,
  progress: Progress,
): Promise<string> {
  const { scenario, json } = config;
  const say = <Figures extends object>(figures: Figures, print: (figures: Figures) => string[]): string => {
    if (!json) return `${print(figures).join("\n")}\n`;
    const rounded = Object.entries(figures).map(([name, value]) => [
      name,
      typeof value === "number" ? Number(value.toPrecision(6)) : value,
    ]);
    return `${JSON.stringify(Object.fromEntries(rounded))}\n`;
  };
  if (scenario.crowd !== undefined)
    return say(summarizeCrowd(await runAll(runCrowd, config, signal, progress)), printCrowd);
  if (scenario.join !== undefined)
    return say(summarizeJoin(await runAll(runJoin, config, signal, progress)), (figures) => printJoin(figures, config));
  return say(await followSteady(scenario, config.seeds, signal, progress), printSteady);
}
