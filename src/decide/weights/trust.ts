import type { Column } from "../basics/by-pod.ts";
import { median } from "../basics/median.ts";
import type { Candidate } from "../membership/eligible.ts";
import { trustIn } from "../samples/staleness.ts";
import type { Observation } from "../world.ts";
import { normalise } from "./columns.ts";
import { isNew } from "./slow-start.ts";

/** How far the numbers of a pod count, 0 to 1; the age is absent where the pod is too new or was never measured. */
export interface Trust {
  readonly trust: number;
  /** 1 where a fresh probe stands for a sample, else 0. */
  readonly probed: number;
  readonly ageMs?: number;
}

/** Computed weights, as far as the numbers behind them count. */
export interface Trusted {
  /** As computed, of mean 1. */
  readonly computed: Column;
  readonly trusts: Column<Trust>;
  /** The median of the weights whose numbers count in full; absent where there is nothing to tell apart. */
  readonly middle: number | undefined;
  readonly blended: Column;
  /** The same with mean 1 again. */
  readonly weights: Column;
}

/** Not at all while it is new: it looks idle because nobody knows it yet. */
function trustOf(candidate: Candidate, { pool, now }: Pick<Observation, "pool" | "now">): Trust {
  const metrics = pool.spec.metrics!;
  // Where a probe is all there is, its time is there while it is fresh.
  const probed = !metrics.source && candidate.response ? 1 : 0;
  if (isNew(candidate, { pool, now })) return { trust: 0, probed: 0 };
  const newest = candidate.reading?.samples[0];
  if (!newest || probed) return { trust: probed, probed };
  const ageMs = Math.abs(now - newest.takenAt);
  return { trust: trustIn(ageMs, metrics), probed, ageMs };
}

/**
 * Weights as far as their numbers can be trusted, and the median of those that fully can be for the rest. They stay as
 * they are where there is nothing to tell apart.
 */
export function trust(
  weights: Column,
  candidates: readonly Candidate[],
  moment: Pick<Observation, "pool" | "now">,
): Trusted {
  const computed = normalise(weights);
  const trusts = candidates.map((candidate) => trustOf(candidate, moment));
  const valid = computed.filter((_, place) => trusts[place]!.trust === 1);
  if (valid.length === 0 || valid.length === computed.length)
    return { computed, trusts, middle: undefined, blended: computed, weights: normalise(computed) };
  const middle = median(valid);
  const blended = computed.map((weight, place) => middle + trusts[place]!.trust * (weight - middle));
  return { computed, trusts, middle, blended, weights: normalise(blended) };
}
