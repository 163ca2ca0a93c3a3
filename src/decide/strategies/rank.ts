import type { Candidate } from "../eligible.ts";
import { hash } from "../hash.ts";

/** A candidate at its place. */
export interface Ranked {
  readonly candidate: Candidate;
  /** What it was ranked by; absent when it is not measured, or nothing is. */
  readonly figure?: number;
  readonly reason: string;
}

/** Orders the candidates, best first. The order of the input does not matter; the seed decides between equals. */
export type Strategy = (candidates: readonly Candidate[], seed: number) => readonly Ranked[];

/** Why there is no number for a pod: it never looks idle, it comes last. */
function whyNotMeasured({ reading }: Candidate): string {
  if (reading?.failure) return `not measured: ${reading.failure}`;
  return reading?.samples.length ? "not measured: SampleTooOld" : "not measured: NoSampleYet";
}

/** Candidates in an order that depends on the seed and on nothing else. */
export const shuffle = (candidates: readonly Candidate[], seed: number): Candidate[] =>
  candidates
    .map((candidate) => ({ candidate, key: hash(candidate.pod.uid, seed) }))
    .sort((a, b) => a.key - b.key || (a.candidate.pod.uid < b.candidate.pod.uid ? -1 : 1))
    .map(({ candidate }) => candidate);

/**
 * Ranks by a measured figure, least first; equal figures by the seed, so that no pod is always the first of its tier;
 * pods that are not measured last.
 */
export function rankByFigure(
  candidates: readonly Candidate[],
  seed: number,
  figureOf: (candidate: Candidate) => number | undefined,
  say: (figure: number, mean: number) => string,
): Ranked[] {
  const measured: { candidate: Candidate; figure: number }[] = [];
  const unmeasured: Candidate[] = [];
  for (const candidate of shuffle(candidates, seed)) {
    const figure = figureOf(candidate);
    if (figure === undefined) unmeasured.push(candidate);
    else measured.push({ candidate, figure });
  }
  measured.sort((a, b) => a.figure - b.figure);
  const mean = measured.reduce((sum, { figure }) => sum + figure, 0) / measured.length;
  return [
    ...measured.map(({ candidate, figure }) => ({ candidate, figure, reason: say(figure, mean) })),
    ...unmeasured.map((candidate) => ({ candidate, reason: whyNotMeasured(candidate) })),
  ];
}
