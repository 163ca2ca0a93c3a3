import type { Sample } from "../world.ts";
import type { Crossings } from "./crossings.ts";
import { type Poll, type PollView, podsFor, podsFormula, pollsOf, replacementsFor } from "./demand.ts";
import type { Fleet, FleetPod } from "./fleet.ts";
import type { Gauge } from "./gauges.ts";
import type { FleetCase } from "./load-case.ts";

/** What a gauge shows on the last polls, newest first. */
export interface Polled {
  readonly gauge: Gauge;
  readonly polls: readonly Poll[];
  /** Polls in a row, from the newest on, on which the average passes the limit. */
  readonly over: number;
  /** Pods that are added for those that are lost. */
  readonly replacements: number;
  /** Replicas at which every poll would be within the limit. */
  readonly needed: number;
}

const passes = ({ sum, measured }: Poll, { limit }: Gauge): boolean => measured > 0 && sum / measured > limit;

/** Replicas at which each of these polls would be within the limit, and those of them that take the place of lost pods. */
export function neededOn(fleet: Fleet, { limit }: Gauge, polls: readonly Poll[]) {
  const carrying = podsFor(Math.min(...polls.map(({ sum }) => sum)), limit);
  const replacements = replacementsFor(fleet, carrying);
  return { replacements, needed: carrying + fleet.reserved + replacements };
}

const whole: PollView = (counted) => counted;

/**
 * The polls as they are to be judged. While the samples come that confirm a poll, those that are in are one poll alone, in
 * which the other pods are idle, and count when they ask for more even so: else a burst that one pod showed before and
 * another one after the first of them would be seen on two polls.
 */
function settle(
  { observation: { pool, now }, fleet }: FleetCase,
  gauge: Gauge,
  of: (view: PollView) => readonly Poll[],
  confirmed: Crossings | undefined,
): readonly Poll[] {
  const { at } = confirmed?.last ?? { at: Number.POSITIVE_INFINITY };
  if (now < at || now > at + pool.spec.metrics!.timeout) return of(whole);
  const isNew = (sample: Sample | undefined): boolean => sample !== undefined && sample.takenAt >= at;
  const isAwaited = ({ isServing, counted: [newest] }: FleetPod) => isServing && newest !== undefined && !isNew(newest);
  if (!fleet.carriers.some(isAwaited)) return of(whole);
  const before: PollView = (counted) => counted.filter((sample) => !isNew(sample));
  const apart = of((counted) => [counted.find(isNew), ...before(counted)]);
  return exceeds(fleet, neededOn(fleet, gauge, apart).needed) ? apart : of(before);
}

/** Writes down the polls, and the replicas that the least of their sums asks for. */
export function readPolls(given: FleetCase, gauge: Gauge, confirmed: Crossings | undefined): Polled {
  const { observation, scaling, fleet, ledger } = given;
  const { name, limit } = gauge;
  const of = (view: PollView) => pollsOf(observation, fleet, gauge, scaling.up.polls, view);
  const polls = settle(given, gauge, of, confirmed);
  ledger.given(`${name}Limit`, limit);
  for (const [index, { sum, measured }] of polls.entries()) {
    const [sumOf, podsOf] = [`${name}Sum${index + 1}`, `${name}Pods${index + 1}`];
    ledger.given(sumOf, sum);
    ledger.given(podsOf, measured);
    if (measured > 0) ledger.step(`${name}Average${index + 1}`, `${sumOf} / ${podsOf}`, sum / measured);
  }
  const { replacements, needed } = neededOn(fleet, gauge, polls);
  const sums = polls.map((_, index) => `${name}Sum${index + 1}`);
  const formula = podsFormula(sums.length > 1 ? `min(${sums.join(", ")})` : sums.join(), `${name}Limit`);
  ledger.step(`${name}Needed`, `${formula} + reserved + min(lost, ${formula})`, needed);
  const end = polls.findIndex((poll) => !passes(poll, gauge));
  return { gauge, polls, over: end === -1 ? polls.length : end, replacements, needed };
}

/** Whether the average was past the limit on every poll. */
export const isOver = ({ scaling }: FleetCase, { over }: Polled): boolean => over === scaling.up.polls;

/** Whether so many are more than there are. A rollout may hold more pods than replicas: what is not measured of those is idle, too. */
export const exceeds = ({ replicas, settled }: Fleet, needed: number): boolean => needed > Math.max(replicas, settled);
