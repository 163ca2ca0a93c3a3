import { leastOf } from "./scenario.ts";

/** What is seen of the pods at a moment. Columns have one entry per pod, and are used again. */
export interface ConnectionSample {
  readonly at: number;
  /** Seconds between two samples of a pod. */
  readonly interval: number;
  /** So many of the pods are there: the first ones. */
  readonly pods: number;
  /** As last read. */
  readonly counts: Int32Array;
  /** When that was. */
  readonly readAt: Float64Array;
  /** 1 where the sample was lost: the count tells nothing. */
  readonly lost: Uint8Array;
  /** Whether a period begins now, or goes on. */
  readonly beginsPeriod: boolean;
}

/** Decides who is published as ready, from samples. */
export interface SetPolicy {
  /** The set to be published now, 1 for each member; nothing where it stays as it is. */
  look(sample: ConnectionSample): Uint8Array | undefined;
}

/** Everybody, always. */
export const everybody: SetPolicy = { look: () => undefined };

/**
 * Once a period, the pods that are not above the mean, as a fixed threshold has it; the least busy of the others make up
 * the floor.
 */
export function createMeanThreshold(capacities: Float64Array, floor: number): SetPolicy {
  const set = new Uint8Array(capacities.length);
  const before = new Uint8Array(capacities.length);
  return {
    look({ pods, counts, lost, beginsPeriod }) {
      if (!beginsPeriod) return undefined;
      const loadOf = (pod: number): number => counts[pod]! / capacities[pod]!;
      const read = Array.from({ length: pods }, (_, pod) => pod).filter((pod) => lost[pod] === 0);
      const sumOf = (column: ArrayLike<number>) => read.reduce((sum, pod) => sum + column[pod]!, 0);
      const mean = sumOf(counts) / sumOf(capacities);
      before.set(set);
      for (const pod of read) set[pod] = loadOf(pod) <= mean ? 1 : 0;
      const size = set.subarray(0, pods).reduce((sum, member) => sum + member, 0);
      const others = read.filter((pod) => set[pod] === 0).sort((a, b) => loadOf(a) - loadOf(b));
      for (const pod of others.slice(0, Math.max(0, leastOf(floor, pods) - size))) set[pod] = 1;
      return set.some((member, pod) => member !== before[pod]) ? set : undefined;
    },
  };
}
