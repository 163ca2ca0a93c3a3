import { type PoolStrategy, shuffle } from "./rank.ts";

/** Every pod in its turn. The list is the ring; where a client enters it is the client's own turn. */
export const roundRobin: PoolStrategy = {
  order: "shuffled anew every ten seconds, so that each pod has its turn",
  pickBy: "turn",
  rank: (candidates, { seed }) => shuffle(candidates, seed, "takes its turn"),
};
