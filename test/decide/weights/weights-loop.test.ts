import { describe, expect, test } from "vitest";
import { Random } from "../../../src/lab/sim/random.ts";
import { createPlanSeries, weightsOf } from "../../builders/plan-series.ts";
import { FluidPods } from "../../rigs/pods/fluid-pods.ts";

type Weights = Readonly<Record<string, number>>;

const capacities = [15, 15, 15, 25, 25, 25];
const even: Weights = Object.fromEntries(capacities.map((_, index) => [`web-${index}`, 1_000]));

/** The static optimum: what each pod has left over is proportional to the root of its capacity. */
function optimum(utilisation: number): number[] {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const spare = sum(capacities) * (1 - utilisation);
  const roots = capacities.map(Math.sqrt);
  const rates = capacities.map((capacity, index) => capacity - (spare * roots[index]!) / sum(roots));
  return rates.map((rate) => (1_000 * rate * rates.length) / sum(rates));
}

/** How a pod tells its load, in percent, of what it is in the mean. */
type TellLoad = (mean: number) => number;

/** The weights of each interval, with pods that are weighed and get their traffic by it in turn. */
function close(intervals: number, utilisation: number, intervalS = 1, tell: TellLoad = (mean) => mean): Weights[] {
  const pods = new FluidPods(capacities);
  const lambda = utilisation * capacities.reduce((sum, capacity) => sum + capacity, 0);
  const series = createPlanSeries({
    metrics: {
      interval: `${intervalS}s`,
      source: { http: { connections: { name: "open" }, load: { name: "load" }, requests: { name: "served" } } },
    },
  });
  const history: Weights[] = [];
  for (let turn = 1; turn <= intervals; turn += 1) {
    pods.run(intervalS, lambda, history.at(-1) ?? even);
    const afterMs = turn * intervalS * 1_000;
    const read = pods.read(afterMs, tell);
    history.push(weightsOf(series(afterMs, read)));
  }
  return history;
}

describe("the loop from weights to traffic, to samples, to weights", () => {
  test.each([
    [0.5, 1],
    [0.7, 1],
    [0.9, 1],
    [0.7, 10],
  ])("settles near the optimum at a utilisation of %d with an interval of %i s", (utilisation, intervalS) => {
    const history = close(200, utilisation, intervalS);
    const best = optimum(utilisation);
    for (const weights of history.slice(-100)) {
      for (const [index, weight] of best.entries()) {
        const off = Math.abs(weights[`web-${index}`]! - weight) / weight;
        expect(off, `web-${index}`).toBeLessThan(0.08);
      }
    }
  });

  // What chance makes of eight workers is more than the pods differ: without its measure, weights follow it, and
  // nearly all of the traffic goes to the pod that happened to be idle.
  test.each([1, 2, 3])("and where pods tell how many of 8 workers are busy at an instant, by lot %i", (seed) => {
    const random = new Random(seed, 0);
    const ofEight: TellLoad = (mean) => {
      const busy = Array.from({ length: 8 }, () => random.next() < mean / 100).filter(Boolean).length;
      return (100 * busy) / 8;
    };
    const history = close(200, 0.7, 10, ofEight);
    const best = optimum(0.7);
    for (const weights of history.slice(-100)) {
      for (const [index, weight] of best.entries()) {
        const off = Math.abs(weights[`web-${index}`]! - weight) / weight;
        expect(off, `web-${index}`).toBeLessThan(0.4);
      }
    }
  });
});
