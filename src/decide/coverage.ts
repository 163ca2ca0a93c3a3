import type { PoolStatus } from "../api/status.ts";
import type { Candidate } from "./eligible.ts";
import type { Coverage } from "./planned.ts";
import type { Pool, SampleFailure } from "./world.ts";

/** How many of the candidates are measured. A pod whose first attempt is still to end is not expected to be, yet. */
export function cover(candidates: readonly Candidate[], { spec: { metrics } }: Pool, now: number): Coverage {
  if (!metrics?.source) return { expected: 0, fresh: 0, failures: [] };
  const expected = candidates.filter(({ reading }) => reading !== undefined);
  const fresh = expected.flatMap(({ sample }) => (sample ? [now - sample.takenAt] : []));
  const failures = new Map<SampleFailure, { pods: number; example: string }>();
  for (const { pod, reading, sample } of expected) {
    if (sample || !reading?.failure) continue;
    const known = failures.get(reading.failure);
    const example = known && known.example < pod.name ? known.example : pod.name;
    failures.set(reading.failure, { pods: (known?.pods ?? 0) + 1, example });
  }
  return {
    expected: expected.length,
    fresh: fresh.length,
    ...(fresh.length > 0 && { oldestMs: Math.max(0, ...fresh) }),
    failures: [...failures]
      .map(([failure, rest]) => ({ failure, ...rest }))
      .sort((a, b) => b.pods - a.pods || (a.failure < b.failure ? -1 : 1)),
  };
}

/** Share of pods that must be measured for their numbers to steer anything. */
const minimumFreshShare = 0.5;

export const tooFewFresh = ({ expected, fresh }: Coverage): boolean => fresh < expected * minimumFreshShare;

/** Share of the candidates whose first attempt has ended, from which on the picture counts as whole. */
const settledShare = 0.9;

/**
 * Whether enough pods were asked at least once. Until then, as after a restart, missing numbers say nothing, and what
 * status tells from before is better.
 */
export const isSettled = (candidates: readonly Candidate[], { spec: { metrics } }: Pool): boolean =>
  !metrics?.source || candidates.filter(({ reading }) => reading).length >= candidates.length * settledShare;

/**
 * Whether status tells numbers of a pod that was not asked yet, as after a restart: they are better than none, and
 * writing a status without them would be news of nothing.
 */
export function isAwaited(candidates: readonly Candidate[], { spec: { metrics } }: Pool, status: PoolStatus): boolean {
  // What nobody is asked for any more is not waited for.
  if (!metrics?.source) return false;
  const waiting = new Set(candidates.filter(({ reading }) => !reading).map(({ pod }) => pod.name));
  if (waiting.size === 0) return false;
  return (status.endpoints ?? []).some(
    ({ pod, connections, load }) => (connections ?? load) !== undefined && waiting.has(pod),
  );
}
