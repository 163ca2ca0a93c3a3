import { sum } from "../../basics/mean.ts";
import { meanQueue } from "./arrivals.ts";
import type { KnownPod } from "./interval.ts";
import { negligible } from "./limits.ts";
import type { TalliedPod } from "./tally.ts";

/** The most completions per pod that inherited weights count as. */
const most = 1_000;

/** A pod that gets this many times less or more than its share got it for another reason than what it can serve. */
const furthest = 4;

/** Halvings after which the bounds of a root agree to the last digit. */
const halvings = 60;

/**
 * Capacities for which these rates are the static optimum `rate = capacity - level * sqrt(capacity)`, at which the pods
 * are busy for so many seconds per second together.
 */
function capacitiesFor(rates: readonly number[], busy: number): number[] {
  const at = (level: number): number[] => rates.map((rate) => ((level + Math.sqrt(level ** 2 + 4 * rate)) / 2) ** 2);
  const busyAt = (level: number): number => {
    const capacities = at(level);
    return sum(rates.map((rate, index) => rate / capacities[index]!));
  };
  // Beyond this level each pod would be busy for less than its part.
  let [low, high] = [0, Math.max(...rates.map((rate) => Math.sqrt((rate * rates.length) / busy)))];
  for (let count = 0; count < halvings; count += 1) {
    const middle = (low + high) / 2;
    if (busyAt(middle) > busy) low = middle;
    else high = middle;
  }
  return at(high);
}

/**
 * Tallies as an operator before would have left them that put these weights in force, in any scale: so a restart does
 * not forget what pods can serve. They need an interval that tells how busy the pods are; before that, and once there
 * are tallies, nothing is inherited.
 */
export function inherit(
  tallied: readonly TalliedPod[],
  pods: readonly KnownPod[],
  weights: ReadonlyMap<string, number>,
  intervalS: number,
): readonly TalliedPod[] {
  const counted = pods.filter(({ completions, busy }) => completions !== undefined && busy !== undefined);
  const heirs = counted.filter(({ id }) => weights.has(id));
  const isFirst = pods.every(({ memory: { long } }) => long.busyS === 0);
  const busy = sum(heirs.map((pod) => pod.busy!));
  const rate = sum(heirs.map((pod) => pod.completions! / pod.intervalS));
  if (!isFirst || heirs.length < 2 || busy < negligible || rate < negligible) return tallied;
  const mean = sum(heirs.map(({ id }) => weights.get(id)!)) / heirs.length;
  const parts = heirs.map(({ id }) => Math.min(furthest, Math.max(1 / furthest, weights.get(id)! / mean)));
  const total = sum(parts);
  const rates = parts.map((part) => (rate * part) / total);
  const capacities = capacitiesFor(rates, busy);
  // The queue of a moment moves a weight by about (queue + 1) / (capacity * interval): as far as chance moves the rate
  // that so many completions tell.
  const served = (sum(capacities) / heirs.length) * intervalS;
  const worth = Math.min(most, (served / (meanQueue(pods) + 1)) ** 2);
  const left = new Map(
    heirs.map(({ id }, index) => {
      const completions = worth * parts[index]!;
      return [id, { completions, busyS: completions / capacities[index]! }];
    }),
  );
  return tallied.map((pod) => {
    const own = left.get(pod.id);
    if (!own) return pod;
    const { completions, busyS } = pod.long;
    return { ...pod, long: { completions: completions + own.completions, busyS: busyS + own.busyS } };
  });
}
