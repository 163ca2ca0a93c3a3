import type { Weighing } from "../weighing.ts";
import type { Sample } from "../world.ts";

/** The samples that the next interval counts from: the newest of each pod, be it fresh or not. */
export const newestSamples = ({ candidates, memory }: Weighing): ReadonlyMap<string, Sample> =>
  new Map(
    candidates.flatMap(({ pod, sample }) => {
      const newest = sample ?? memory.samples.get(pod.uid);
      return newest ? [[pod.uid, newest] as const] : [];
    }),
  );
