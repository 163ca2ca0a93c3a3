import type { ConnectionScenario } from "../../../src/lab/sim/connections/scenario.ts";
import { ConnectionSimulation } from "../../../src/lab/sim/connections/simulation.ts";

/** Periods before anything is counted, and those that are. */
const periods = { before: 60, counted: 120 };

interface WriteRun {
  readonly writes: number;
  readonly slices: number;
}

export interface WriteFigures {
  readonly writesPerPeriod: number;
  readonly slicesPerWrite: number;
}

/** Follows pods that are there all the time, for what writes touch; yields the share that is done. */
export function* runWrites(scenario: ConnectionScenario): Generator<number, WriteRun> {
  const simulation = new ConnectionSimulation(scenario);
  const all = periods.before + periods.counted;
  let before: WriteRun = { writes: 0, slices: 0 };
  for (let period = 1; period <= all; period += 1) {
    for (let sample = 0; sample < simulation.samplesPerPeriod; sample += 1) simulation.step();
    if (period === periods.before) before = { writes: simulation.writes, slices: simulation.slicesWritten };
    yield period / all;
  }
  return { writes: simulation.writes - before.writes, slices: simulation.slicesWritten - before.slices };
}

export function summarizeWrites(runs: readonly WriteRun[]): WriteFigures {
  const sum = (field: keyof WriteRun) => runs.reduce((total, run) => total + run[field], 0);
  return {
    writesPerPeriod: sum("writes") / runs.length / periods.counted,
    slicesPerWrite: sum("slices") / sum("writes"),
  };
}
