import type { Setting, WeightRule } from "../policy.ts";
import { waterLevel } from "../water-level.ts";

/** How much a reading counts in an average, and the bounds of an estimate around the median. */
const alpha = 0.1;
const bounds = { least: 0.1, most: 10, busy: 0.05, weight: 0.02 };

function medianOf(values: Float64Array): number {
  const sorted = values.slice().sort();
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

/** Capacities as a ratio of averages: completions over busy time. */
function createEstimator({ pods, interval }: Setting) {
  const completions = new Float64Array(pods);
  const busy = new Float64Array(pods);
  const seen = new Uint8Array(pods);
  return {
    follow(reading: Parameters<WeightRule>[0]): void {
      for (let pod = 0; pod < pods; pod += 1) {
        if (reading.missing[pod]) continue;
        const gain = seen[pod] ? alpha : 1;
        seen[pod] = 1;
        completions[pod]! += gain * (reading.completions[pod]! / interval - completions[pod]!);
        busy[pod]! += gain * (reading.busy[pod]! - busy[pod]!);
      }
    },
    arrivalRate: () => completions.reduce((sum, rate) => sum + rate, 0),
    capacities(): Float64Array {
      const raw = completions.map((rate, pod) => rate / Math.max(busy[pod]!, bounds.busy));
      const median = medianOf(raw.filter((capacity) => capacity > 0));
      if (Number.isNaN(median)) return raw.fill(1);
      return raw.map((capacity) => Math.min(bounds.most * median, Math.max(bounds.least * median, capacity)));
    },
  };
}

/** Shares in proportion to estimated capacities. */
export function capacity(setting: Setting): WeightRule {
  const estimator = createEstimator(setting);
  return (reading) => {
    if (reading.time > 0) estimator.follow(reading);
    return estimator.capacities();
  };
}

/** Basic LI in units of capacity: what is expected in the interval is poured so that all end equally long. */
export function capacityLI(setting: Setting): WeightRule {
  const estimator = createEstimator(setting);
  return (reading) => {
    if (reading.time > 0) estimator.follow(reading);
    const expected = estimator.arrivalRate() * setting.interval;
    const capacities = estimator.capacities();
    if (expected <= 0) return capacities;
    const heights = reading.queues.map((queue, pod) => queue / capacities[pod]!);
    const level = waterLevel(expected, heights, capacities);
    const floor = (bounds.weight * expected) / setting.pods;
    return heights.map((height, pod) => Math.max(floor, capacities[pod]! * (level - height)));
  };
}
