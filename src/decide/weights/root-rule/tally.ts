import { sum } from "../../basics/mean.ts";
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
}

/** A pod with the tallies of this interval. */
export interface TalliedPod {
  readonly id: string;
  readonly long: BusyTally;
  readonly recent: BusyTally;
}

/** Memory is measured in completions, not in time, so that every interval gives equally exact capacities. */
export const fadingAfter = (completions: number): Fading => ({
  long: Math.exp(-completions / memory.long),
  recent: Math.exp(-completions / memory.recent),
  misfit: Math.exp(-completions / memory.misfit),
});

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
export function tally(pods: readonly KnownPod[], rates: readonly number[]): TalliedPod[] {
  const rate = sum(rates) / pods.length;
  return pods.map(({ id, completions, busy, intervalS, memory: { long, recent } }) => {
    if (completions === undefined || busy === undefined) return { id, long, recent };
    const left = fadingAfter(rate * intervalS);
    const added = { completions, busyS: busy * intervalS };
    return {
      id,
      long: swept(fade(long, left.long, added), intervalS),
      recent: swept(fade(recent, left.recent, added), intervalS),
    };
  });
}
