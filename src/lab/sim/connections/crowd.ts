import { meanOf, standardError } from "../batch-means.ts";
import { Averages } from "./averages.ts";
import type { ConnectionScenario } from "./scenario.ts";
import { ConnectionSimulation } from "./simulation.ts";
import { warmUpOf } from "./steady.ts";

/** Seconds from the begin of a period until all connections are lost. */
const leavesAfter = 3.7;

/** What a crowd that comes back does to one run: the highest load from then on, and time averages over a hold time. */
export interface CrowdRun {
  readonly peak: number;
  readonly maxOverMean: number;
  readonly sdOverMean: number;
}

/** The same over all seeds, with the standard errors of sd, of max and of the peak. */
export interface CrowdFigures extends CrowdRun {
  readonly se: number;
  readonly maxSe: number;
  readonly peakSe: number;
}

/** Loses all connections, lets them come back, and looks at the pods from then on; yields the share that is done. */
export function* runCrowd(scenario: ConnectionScenario): Generator<number, CrowdRun> {
  const { hold, crowd = 0 } = scenario;
  const simulation = new ConnectionSimulation(scenario);
  const before = warmUpOf(simulation);
  for (let sample = 1; sample <= before; sample += 1) {
    simulation.step();
    if (simulation.beginsPeriod) yield sample / before;
  }
  const leftAt = simulation.now + leavesAfter;
  simulation.goTo(leftAt);
  simulation.failAll(crowd);
  simulation.goTo(leftAt + crowd);
  const samples = Math.max(1, Math.floor(hold / simulation.sampleStep));
  const sdOverMean = new Averages(samples);
  const maxOverMean = new Averages(samples);
  let peak = simulation.spread.maxOverMean;
  for (let sample = 0; sample < samples; sample += 1) {
    simulation.step();
    const spread = simulation.spread;
    sdOverMean.add(spread.sdOverMean);
    maxOverMean.add(spread.maxOverMean);
    if (spread.maxOverMean > peak) peak = spread.maxOverMean;
  }
  return { peak, maxOverMean: meanOf(maxOverMean.batches), sdOverMean: meanOf(sdOverMean.batches) };
}

/** The runs of all seeds together. */
export function summarizeCrowd(runs: readonly CrowdRun[]): CrowdFigures {
  const of = (name: keyof CrowdRun): readonly number[] => runs.map((run) => run[name]);
  const mean = (name: keyof CrowdRun): number => of(name).reduce((sum, value) => sum + value, 0) / runs.length;
  return {
    peak: mean("peak"),
    maxOverMean: mean("maxOverMean"),
    sdOverMean: mean("sdOverMean"),
    se: standardError(of("sdOverMean")),
    maxSe: standardError(of("maxOverMean")),
    peakSe: standardError(of("peak")),
  };
}
