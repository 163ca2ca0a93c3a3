import { hash } from "../../../decide/basics/hash.ts";

/** Numbers above 0 and below 1; the same seed gives the same ones. */
export function createRandom(seed: number): () => number {
  let count = 0;
  return () => {
    count += 1;
    return (hash(String(count), seed) + 0.5) / 2 ** 32;
  };
}
