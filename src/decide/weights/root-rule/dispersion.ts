import { sum } from "../../basics/mean.ts";
import type { KnownPod } from "./interval.ts";
import type { Jumps } from "./state.ts";

/** Variance of the completions of a busy time over their mean, at least: service times of cv² up to 4 do no harm. */
export const leastDispersion = 2;

/** Intervals after which 1/e of what was seen of jumps is left. */
const memory = 30;

/**
 * Adds how much the pods' completions per busy second jumped from the interval before to this one. A busy time that was
 * measured jumps by chance as completions do. One that is told by the number of busy workers at an instant jumps by far
 * more, and a pod that changes does so once.
 */
export function addJumps(before: Jumps, pods: readonly KnownPod[]): Jumps {
  const pairs = pods.flatMap(({ completions, busy, intervalS, memory: { last } }) =>
    last === undefined || completions === undefined || busy === undefined
      ? []
      : [{ first: last, second: { completions, busyS: busy * intervalS } }],
  );
  if (pairs.length === 0) return before;
  const left = Math.exp(-1 / memory);
  const squares = pairs.map(
    ({ first, second }) => (first.completions * second.busyS - second.completions * first.busyS) ** 2,
  );
  const expected = pairs.map(
    ({ first, second }) => (first.completions + second.completions) * first.busyS * second.busyS,
  );
  return { squares: left * before.squares + sum(squares), expected: left * before.expected + sum(expected) };
}

/** Variance of the completions of a busy time over their mean, as far as jumps tell. */
export const dispersionOf = ({ squares, expected }: Jumps): number =>
  Math.max(leastDispersion, expected > 0 ? squares / expected : 0);
