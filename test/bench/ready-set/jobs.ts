import { type CrowdFigures, runCrowd, summarizeCrowd } from "../../../src/lab/sim/connections/crowd.ts";
import { type JoinFigures, runJoin, summarizeJoin } from "../../../src/lab/sim/connections/join.ts";
import { type ConnectionScenario, plainConnections } from "../../../src/lab/sim/connections/scenario.ts";
import { runSteady, type SteadyFigures, summarizeSteady } from "../../../src/lab/sim/connections/steady.ts";

import { runWrites, summarizeWrites, type WriteFigures } from "./follow-writes.ts";

/** What a job measures: time averages, a crowd that comes back, pods that join, or what writes touch. */
export interface Measures {
  readonly steady: SteadyFigures;
  readonly crowd: CrowdFigures;
  readonly join: JoinFigures;
  readonly writes: WriteFigures;
}

export interface ConnectionJob<Kind extends keyof Measures = keyof Measures> {
  readonly kind: Kind;
  readonly scenario: ConnectionScenario;
  readonly seeds: number;
}

export interface ConnectionResult {
  readonly figures: Measures[keyof Measures];
  /** Time that a processor spent on it. */
  readonly cpuMs: number;
}

/** What a policy does not heed is left out, so that equal jobs are run once. */
export function connectionJob<Kind extends keyof Measures>(
  kind: Kind,
  change: Partial<ConnectionScenario>,
  seeds: number,
): ConnectionJob<Kind> {
  const scenario = { ...plainConnections, ...change };
  const heeds = ["leastBusy", "meanThreshold"].includes(scenario.policy);
  const { floor, missing, delay, delays } = plainConnections;
  return {
    kind,
    seeds,
    scenario: heeds ? scenario : { ...scenario, floor, missing, delay, delays, told: true },
  };
}

export const keyOf = ({ kind, scenario, seeds }: ConnectionJob): string =>
  JSON.stringify([kind, seeds, ...Object.entries(scenario).sort(([a], [b]) => (a < b ? -1 : 1))]);

/** About how long it takes, in microseconds. */
export function costOf({ kind, scenario, seeds }: ConnectionJob): number {
  const { pods, connections, hold, period, policy, told } = scenario;
  const periods = {
    steady: Math.max(2_060, (220 * hold) / period),
    crowd: ((told ? 6 : 21) * hold) / period,
    join: (21 * hold) / period,
    writes: 180,
  };
  const perPeriod = Math.max(10, period) * (0.1 + (policy === "leastBusy" ? 0.5 : 0.01) * pods);
  const perConnection = policy === "leastConnections" ? 0.05 + 0.01 * pods : 0.05;
  return seeds * periods[kind] * (perPeriod + (2 * perConnection * pods * connections * period) / hold);
}

function resultOf<Result>(steps: Generator<number, Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

export function runJob({ kind, scenario, seeds }: ConnectionJob): ConnectionResult {
  const startedAt = process.threadCpuUsage();
  const runs = <Run>(run: (scenario: ConnectionScenario) => Generator<number, Run>): Run[] =>
    Array.from({ length: seeds }, (_, index) => resultOf(run({ ...scenario, seed: index + 1 })));
  const measure = {
    steady: () => summarizeSteady(runs(runSteady)),
    crowd: () => summarizeCrowd(runs(runCrowd)),
    join: () => summarizeJoin(runs(runJoin)),
    writes: () => summarizeWrites(runs(runWrites)),
  };
  const figures = measure[kind]();
  const { user, system } = process.threadCpuUsage(startedAt);
  return { figures, cpuMs: (user + system) / 1_000 };
}
