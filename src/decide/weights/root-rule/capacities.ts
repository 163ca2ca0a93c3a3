import { sum } from "../../basics/mean.ts";
import { negligible } from "./limits.ts";
import { chiSquare, excess, shrink } from "./shrink.ts";
import type { Misfit } from "./state.ts";
import type { Fading, TalliedPod } from "./tally.ts";

/** A pod this many times slower or faster than the fleet is a wrong reading. */
export const furthest = 50;

/** Dispersion of a sum whose older parts fade. */
const fadingDispersion = (dispersion: number, left: number): number => dispersion / (1 + left);

export interface Capacities {
  /** Completions per busy second, in the order of the pods. */
  readonly capacities: readonly number[];
  /** The same by the long tallies alone. */
  readonly longTerm: readonly number[];
  /** That of all pods together, by their long tallies. */
  readonly fleet: number;
  /** How far pods differ from each other, and from their own past, beyond chance: what a busy second counts. */
  readonly spread: number;
  readonly drift: number;
  readonly misfit: Misfit;
}

function blend(before: Misfit, now: Misfit, left: number): Misfit {
  const mix = (past: number, present: number) => left * past + (1 - left) * present;
  const degrees = mix(before.degrees, now.degrees);
  if (degrees < negligible) return { chiSquare: 0, degrees: 0, busyS: 0 };
  return { chiSquare: mix(before.chiSquare, now.chiSquare), degrees, busyS: mix(before.busyS, now.busyS) };
}

/**
 * Capacities in two steps: the long tallies pulled to the fleet's mean, as far as chance explains how pods differ; then
 * the recent tallies pulled to that, as far as chance explains how pods differ from their own past. Equal pods come
 * out exactly equal, while one that slows down is followed within a few hundred completions.
 * Undefined while no completions in any busy time were seen.
 */
export function estimateCapacities(
  pods: readonly TalliedPod[],
  before: Misfit,
  fading: Fading,
): Capacities | undefined {
  const long = pods.map((pod) => pod.long);
  const busyS = sum(long.map((tally) => tally.busyS));
  const fleet = busyS > 0 ? sum(long.map((tally) => tally.completions)) / busyS : 0;
  if (fleet === 0) return undefined;
  const plausible = (capacity: number) => Math.min(furthest * fleet, Math.max(fleet / furthest, capacity));

  const even = long.map(() => fleet);
  // Busy seconds that speak of differences: fewer than there are, for the mean is estimated from the same tallies.
  const telling = sum(long.map((tally) => tally.busyS * (1 - tally.busyS / busyS)));
  const { dispersion } = fading;
  const spread = excess(chiSquare(long, even, fadingDispersion(dispersion, fading.long)), pods.length - 1, telling);
  const longTerm = long.map((tally) => plausible(shrink(tally, fleet, spread)));

  const recent = pods.map((pod) => pod.recent);
  const now = {
    chiSquare: chiSquare(recent, longTerm, fadingDispersion(dispersion, fading.recent)),
    degrees: recent.filter((tally) => tally.busyS > 0).length,
    busyS: sum(recent.map((tally) => tally.busyS)),
  };
  const misfit = blend(before, now, fading.misfit);
  const drift = excess(misfit.chiSquare, misfit.degrees, misfit.busyS);
  const capacities = recent.map((tally, index) => plausible(shrink(tally, longTerm[index]!, drift)));
  return { capacities, longTerm, fleet, spread, drift, misfit };
}
