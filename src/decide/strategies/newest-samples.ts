import { ByPod, columnOf } from "../basics/by-pod.ts";
import type { Evidence } from "../weights/compute.ts";
import type { Sample } from "../world.ts";

/** The samples that the next interval counts from: the newest of each pod, be it fresh or not. */
export function newestSamples({ candidates, roster, learned }: Evidence): ReadonlyMap<string, Sample> {
  const known = columnOf(learned.samples, roster);
  return new ByPod(
    roster,
    candidates.map(({ sample }, place) => sample ?? known[place]),
  );
}
