import type { Setting, WeightRule } from "../policy.ts";

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Least share of the processor in use that a step is computed from, and bounds of a step and of a weight. */
const least = 0.001;
const step = { least: 0.5, most: 2 };
const weight = { least: 0.1, most: 10 };

/** Moves weights until all are equally busy: each reading multiplies by (mean / own) to the power of the gain. */
export function loadIntegrator({ pods, gain }: Setting): WeightRule {
  const weights = new Float64Array(pods).fill(1);
  return ({ time, busy, missing }) => {
    if (time === 0) return weights;
    const average = Math.max(least, mean(busy));
    for (let pod = 0; pod < pods; pod += 1) {
      if (missing[pod]) continue;
      const ratio = average / Math.max(least, busy[pod]!);
      weights[pod]! *= Math.min(step.most, Math.max(step.least, ratio)) ** gain;
    }
    const scale = mean(weights);
    for (let pod = 0; pod < pods; pod += 1)
      weights[pod] = Math.min(weight.most, Math.max(weight.least, weights[pod]! / scale));
    return weights;
  };
}

/** An average in which a new value counts as much as the gain says; the first one counts alone. */
function createAverages({ pods, gain }: Setting): (values: Float64Array, missing: Uint8Array) => Float64Array {
  const averages = new Float64Array(pods).fill(Number.NaN);
  return (values, missing) => {
    for (let pod = 0; pod < pods; pod += 1) {
      const value = values[pod]!;
      if (missing[pod] || Number.isNaN(value)) continue;
      const before = averages[pod]!;
      averages[pod] = Number.isNaN(before) ? value : before + gain * (value - before);
    }
    return averages;
  };
}

/** 1 / (queue + 1), averaged. */
export function averageInverse(setting: Setting): WeightRule {
  const follow = createAverages(setting);
  return ({ queues, missing }) =>
    follow(
      queues.map((queue) => 1 / (queue + 1)),
      missing,
    ).map((average) => average || 1);
}

/** 1 / response time, of averages: what looks natural and is not. */
export function inverseResponse(setting: Setting): WeightRule {
  const follow = createAverages(setting);
  return ({ responses, missing }) => {
    const averages = follow(responses, missing);
    const known = averages.filter((response) => response > 0);
    const usual = known.length > 0 ? mean(known) : 1;
    return averages.map((response) => 1 / (response > 0 ? response : usual));
  };
}
