import { reads } from "../../api/metrics.ts";
import type { Candidate } from "../membership/eligible.ts";
import type { Learned } from "../weights/compute.ts";
import { learnedCapacities } from "../weights/root-rule/learned-capacities.ts";
import { isNew, slowStart } from "../weights/slow-start.ts";
import type { Observation, Pool } from "../world.ts";
import { type CapacityTally, elasticityOf, tallied, tally, toCapacities } from "./capacity.ts";

/** A load below this, in percent, is no measure of what a pod can carry. */
const leastLoadPercent = 1;

type Tallies = ReadonlyMap<string, CapacityTally>;

/** Where a pool's figures come from, as text: what is learned of those of another source tells nothing of these. */
export const sourceText = ({ spec }: Pool): string => JSON.stringify(spec.metrics?.source ?? null);

/** Takes in what pods carry at the begin of a period; a pod that has just become ready looks slower than it is. */
export function tallyCapacities(
  before: Tallies = new Map(),
  candidates: readonly Candidate[],
  observation: Observation,
): Tallies {
  if (!reads(observation.pool.spec.metrics, "load")) return new Map();
  const tallies = new Map<string, CapacityTally>();
  for (const candidate of candidates) {
    const { pod, sample } = candidate;
    const known = before.get(pod.uid);
    const isTelling = sample?.connections !== undefined && (sample.load ?? 0) >= leastLoadPercent;
    if (isTelling && !isNew(candidate, observation))
      tallies.set(pod.uid, tally(known, sample.connections!, sample.load!));
    else if (known) tallies.set(pod.uid, known);
  }
  return tallies;
}

/**
 * What each pod can carry, of mean 1: connections per load where a load is read, as far as that follows them, else the service rates that weights have
 * been learned by, else the same of all; of a pod in its slow start, its share of it.
 */
export function capacitiesOf(
  candidates: readonly Candidate[],
  tallies: Tallies,
  { root }: Learned,
  observation: Observation,
): number[] {
  const { metrics } = observation.pool.spec;
  const rates = reads(metrics, "load") ? undefined : learnedCapacities(root, metrics!.interval / 1_000);
  const whole = toCapacities(
    candidates.map(({ pod: { uid } }) => {
      const counted = tallies.get(uid);
      return counted ? tallied(counted) : rates?.get(uid);
    }),
    rates ? 1 : elasticityOf(tallies.values()),
  );
  const ramped = whole.map((capacity, place) => capacity * slowStart(candidates[place]!, observation));
  const mean = ramped.reduce((total, one) => total + one, 0) / ramped.length;
  return ramped.map((capacity) => capacity / mean);
}
