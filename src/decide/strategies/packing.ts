import { FigureTable } from "../basics/figure-table.ts";
import { sum } from "../basics/mean.ts";
import type { Candidate } from "../membership/eligible.ts";
import type { Weigh } from "../weights/compute.ts";
import type { Steps } from "../weights/working.ts";
import type { Pool } from "../world.ts";
import { type PoolStrategy, type RankedBy, rankMeasured } from "./rank.ts";

/** Load up to which pods are filled where the pool names no limit, in percent. */
const defaultLimit = 80;
/** Share of the limit that is filled, so that what comes within an interval still fits. */
const filled = 0.8;
/** What pods keep that are full, and that are not needed: without traffic nobody learns whether a pod works. */
const shares = { full: 0.1, spare: 0.02 };

const limitOf = ({ spec }: Pool): number => spec.scaling?.maxAverageLoad ?? defaultLimit;

/** The place counts the pods from the fullest one on. */
const steps: Steps = {
  pool: [
    { figure: "total", formula: "sum(load)" },
    { figure: "needed", formula: `max(1, ceil(total / (${filled} * limit)))` },
  ],
  pod: [
    {
      figure: "weight",
      formula: `place > needed ? ${shares.spare} : load < limit ? 1 : ${shares.full}`,
      otherwise: "before",
    },
  ],
};

/**
 * Even weights for as many pods as the load of all needs, the fullest first, and hardly any for the rest, which runs
 * empty and can be removed at no cost.
 */
const weigh: Weigh = ({ candidates, roster, computed, pool }) => {
  const limit = limitOf(pool);
  const load = candidates.map(({ sample }) => sample?.load);
  const measured = load.flatMap((own, index) => (own === undefined ? [] : [{ index, load: own }]));
  // By UID where loads are equal: pods must not take turns at being the one that runs empty.
  measured.sort((a, b) => b.load - a.load || a.index - b.index);
  const total = sum(measured.map((own) => own.load));
  const needed = Math.max(1, Math.ceil(total / (filled * limit)));
  const weight = [...computed];
  const place: (number | undefined)[] = candidates.map(() => undefined);
  for (const [before, { index, load: own }] of measured.entries()) {
    place[index] = before + 1;
    weight[index] = before >= needed ? shares.spare : own < limit ? 1 : shares.full;
  }
  const before = computed.map((own, index) => (place[index] === undefined ? own : undefined));
  return {
    weights: weight,
    working: {
      steps,
      pool: { total, limit, needed },
      pods: new FigureTable(roster, { load, place, before, weight }),
    },
  };
};

interface Standing extends RankedBy {
  readonly fits: boolean;
}

/** Fullest first of those that fit, then the others, least full first. */
export const packing: PoolStrategy = {
  order: "fullest first of those that fit, then the others, least full first",
  pickBy: "turn",
  rank: (candidates, { seed, pool }) => {
    const limit = limitOf(pool);
    return rankMeasured(
      candidates,
      seed,
      ({ sample }: Candidate): Standing | undefined => {
        if (sample?.load === undefined) return undefined;
        const fits = sample.load < limit;
        return { figure: sample.load, fits, keys: fits ? [0, 0 - sample.load] : [1, sample.load] };
      },
      ({ figure, fits }) => `load ${figure.toFixed(1)}% ${fits ? "fits" : "does not fit"} under ${limit}%`,
    );
  },
  weigh,
};
