import type { Memory } from "../memory.ts";
import { type RootWeights, rootWeights } from "../root-rule/root-weights.ts";
import { samplesToInterval } from "../root-rule/samples-to-interval.ts";
import type { Weighing, Working } from "../weighing.ts";
import { newestSamples } from "./newest-samples.ts";
import { meanOf } from "./rank.ts";

/** What the root rule makes of an interval. */
export interface RootStep {
  readonly result: RootWeights;
  readonly remember: Pick<Memory, "samples" | "root">;
}

/** Mean age of the samples, in milliseconds: how long ago the queues were as they tell. */
export const delayOf = ({ candidates, now }: Weighing): number =>
  Math.max(0, meanOf(candidates.flatMap(({ sample }) => (sample ? [now - sample.takenAt] : []))));

/** Tells the root rule what the pods did since their samples before. */
export function followRoot(weighing: Weighing): RootStep {
  const { candidates, memory, now, pool, shares } = weighing;
  const result = rootWeights(memory.root, {
    intervalS: pool.spec.metrics!.interval / 1_000,
    delayS: delayOf(weighing) / 1_000,
    pods: candidates.map(({ pod, sample }) => {
      const known = memory.samples.get(pod.uid);
      const previous = known && known.takenAt <= now ? known : undefined;
      return { id: pod.uid, ...samplesToInterval(previous, sample) };
    }),
    shares,
  });
  return { result, remember: { samples: newestSamples(weighing), root: result.state } };
}

/** Service rates of the pods over that of the fleet; 1 while nothing is known of them. */
export const relativeCapacities = ({ capacities, fleetCapacity }: RootWeights): ReadonlyMap<string, number> =>
  new Map([...capacities].map(([uid, capacity]) => [uid, fleetCapacity ? capacity / fleetCapacity : 1]));

/** The arithmetic of the root rule. */
export const workingOf = (result: RootWeights): Working => ({
  formula: "weight ~ max(0, spare + level * sqrt(capacity)), spare = capacity - (queue + 1) / interval",
  pool: {
    interval: result.horizonS,
    lambda: result.lambda,
    level: result.level,
    poured: result.poured,
    serviceTime: result.serviceTimeS,
    spread: result.spread,
    drift: result.drift,
    ...(result.fleetCapacity !== undefined && { fleetCapacity: result.fleetCapacity }),
  },
  pods: new Map(
    [...result.weights].map(([uid, weight]) => [
      uid,
      {
        queue: result.queues.get(uid)!,
        capacity: result.capacities.get(uid)!,
        spare: result.spare.get(uid)!,
        weight,
      },
    ]),
  ),
});
