import { factsOf } from "../sources/sources.ts";
import type { Crossings } from "./crossings.ts";
import type { Confirmation, HoldDecision } from "./decision.ts";
import type { FleetPod } from "./fleet.ts";
import { formatAverage, formatLimit, type Gauge } from "./gauges.ts";
import { whyHeld } from "./held-scale.ts";
import { createLedger } from "./ledger.ts";
import { upLimits } from "./limits.ts";
import type { FleetCase, Need } from "./load-case.ts";
import { exceeds, isOver, neededOn, type Polled } from "./polls.ts";

/** Of the interval, after the newest sample. */
const confirmShare = 0.25;

/**
 * Intervals for which no other crossing is confirmed where the last one added nothing: a load that hovers about the limit
 * costs a tenth more samples, however often it passes.
 */
const restIntervals = 10;

/** How many replicas there would be at most if the polls to come were as those that pass the limit; undefined: no more. */
function wouldBe(given: FleetCase, { gauge, polls, over }: Polled): number | undefined {
  const { needed } = neededOn(given.fleet, gauge, polls.slice(0, over));
  if (!exceeds(given.fleet, needed)) return undefined;
  const scratch = { ...given, ledger: createLedger() };
  const to = Math.min(needed, ...upLimits.map((limit) => limit(scratch).replicas));
  return to > given.fleet.replicas ? to : undefined;
}

/** The crossing that another sample would decide: that of the average which asks for the most. */
function undecided(given: FleetCase, asked: readonly Polled[], known: readonly Gauge["name"][]) {
  return asked
    .filter((each) => each.over > 0 && !isOver(given, each) && !known.includes(each.gauge.name))
    .flatMap((each) => {
      const to = wouldBe(given, each);
      return to === undefined ? [] : [{ ...each, to }];
    })
    .sort((a, b) => b.to - a.to)[0];
}

const newestOf = (carriers: readonly FleetPod[], now: number): number =>
  Math.max(...carriers.map(({ counted }) => counted[0]?.takenAt ?? Number.NEGATIVE_INFINITY).filter((at) => at <= now));

/** Whether the last confirmation is to be followed by none for now. */
function isResting({ last, replicas }: Crossings, { observation: { pool, now }, fleet }: FleetCase): boolean {
  return fleet.replicas <= replicas && Math.abs(now - last.at) < restIntervals * pool.spec.metrics!.interval;
}

/**
 * Which crossings are confirmed, with one that begins now. Each is confirmed once, where replicas would be added for it at
 * once: not at a limit, not while something holds them, and not where only a later sample tells anything new.
 */
export function noteCrossings(
  given: FleetCase,
  asked: readonly Polled[],
  more: Need | HoldDecision,
  before: Crossings | undefined,
): Crossings | undefined {
  const { observation, resets, scaling, fleet } = given;
  const { pool, now } = observation;
  const { metrics } = pool.spec;
  const past = asked.filter(({ over }) => over > 0).map(({ gauge }) => gauge.name);
  const gauges = before?.gauges.filter((name) => past.includes(name)) ?? [];
  const kept = before && { ...before, gauges };
  if (more.kind === "need" || !metrics || !factsOf(metrics).canHurry || scaling.mode !== "Auto") return kept;
  const found = undecided(given, asked, gauges);
  if (!found || (before && isResting(before, given)) || whyHeld(observation, resets, "up", found.to)) return kept;
  const quarterMs = confirmShare * metrics.interval;
  const at = Math.max(now, newestOf(fleet.carriers, now) + quarterMs);
  const { gauge, polls, over, to } = found;
  const average = formatAverage(gauge, polls[0]!.sum / polls[0]!.measured);
  const poll = `${over} of ${scaling.up.polls} polls`;
  const reason = `The next sample comes after ${quarterMs} ms: ${average} passes the limit of ${formatLimit(gauge)} on ${poll}, and one that confirms it adds replicas, up to ${to}.`;
  return { gauges: [...gauges, gauge.name], last: { at, reason }, replicas: fleet.replicas };
}

/** The confirmation that is still to come. */
export const confirmationOf = (
  crossings: Crossings | undefined,
  { now, pool }: FleetCase["observation"],
): Confirmation | undefined => {
  const { last } = crossings ?? {};
  const withinMs = confirmShare * (pool.spec.metrics?.interval ?? 0);
  return last && last.at >= now && last.at <= now + withinMs ? last : undefined;
};
