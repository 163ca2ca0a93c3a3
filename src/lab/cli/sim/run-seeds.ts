import { setImmediate } from "node:timers/promises";
import type { Recorder } from "../../sim/recorder.ts";
import type { Scenario } from "../../sim/scenario.ts";
import { Simulation } from "../../sim/simulation.ts";

/** Arrivals between two looks at the signal: a few hundredths of a second. */
const chunk = 50_000;

/** Runs a scenario under the seeds 1 to `seeds`; `onProgress` gets shares of all that is to be done. */
export async function runSeeds(
  scenario: Scenario,
  seeds: number,
  signal: AbortSignal,
  onProgress: (share: number) => void,
): Promise<readonly Recorder[]> {
  const recorders: Recorder[] = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    const simulation = new Simulation({ ...scenario, seed });
    while (!simulation.run(chunk)) {
      onProgress((seed - 1 + simulation.progress) / seeds);
      await setImmediate();
      signal.throwIfAborted();
    }
    recorders.push(simulation.recorder);
  }
  return recorders;
}
