import { columnOf } from "../basics/by-pod.ts";
import { FigureTable } from "../basics/figure-table.ts";
import type { Candidate } from "../membership/eligible.ts";
import type { Weigh } from "../weights/compute.ts";
import type { Steps } from "../weights/working.ts";
import { followRoot, lastingOf } from "./follow-root.ts";
import { sayConnections } from "./least-connections.ts";
import { type PoolStrategy, rankByFigure } from "./rank.ts";

const connectionsOf = ({ sample }: Candidate) => sample?.connections;
const loadOf = ({ sample }: Candidate) => sample?.load;

/** Connections where the pool's pods tell them, else their load. */
const figureOf = (candidates: readonly Candidate[]) =>
  candidates.some((candidate) => connectionsOf(candidate) !== undefined) ? connectionsOf : loadOf;

/** Over the pods that tell: how many others have more to do, and how many as much. */
const steps: Steps = {
  pool: [],
  pod: [
    { figure: "share", formula: "(2 * more + equal + 1) / pods" },
    { figure: "weight", formula: "sqrt(before * share)", otherwise: "before" },
  ],
};

/**
 * Half the way, by ratio, from the weights as they were to the share of the traffic that a pod gets when each request
 * draws twice and takes the pod with less to do. The published form of the power of two choices (Mitzenmacher, TPDS
 * 12(10), 2001), for consumers that know weights and no second choice; all the way, a share would depend on ranks that
 * change with every sample.
 */
const weigh: Weigh = (evidence) => {
  const { candidates, roster, computed: before, learned } = evidence;
  const { result, remember } = followRoot(evidence);
  const read = figureOf(candidates);
  const told = candidates.map(read);
  const samples = columnOf(learned.samples, roster);
  // Half the way is gone once per sample: where those come slower than the interval, it would be all the way in the end.
  const figure = told.map((own, place) =>
    samples[place]?.takenAt === candidates[place]!.sample?.takenAt ? undefined : own,
  );
  const figures = told.filter((own) => own !== undefined).sort((a, b) => a - b);
  const below = new Map<number, number>();
  const upTo = new Map<number, number>();
  for (const [index, own] of figures.entries()) {
    if (!below.has(own)) below.set(own, index);
    upTo.set(own, index + 1);
  }
  const more = figure.map((own) => (own === undefined ? undefined : figures.length - upTo.get(own)!));
  const equal = figure.map((own) => (own === undefined ? undefined : upTo.get(own)! - below.get(own)! - 1));
  const share = more.map((count, place) =>
    count === undefined ? undefined : (2 * count + equal[place]! + 1) / figures.length,
  );
  const weights = share.map((own, place) => (own === undefined ? before[place]! : Math.sqrt(before[place]! * own)));
  return {
    weights,
    working: {
      steps,
      pool: { pods: figures.length },
      pods: new FigureTable(roster, { figure, more, equal, share, before, weight: weights }),
    },
    ...lastingOf(result, evidence),
    remember,
  };
};

/** Fewest connections first; whoever asks for the next pod is given the better of two drawn ones. */
export const powerOfTwoChoices: PoolStrategy = {
  order: "fewest connections first, or lowest load where no pod tells connections",
  pickBy: "betterOfTwo",
  rank: (candidates, { seed }) => {
    const read = figureOf(candidates);
    const say =
      read === connectionsOf
        ? sayConnections
        : (load: number, mean: string) => `load ${load.toFixed(1)}%, mean ${mean}%`;
    return rankByFigure(candidates, seed, read, say);
  },
  weigh,
};
