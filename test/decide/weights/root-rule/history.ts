import type { PodInterval, PoolInterval } from "../../../../src/decide/weights/root-rule/interval.ts";
import { type RootWeights, rootWeights } from "../../../../src/decide/weights/root-rule/root-weights.ts";
import { createRootState, type RootState } from "../../../../src/decide/weights/root-rule/state.ts";

/** One second of a pool with even shares, unless told otherwise. */
export const interval = (pods: readonly PodInterval[], rest: Partial<PoolInterval> = {}): PoolInterval => ({
  intervalS: 1,
  delayS: 0,
  pods,
  shares: new Map(pods.map(({ id }) => [id, 1 / pods.length])),
  ...rest,
});

/** The pool after some intervals in a row; the shares in force are those of the weights before. */
export function after(intervals: readonly PoolInterval[], start: RootState = createRootState()): RootWeights {
  let result: RootWeights | undefined;
  for (const next of intervals) {
    result = rootWeights(result?.state ?? start, result ? { ...next, shares: result.weights } : next);
  }
  return result!;
}

export const repeat = <T>(times: number, make: (turn: number) => T): T[] =>
  Array.from({ length: times }, (_, turn) => make(turn));

export const ids = (count: number): string[] => repeat(count, (index) => `p${index}`);
