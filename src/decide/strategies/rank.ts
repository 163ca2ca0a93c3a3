import { hash } from "../basics/hash.ts";
import { meanOf } from "../basics/mean.ts";
import type { PickBy } from "../choose/pick.ts";
import type { Candidate } from "../membership/eligible.ts";
import type { Traits, Weigh } from "../weights/compute.ts";
import type { Pool } from "../world.ts";

/** A candidate at its place. */
export interface Ranked {
  readonly candidate: Candidate;
  /** What it was ranked by; absent when it is not measured, or nothing is. */
  readonly figure?: number;
  /** By these it was compared, in turn, the least first; as `figure`. */
  readonly keys?: readonly number[];
  readonly reason: string;
}

/** What ranks depend on besides the candidates. */
export interface View {
  /** Decides between equals. */
  readonly seed: number;
  readonly pool: Pool;
  /** By UID of the pod. */
  readonly traits: ReadonlyMap<string, Traits>;
}

export interface PoolStrategy {
  /** What comes first, for people. */
  readonly order: string;
  /** Orders the candidates, best first. The order of the input does not matter. */
  readonly rank: (candidates: readonly Candidate[], view: View) => readonly Ranked[];
  /** How the next endpoint is picked for whoever asks for one. */
  readonly pickBy: PickBy;
  /** Absent: the weights are even and need no measuring. */
  readonly weigh?: Weigh;
}

/** Why there is no number for a pod: it never looks idle, it comes last. */
function whyNotMeasured({ reading, sample, probe }: Candidate): string {
  const failure = reading?.failure ?? probe?.failure;
  if (failure) return `not measured: ${failure}`;
  // Such as the response time of a pod that has answered nothing yet.
  if (sample) return "not measured: NotInSample";
  return reading?.samples.length ? "not measured: SampleTooOld" : "not measured: NoSampleYet";
}

/** A candidate with the number that it drew. */
interface Drawn {
  readonly candidate: Candidate;
  readonly lot: number;
}

/** How long equal pods keep their places among each other. */
const rotationMs = 10_000;

/** The seed by which equal pods take turns; `now` in Unix milliseconds. */
export const seedAt = ({ uid }: Pool, now: number): number => hash(uid, Math.floor(now / rotationMs));

const draw = (candidates: readonly Candidate[], seed: number): Drawn[] =>
  candidates.map((candidate) => ({ candidate, lot: hash(candidate.pod.uid, seed) }));

const byLot = (a: Drawn, b: Drawn): number => a.lot - b.lot || (a.candidate.pod.uid < b.candidate.pod.uid ? -1 : 1);

/** Candidates in an order that depends on the seed and on nothing else, for one and the same reason. */
export const shuffle = (candidates: readonly Candidate[], seed: number, reason: string): Ranked[] =>
  draw(candidates, seed)
    .sort(byLot)
    .map(({ candidate }) => ({ candidate, reason }));

/** What a candidate is ranked by: the figure that people read, and keys of which the least comes first. */
export interface RankedBy {
  readonly figure: number;
  /** Compared in turn; the figure alone if absent. */
  readonly keys?: readonly number[];
}

function compareKeys(keys: readonly number[], others: readonly number[]): number {
  for (let at = 0; at < keys.length; at += 1) if (keys[at] !== others[at]) return keys[at]! - others[at]!;
  return 0;
}

/**
 * Ranks by measured figures, least keys first; equals by the seed, so that no pod is always the first of its tier;
 * pods that are not measured last. The mean comes as text, with one decimal.
 */
export function rankMeasured<M extends RankedBy>(
  candidates: readonly Candidate[],
  seed: number,
  measure: (candidate: Candidate) => M | undefined,
  say: (measured: M, mean: string) => string,
): Ranked[] {
  const known: (Drawn & { readonly measured: M; readonly keys: readonly number[] })[] = [];
  const unknown: Drawn[] = [];
  for (const drawn of draw(candidates, seed)) {
    const measured = measure(drawn.candidate);
    if (measured === undefined) unknown.push(drawn);
    else known.push({ ...drawn, measured, keys: measured.keys ?? [measured.figure] });
  }
  known.sort((a, b) => compareKeys(a.keys, b.keys) || byLot(a, b));
  unknown.sort(byLot);
  const mean = meanOf(known.map(({ measured }) => measured.figure)).toFixed(1);
  return [
    ...known.map(({ candidate, measured, keys }) => ({
      candidate,
      figure: measured.figure,
      keys,
      reason: say(measured, mean),
    })),
    ...unknown.map(({ candidate }) => ({ candidate, reason: whyNotMeasured(candidate) })),
  ];
}

/** Ranks by one figure, least first. */
export const rankByFigure = (
  candidates: readonly Candidate[],
  seed: number,
  figureOf: (candidate: Candidate) => number | undefined,
  say: (figure: number, mean: string) => string,
): Ranked[] =>
  rankMeasured(
    candidates,
    seed,
    (candidate) => {
      const figure = figureOf(candidate);
      return figure === undefined ? undefined : { figure };
    },
    ({ figure }, mean) => say(figure, mean),
  );
