import { ByPod, type Column, columnOf, type Roster } from "../basics/by-pod.ts";
import { type Average, average } from "../basics/ewma.ts";
import type { Memory } from "../memory.ts";
import type { Trust } from "./working.ts";

/** Time after which 37 % of an average of weights is left: long against what a moment does to them. */
const memory = { leastMs: 60_000, intervals: 30 };

/** Weights in the interval that ends, of the pods of a roster. */
export interface Interval {
  readonly elapsedMs: number;
  /** In force in it. */
  readonly weights: Column;
  readonly trusts: Column<Trust>;
  /** What the strategy knows to hold for any time. */
  readonly lasting: Column | undefined;
  readonly intervalMs: number;
}

/**
 * The weights that each pod has in the long run: as its strategy has learned, else on average while its numbers counted
 * in full.
 */
export function followUsual(usual: Memory["usual"], roster: Roster, interval: Interval): Memory["usual"] {
  const { elapsedMs, weights, trusts, lasting, intervalMs } = interval;
  if (lasting)
    return new ByPod(
      roster,
      lasting.map((value) => ({ value, overMs: 0 })),
    );
  const memoryMs = Math.max(memory.leastMs, memory.intervals * intervalMs);
  const before = columnOf(usual, roster);
  return new ByPod(
    roster,
    weights.map((weight, place): Average | undefined =>
      elapsedMs > 0 && trusts[place]!.trust === 1 ? average(before[place], weight, elapsedMs, memoryMs) : before[place],
    ),
  );
}
