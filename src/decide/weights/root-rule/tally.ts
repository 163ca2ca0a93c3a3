import { defined } from "../../../api/defined.ts";
import { sum } from "../../basics/mean.ts";
import { leastDispersion } from "./dispersion.ts";
import type { KnownPod } from "./interval.ts";
import { negligible } from "./limits.ts";
import type { BusyTally } from "./state.ts";

/** Completions per pod after which 1/e of a tally is left: long, recent, and that of the misfit between them. */
const memory = { long: 1_000, recent: 50, misfit: 200 };

/** What the completions of an interval leave of each tally, as factors. */
export interface Fading {
  readonly long: number;
  readonly recent: number;
  readonly misfit: number;
  /** Variance of the completions of a busy time over their mean. */
  readonly dispersion: number;
}

/** A pod with the tallies of this interval. */
export interface TalliedPod {
  readonly id: string;
  readonly long: BusyTally;
  readonly recent: BusyTally;
  /** This interval alone, or the one before that was counted. */
  readonly last?: BusyTally;
}

/**
 * Memory is measured in completions, not in time, so that every interval gives equally exact capacities; and where a
 * completion tells less, more of them are remembered.
 */
export function fadingAfter(completions: number, dispersion: number): Fading {
  const told = (completions * leastDispersion) / dispersion;
  return {
    long: Math.exp(-told / memory.long),
    recent: Math.exp(-told / memory.recent),
    misfit: Math.exp(-told / memory.misfit),
    dispersion,
  };
}

const fade = ({ completions, busyS }: BusyTally, left: number, added: BusyTally): BusyTally => ({
  completions: left * completions + added.completions,
  busyS: left * busyS + added.busyS,
});

/** Rounds what has faded away to nothing: the quotient of two remainders means nothing. */
const swept = ({ completions, busyS }: BusyTally, intervalS: number): BusyTally => ({
  completions: completions < negligible ? 0 : completions,
  busyS: busyS < negligible * intervalS ? 0 : busyS,
});

/** Adds the interval to the tallies of the pods whose completions and busy time are both known. */
export function tally(pods: readonly KnownPod[], rates: readonly number[], dispersion: number): TalliedPod[] {
  const rate = sum(rates) / pods.length;
  return pods.map(({ id, completions, busy, intervalS, memory: { long, recent, last } }) => {
    if (completions === undefined || busy === undefined) return { id, long, recent, ...defined({ last }) };
    const left = fadingAfter(rate * intervalS, dispersion);
    const added = { completions, busyS: busy * intervalS };
    return {
      id,
      last: added,
      long: swept(fade(long, left.long, added), intervalS),
      recent: swept(fade(recent, left.recent, added), intervalS),
    };
  });
}
