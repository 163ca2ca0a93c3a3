import type { Candidate } from "../eligible.ts";
import { hash } from "../hash.ts";
import { median } from "../median.ts";

/** A candidate at its place. */
export interface Ranked {
  readonly candidate: Candidate;
  /** 1000 is an even share. */
  readonly weight: number;
  readonly reason: string;
}

/**
 * Orders the candidates, best first, and gives each a weight and a reason.
 * The order of the input does not matter; the seed decides between equals.
 */
export type Strategy = (candidates: readonly Candidate[], seed: number) => readonly Ranked[];

/** An even share of the traffic. */
export const evenWeight = 1_000;

/** How far a weight may lie from an even share: what one sample can be trusted with. */
const bounds = { least: 0.5, most: 2 };

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
 * pods that are not measured last, at the median weight.
 *
 * Weights follow the square root of (mean + 1) / (figure + 1), between half and twice an even share. The root halves
 * the gain of the loop through the published list, so that clients that all follow it do not chase each other
 * (Mitzenmacher, "How Useful Is Old Information?", 2000).
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
  const raw = measured.map(({ figure }) =>
    Math.min(bounds.most, Math.max(bounds.least, Math.sqrt((mean + 1) / (figure + 1)))),
  );
  const unknown = raw.length ? median(raw) : 1;
  const all = [
    ...measured.map(({ candidate, figure }, index) => ({ candidate, share: raw[index]!, reason: say(figure, mean) })),
    ...unmeasured.map((candidate) => ({ candidate, share: unknown, reason: whyNotMeasured(candidate) })),
  ];
  const total = all.reduce((sum, { share }) => sum + share, 0);
  return all.map(({ candidate, share, reason }) => ({
    candidate,
    weight: Math.max(1, Math.round((evenWeight * share * all.length) / total)),
    reason,
  }));
}
