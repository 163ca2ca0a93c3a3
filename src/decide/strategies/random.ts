import { hash } from "../basics/hash.ts";
import { type PoolStrategy, shuffle } from "./rank.ts";

/** A shuffle that changes whenever the set of pods does. */
export const random: PoolStrategy = {
  order: "a shuffle that changes with the set of pods",
  pickBy: "lot",
  rank: (candidates, { seed }) => {
    const membership = candidates.map(({ pod }) => pod.uid).sort();
    return shuffle(candidates, hash(membership.join(), seed), "shuffled");
  },
};
