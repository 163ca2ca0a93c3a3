import type { Candidate } from "../eligible.ts";
import type { Steps, Weigher } from "../weighing.ts";
import { followRoot, lastingOf } from "./follow-root.ts";
import { sayConnections } from "./least-connections.ts";
import { rankByFigure, type Strategy } from "./rank.ts";

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
const weigh: Weigher = (weighing) => {
  const { candidates, computed, memory } = weighing;
  const { result, remember } = followRoot(weighing);
  const read = figureOf(candidates);
  // Half the way is gone once per sample: where those come slower than the interval, it would be all the way in the end.
  const isKnown = ({ pod, sample }: Candidate) => memory.samples.get(pod.uid)?.takenAt === sample?.takenAt;
  const rows = candidates.map((candidate) => ({
    uid: candidate.pod.uid,
    figure: read(candidate),
    known: isKnown(candidate),
  }));
  const figures = rows.flatMap(({ figure }) => figure ?? []).sort((a, b) => a - b);
  const below = new Map<number, number>();
  const upTo = new Map<number, number>();
  for (const [index, figure] of figures.entries()) {
    if (!below.has(figure)) below.set(figure, index);
    upTo.set(figure, index + 1);
  }
  const weighed = rows.map(({ uid, figure, known }) => {
    const before = computed.get(uid)!;
    if (figure === undefined || known) return { uid, figures: { before, weight: before } };
    const more = figures.length - upTo.get(figure)!;
    const equal = upTo.get(figure)! - below.get(figure)! - 1;
    const share = (2 * more + equal + 1) / figures.length;
    return { uid, figures: { figure, more, equal, share, before, weight: Math.sqrt(before * share) } };
  });
  return {
    weights: new Map(weighed.map(({ uid, figures: { weight } }) => [uid, weight])),
    working: {
      steps,
      pool: { pods: figures.length },
      pods: new Map(weighed.map(({ uid, figures: numbers }) => [uid, numbers])),
    },
    ...lastingOf(result),
    remember,
  };
};

/** Fewest connections first; whoever asks for the next pod is given the better of two drawn ones. */
export const powerOfTwoChoices: Strategy = {
  order: "fewest connections first, or lowest load where no pod tells connections",
  rank: (candidates, { seed }) => {
    const read = figureOf(candidates);
    const say =
      read === connectionsOf
        ? sayConnections
        : (load: number, mean: number) => `load ${load.toFixed(1)}%, mean ${mean.toFixed(1)}%`;
    return rankByFigure(candidates, seed, read, say);
  },
  weigh,
};
