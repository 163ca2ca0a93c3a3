import { describe, expect, test } from "vitest";
import { type StrategyType, strategyTypes } from "../../src/api/pool.ts";
import type { PoolStatus } from "../../src/api/status.ts";
import type { Memory } from "../../src/decide/memory.ts";
import { plan } from "../../src/decide/plan.ts";
import { describe as describePool } from "../../src/decide/status/describe.ts";
import type { ObservedPod } from "../../src/decide/world.ts";
import { observation, observedAt, pool } from "../builders/builders.ts";
import { readings, weightsOf } from "../builders/plan-series.ts";
import { FluidPods } from "../rigs/pods/fluid-pods.ts";

type Weights = Readonly<Record<string, number>>;

const capacities = [15, 15, 15, 25, 25, 25];
const names = capacities.map((_, index) => `web-${index}`);
const turns = 80;
const restartedAt = 50;
/** A move of a weight, or a difference between two, that means nothing: the dead band and what rounds to it. */
const slight = 0.1;

/** A pod tells how long a request takes that comes now. */
const withResponse = (observed: ObservedPod): ObservedPod => {
  const capacity = capacities[names.indexOf(observed.pod.name)]!;
  const samples = observed.reading!.samples.map((sample) => ({
    ...sample,
    responseMs: (1_000 * (1 + sample.connections!)) / capacity,
  }));
  return { ...observed, reading: { samples, failures: 0 } };
};

interface Cell {
  readonly type: StrategyType;
  readonly utilisation: number;
  readonly intervalS: number;
}

/** The weights of every interval; what was remembered is lost before a turn, and status is all there is. */
function play({ type, utilisation, intervalS }: Cell, lostAt?: number): Weights[] {
  const pods = new FluidPods(capacities);
  const planned = pool({ strategy: { type }, metrics: { interval: `${intervalS}s`, timeout: "800ms", ...readings } });
  const lambda = utilisation * capacities.reduce((sum, capacity) => sum + capacity, 0);
  let weights: Weights = Object.fromEntries(names.map((name) => [name, 1_000]));
  let memory: Memory | undefined;
  let status: PoolStatus = {};
  return Array.from({ length: turns }, (_, turn) => {
    pods.run(intervalS, lambda, weights);
    const ms = (turn + 1) * intervalS * 1_000;
    if (turn === lostAt) memory = undefined;
    const seen = observation({
      now: observedAt + ms,
      pool: planned,
      pods: pods.read(ms).map(withResponse),
      status,
    });
    const { plan: made, memory: left } = plan(seen, memory);
    memory = left;
    status = describePool(seen, made, {});
    weights = weightsOf(made);
    return weights;
  });
}

const apart = (before: Weights, after: Weights): number =>
  Math.max(...names.map((name) => Math.abs(after[name]! - before[name]!) / Math.max(after[name]!, before[name]!)));

/** The largest move of any weight from one interval to the next, from a turn on. */
const largestMove = (history: readonly Weights[], from: number): number =>
  Math.max(...history.slice(from).map((weights, index) => apart(history[from + index - 1]!, weights)));

describe("an operator that was restarted", () => {
  const cells = strategyTypes.flatMap((type): Cell[] => [
    { type, utilisation: 0.5, intervalS: 1 },
    { type, utilisation: 0.7, intervalS: 1 },
    { type, utilisation: 0.7, intervalS: 5 },
  ]);

  test.each(cells)("goes on as if it had not been: $type at $utilisation, every $intervalS s", (cell) => {
    const [through, restarted] = [play(cell), play(cell, restartedAt)];
    const usual = Math.max(slight, largestMove(through, restartedAt - 20));
    // First what status tells, or as far from it as any interval is from the one before.
    expect(apart(restarted[restartedAt - 1]!, restarted[restartedAt]!)).toBeLessThanOrEqual(usual + 0.01);
    // What takes longer to learn than an interval: no leap, and not far from where it was.
    expect(largestMove(restarted, restartedAt)).toBeLessThanOrEqual(usual + slight);
    const farthest = through
      .slice(restartedAt, restartedAt + 15)
      .map((weights, index) => apart(weights, restarted[restartedAt + index]!));
    expect(Math.max(...farthest)).toBeLessThanOrEqual(usual + 1.5 * slight);
  });
});
