import { sum } from "../../basics/mean.ts";
import type { BusyTally } from "./state.ts";

/**
 * Empirical-Bayes shrinkage of rates, as in the credibility theory of Bühlmann and Straub (1970): a pod's completions
 * per busy second are pulled to what is expected of it, the less so the longer it was watched and the more the pods
 * differ than chance explains.
 */

/**
 * Pearson's chi-square of tallies against the completions per busy second that are expected. `dispersion` is the
 * variance of the completions over their mean; a pod without busy time tells nothing.
 */
export function chiSquare(tallies: readonly BusyTally[], expected: readonly number[], dispersion: number): number {
  const terms = tallies.map(({ completions, busyS }, index) => {
    const likely = expected[index]! * busyS;
    return busyS > 0 ? (completions - likely) ** 2 / (likely * dispersion) : 0;
  });
  return sum(terms);
}

/**
 * Variance between pods over variance within a second of one pod: the moment estimate from a chi-square, from what
 * chance alone makes of it, and from the busy seconds behind it. 0 where chance explains all.
 */
export const excess = (chi: number, degrees: number, busyS: number): number =>
  chi > degrees && busyS > 0 ? (chi - degrees) / busyS : 0;

/**
 * The expected rate, corrected by the tally as far as `spread` makes its seconds count: `(X + k r) / (B + k)` with
 * k = 1 / spread.
 */
export const shrink = ({ completions, busyS }: BusyTally, expected: number, spread: number): number =>
  (completions * spread + expected) / (busyS * spread + 1);
