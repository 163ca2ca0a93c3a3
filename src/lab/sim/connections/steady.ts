import { type Batch, cautiousError, meanOf } from "../batch-means.ts";
import { Averages } from "./averages.ts";
import type { ConnectionScenario } from "./scenario.ts";
import { ConnectionSimulation } from "./simulation.ts";

/** Before anything is measured: so many hold times, and periods in which the rule learns. */
const warmUp = { holds: 20, periods: 60 };
/** Who is told has nothing to learn. */
const warmUpOfTold = { holds: 5, periods: 0 };
/** Measured. */
const length = { holds: 200, periods: 2_000 };

/** Where a quarter fails, after so many hold times each. */
const failure = { share: 0.25, holds: 5 };

/** Time averages of one run, in batches. */
export interface SteadyRun {
  readonly sdOverMean: readonly Batch[];
  readonly maxOverMean: readonly Batch[];
  readonly published: readonly Batch[];
  readonly writesPerPeriod: number;
}

/** Time averages over all seeds, with the standard errors of the first two. */
export interface SteadyFigures {
  readonly sdOverMean: number;
  readonly maxOverMean: number;
  readonly writesPerPeriod: number;
  readonly published: number;
  readonly se: number;
  readonly maxSe: number;
}

/** Samples of so many hold times, or of so many periods where these are more. */
const samplesIn = (
  { scenario: { hold, period }, samplesPerPeriod }: ConnectionSimulation,
  { holds, periods }: typeof length,
): number => samplesPerPeriod * Math.max(periods, Math.ceil((holds * hold) / period));

/** Samples before anything is measured. */
export const warmUpOf = (simulation: ConnectionSimulation): number =>
  samplesIn(simulation, simulation.scenario.told ? warmUpOfTold : warmUp);

/** Follows pods that are there all the time; yields the share that is done. */
export function* runSteady(scenario: ConnectionScenario): Generator<number, SteadyRun> {
  const simulation = new ConnectionSimulation(scenario);
  const before = warmUpOf(simulation);
  const measured = samplesIn(simulation, length);
  const [sdOverMean, maxOverMean, published] = [1, 2, 3].map(() => new Averages(measured)) as [
    Averages,
    Averages,
    Averages,
  ];
  let writesBefore = 0;
  const failsEvery = Math.round((failure.holds * scenario.hold) / simulation.sampleStep);
  for (let sample = 1; sample <= before + measured; sample += 1) {
    simulation.step();
    if (scenario.quarterFails && sample % failsEvery === 0) simulation.failFullest(failure.share);
    if (sample > before) {
      const spread = simulation.spread;
      sdOverMean.add(spread.sdOverMean);
      maxOverMean.add(spread.maxOverMean);
      published.add(simulation.published);
    } else if (sample === before) writesBefore = simulation.writes;
    if (sample % simulation.samplesPerPeriod === 0) yield sample / (before + measured);
  }
  return {
    sdOverMean: sdOverMean.batches,
    maxOverMean: maxOverMean.batches,
    published: published.batches,
    writesPerPeriod: ((simulation.writes - writesBefore) * simulation.samplesPerPeriod) / measured,
  };
}

/** The runs of all seeds together. */
export function summarizeSteady(runs: readonly SteadyRun[]): SteadyFigures {
  const of = (name: "sdOverMean" | "maxOverMean" | "published") => runs.map((run) => run[name]);
  return {
    sdOverMean: meanOf(of("sdOverMean").flat()),
    maxOverMean: meanOf(of("maxOverMean").flat()),
    writesPerPeriod: runs.reduce((sum, run) => sum + run.writesPerPeriod, 0) / runs.length,
    published: meanOf(of("published").flat()),
    se: cautiousError(of("sdOverMean")),
    maxSe: cautiousError(of("maxOverMean")),
  };
}
