import { defined } from "../../api/defined.ts";
import type { PoolStatus } from "../../api/status.ts";
import type { Candidate } from "../membership/eligible.ts";
import type { CountedFailure, Coverage } from "../planned.ts";
import type { Pool, RefusedMetric, SampleFailure } from "../world.ts";
import { type Finding, inWords } from "./findings.ts";
import { isFirstOfRate } from "./rate.ts";

type Counted = { readonly pods: number; readonly example: string };

/** The largest groups first, each with the first of its pods by name as an example. */
class Groups<Of extends object> {
  readonly #groups = new Map<string, Of & Counted>();

  add(key: string, of: Of, example: string): void {
    const known = this.#groups.get(key);
    const isFirst = !known || example < known.example;
    this.#groups.set(key, { ...(isFirst ? { ...of, example } : known), pods: (known?.pods ?? 0) + 1 });
  }

  get all(): (Of & Counted)[] {
    return [...this.#groups]
      .sort(([a, { pods }], [b, other]) => other.pods - pods || (a < b ? -1 : 1))
      .map(([, group]) => group);
  }
}

/** Whether a pod answers, and has no load yet, which is a rate: that takes two values. */
const isBeginning = ({ reading, sample }: Candidate): boolean =>
  sample !== undefined && reading?.failure === undefined && isFirstOfRate(sample);

/** Whether all has been asked that can be known of a pod at once. */
const isAsked = (candidate: Candidate): boolean => candidate.reading !== undefined && !isBeginning(candidate);

/**
 * How many of the candidates are measured. A pod whose first attempt is still to end, or the second where its load is a
 * rate, is not expected to be, yet.
 */
export function cover(candidates: readonly Candidate[], { spec: { metrics } }: Pool, now: number): Coverage {
  if (!metrics?.source) return { expected: 0, fresh: 0, failures: [] };
  const expected = candidates.filter(isAsked);
  const beginning = new Groups<{ metric: string }>();
  for (const candidate of candidates)
    if (isBeginning(candidate)) {
      const { metric } = candidate.sample!.counter!;
      beginning.add(metric, { metric }, candidate.pod.name);
    }
  const fresh = expected.filter(({ sample }) => sample);
  const oldestMs = fresh.reduce((oldest, { sample }) => Math.max(oldest, now - sample!.takenAt), 0);
  const failures = new Groups<{ failure: SampleFailure; finding?: Finding }>();
  const refused = new Groups<RefusedMetric>();
  for (const { pod, reading, sample } of expected) {
    for (const metric of sample?.refused ?? []) refused.add(`${metric.metric} ${metric.fault}`, metric, pod.name);
    if (sample || !reading?.failure) continue;
    const { failure, finding } = reading;
    failures.add(failure, { failure, ...defined({ finding }) }, pod.name);
  }
  return {
    expected: expected.length,
    fresh: fresh.length,
    ...(fresh.length > 0 && { oldestMs }),
    failures: failures.all,
    ...(refused.all.length > 0 && { refused: refused.all }),
    ...(beginning.all.length > 0 && { beginning: beginning.all }),
  };
}

/** The same with the findings in words. */
export interface ToldCoverage extends Omit<Coverage, "failures"> {
  readonly failures: readonly (Omit<CountedFailure, "finding"> & { readonly detail?: string })[];
}

export const tellCoverage = (coverage: Coverage): ToldCoverage => ({
  ...coverage,
  failures: coverage.failures.map(({ finding, ...counted }) => ({ ...counted, ...inWords(finding) })),
});

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
  !metrics?.source || candidates.filter(isAsked).length >= candidates.length * settledShare;

/**
 * Whether status tells numbers of a pod that was not asked yet, as after a restart: they are better than none, and
 * writing a status without them would be news of nothing.
 */
export function isAwaited(candidates: readonly Candidate[], { spec: { metrics } }: Pool, status: PoolStatus): boolean {
  // What nobody is asked for any more is not waited for.
  if (!metrics?.source) return false;
  const waiting = new Set(candidates.filter((candidate) => !isAsked(candidate)).map(({ pod }) => pod.name));
  if (waiting.size === 0) return false;
  return (status.endpoints ?? []).some(
    ({ pod, connections, load }) => (connections ?? load) !== undefined && waiting.has(pod),
  );
}
