import type { Candidate } from "./eligible.ts";
import { type Average, average } from "./ewma.ts";
import type { Memory } from "./memory.ts";
import type { Trust } from "./working.ts";

/** Time after which 37 % of an average of weights is left: long against what a moment does to them. */
const memory = { leastMs: 60_000, intervals: 30 };

/** Weights in the interval that ends, by UID of the pod. */
export interface Interval {
  readonly elapsedMs: number;
  /** In force in it. */
  readonly weights: ReadonlyMap<string, number>;
  readonly trusts: ReadonlyMap<string, Trust>;
  /** What the strategy knows to hold for any time. */
  readonly lasting: ReadonlyMap<string, number> | undefined;
  readonly intervalMs: number;
}

/**
 * The weights that each pod has in the long run: as its strategy has learned, else on average while its numbers counted
 * in full.
 */
export function followUsual(usual: Memory["usual"], interval: Interval): Memory["usual"] {
  const { elapsedMs, weights, trusts, lasting, intervalMs } = interval;
  const memoryMs = Math.max(memory.leastMs, memory.intervals * intervalMs);
  return new Map(
    [...weights].flatMap(([uid, weight]): [string, Average][] => {
      const learned = lasting?.get(uid);
      if (learned !== undefined) return [[uid, { value: learned, overMs: 0 }]];
      const before = usual.get(uid);
      if (elapsedMs > 0 && trusts.get(uid)?.trust === 1) return [[uid, average(before, weight, elapsedMs, memoryMs)]];
      return before ? [[uid, before]] : [];
    }),
  );
}

/** Those of these pods that have one. */
export const usualWeights = ({ usual }: Memory, candidates: readonly Candidate[]): ReadonlyMap<string, number> =>
  new Map(
    candidates.flatMap(({ pod: { uid } }) => {
      const known = usual.get(uid);
      return known ? [[uid, known.value] as const] : [];
    }),
  );
