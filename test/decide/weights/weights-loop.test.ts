import { describe, expect, test } from "vitest";
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

/** The weights of each interval, with pods that are weighed and get their traffic by it in turn. */
function close(intervals: number, utilisation: number, intervalS = 1): Weights[] {
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
    history.push(weightsOf(series(turn * intervalS * 1_000, pods.read(turn * intervalS * 1_000))));
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
});
