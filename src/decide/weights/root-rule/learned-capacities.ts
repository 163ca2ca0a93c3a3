import { sum } from "../../basics/mean.ts";
import { estimateCapacities } from "./capacities.ts";
import { dispersionOf } from "./dispersion.ts";
import type { RootState } from "./state.ts";
import { fadingAfter } from "./tally.ts";

/** Requests that each pod can serve, by id, as far as is learned by now; undefined while nothing is. */
export function learnedCapacities(
  { pods, misfit, jumps }: RootState,
  intervalS: number,
): ReadonlyMap<string, number> | undefined {
  if (pods.length === 0) return undefined;
  const fading = fadingAfter((sum(pods.map(({ rate = 0 }) => rate)) / pods.length) * intervalS, dispersionOf(jumps));
  const known = estimateCapacities(pods, misfit, fading);
  return known && new Map(pods.map(({ id }, place) => [id, known.capacities[place]!]));
}
