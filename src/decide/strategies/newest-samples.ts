import { ByPod, columnOf } from "../basics/by-pod.ts";
import type { Weighing } from "../weights/weighing.ts";
import type { Sample } from "../world.ts";

/** The samples that the next interval counts from: the newest of each pod, be it fresh or not. */
export function newestSamples({ candidates, roster, memory }: Weighing): ReadonlyMap<string, Sample> {
  const known = columnOf(memory.samples, roster);
  return new ByPod(
    roster,
    candidates.map(({ sample }, place) => sample ?? known[place]),
  );
}
