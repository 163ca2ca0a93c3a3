import { standardError } from "../batch-means.ts";
import type { ConnectionScenario } from "./scenario.ts";
import { ConnectionSimulation } from "./simulation.ts";
import { warmUpOf } from "./steady.ts";

/** Pods that join have their part when none has more than this of the mean. */
const even = 1.25;
/** What takes longer, in hold times, is not waited for. */
const patience = 20;

/** How pods that join come to their part in one run. */
export interface JoinRun {
  /** Hold times until then; infinite where it took too long. */
  readonly holds: number;
  /** Connections that were closed for it. */
  readonly closed: number;
}

/** Lets pods join at the begin of a period, and waits until connections lie evenly; yields the share that is done. */
export function* runJoin(scenario: ConnectionScenario): Generator<number, JoinRun> {
  const { hold, told } = scenario;
  const simulation = new ConnectionSimulation(scenario);
  // Who is told has nothing to learn: all is as even as can be.
  const before = told ? 0 : warmUpOf(simulation);
  const most = before + Math.ceil((patience * hold) / simulation.sampleStep);
  for (let sample = 1; sample <= before; sample += 1) {
    simulation.step();
    if (simulation.beginsPeriod) yield sample / most;
  }
  const joinedAt = simulation.now;
  const closedBefore = simulation.closed;
  simulation.join();
  for (let sample = before + 1; sample <= most; sample += 1) {
    simulation.step();
    if (simulation.spread.maxOverMean < even)
      return { holds: (simulation.now - joinedAt) / hold, closed: simulation.closed - closedBefore };
    if (simulation.beginsPeriod) yield sample / most;
  }
  return { holds: Number.POSITIVE_INFINITY, closed: simulation.closed - closedBefore };
}

/** A median varies by so much more than a mean does. */
const medianError = Math.sqrt(Math.PI / 2);

/** Medians over all seeds. */
export interface JoinFigures {
  /** Hold times until connections lie evenly; null where that takes more than 20 of them. */
  readonly holds: number | null;
  readonly closed: number;
  /** Runs in which it came to that. */
  readonly reached: number;
  /** Standard error of the median, as of a normal distribution; 0 where some runs did not come to it. */
  readonly se: number;
}

/** The runs of all seeds together. */
export function summarizeJoin(runs: readonly JoinRun[]): JoinFigures {
  const middle = (values: readonly number[]): number =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
  const holds = middle(runs.map((run) => run.holds));
  const reached = runs.filter((run) => Number.isFinite(run.holds)).length;
  return {
    holds: Number.isFinite(holds) ? holds : null,
    closed: middle(runs.map(({ closed }) => closed)),
    reached,
    se: reached < runs.length ? 0 : medianError * standardError(runs.map((run) => run.holds)),
  };
}
