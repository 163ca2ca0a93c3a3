import type { Column } from "../basics/by-pod.ts";
import { counted } from "../basics/counted.ts";
import { median } from "../basics/median.ts";
import type { Candidate } from "../membership/eligible.ts";
import type { Weigh } from "../weights/compute.ts";
import type { Steps } from "../weights/working.ts";
import { followResponses, traitsOf } from "./fastest-response.ts";
import { followRoot, lastingOf, relativeCapacities } from "./follow-root.ts";
import { weighByRoot } from "./least-connections.ts";
import { type PoolStrategy, rankMeasured } from "./rank.ts";

/** Quantile of the connections above which a pod is hot: 2^-0.25 (Prequal, NSDI 2024). */
const quantile = 0.84;
/** A hot pod is cold again below this share of the limit. */
const coolsAt = 0.9;
/** What a hot pod keeps of its weight, and how far response times move that of a cold one. */
const hotShare = 0.1;
const bounds = { least: 0.5, most: 2 };

/** The connections per capacity above which a pod is hot: those of the pod at the quantile. */
function limitOf(fullness: readonly number[]): number {
  const sorted = [...fullness].sort((a, b) => a - b);
  return sorted[Math.ceil(quantile * sorted.length) - 1] ?? Number.POSITIVE_INFINITY;
}

/** Steps that go on from those of the weights below, whose result becomes the base. */
const stepsOn = ({ pool, pod }: Steps): Steps => ({
  pool: [...pool, { figure: "usualMs", formula: "median(responseMs)" }],
  pod: [
    ...pod.map((step) => (step.figure === "weight" ? { ...step, figure: "base" } : step)),
    { figure: "fullness", formula: "connections / relative" },
    { figure: "hot", formula: "fullness > hottest ? 1 : 0" },
    {
      figure: "factor",
      formula: `hot > 0 ? ${hotShare} : within(sqrt(usualMs / responseMs), ${bounds.least}, ${bounds.most})`,
      otherwise: `hot > 0 ? ${hotShare} : 1`,
    },
    { figure: "weight", formula: "base * factor" },
  ],
});

/**
 * The hot-cold filter on top of the root rule: pods with more in flight than most keep a tenth of their weight, the
 * others' moves with one over the square root of the response time. A filter alone, for numbers that are polled are too old
 * for the best pod of the moment to be told.
 */
const weigh: Weigh = (evidence) => {
  const { candidates } = evidence;
  const step = followRoot(evidence, evidence.inherited);
  const root = weighByRoot(evidence, step);
  const capacities = relativeCapacities(step.result, evidence);
  const responding = followResponses(evidence);
  // Weights that only stay have the filter in them.
  if (root.weights === evidence.inForce)
    return { ...root, remember: { ...root.remember, traits: traitsOf(responding, evidence) } };
  const connections = candidates.map(({ sample }) => sample?.connections);
  const fullness = connections.map((own, place) => (own === undefined ? undefined : own / capacities[place]!));
  const limit = limitOf(fullness.filter((own) => own !== undefined));
  const hottest = responding.map(({ traits }) => (traits.hot ? coolsAt * limit : limit));
  const hot = fullness.map((own, place) =>
    own === undefined ? responding[place]!.traits.hot === true : own > hottest[place]!,
  );
  const responseMs = responding.map(({ response, traits }) => (response && traits.responseMs) || undefined);
  const middleMs = median(responding.flatMap(({ response, traits }) => (response ? [traits.responseMs!] : [])));
  const factor = responseMs.map((ms, place) => {
    if (hot[place]) return hotShare;
    return ms ? Math.min(bounds.most, Math.max(bounds.least, Math.sqrt(middleMs / ms))) : 1;
  });
  const base = root.weights;
  const weight = base.map((own, place) => own * factor[place]!);
  const ofKnown = (column: Column): Column<number | undefined> =>
    column.map((own, place) => (fullness[place] === undefined ? undefined : own));
  const rows = responding.map((row, place) => ({ ...row, traits: { ...row.traits, hot: hot[place]! } }));
  return {
    weights: weight,
    working: {
      steps: stepsOn(root.working.steps),
      pool: { ...root.working.pool, limit, usualMs: middleMs },
      pods: root.working.pods.with({
        connections,
        relative: ofKnown(capacities),
        fullness,
        hottest: ofKnown(hottest),
        hot: hot.map(Number),
        responseMs,
        base,
        factor,
        weight,
      }),
    },
    ...lastingOf(step.result, evidence),
    remember: { ...root.remember, traits: traitsOf(rows, evidence) },
  };
};

interface Standing {
  readonly figure: number;
  readonly hot: boolean;
  readonly ms: number | undefined;
  readonly keys: readonly number[];
}

const say = ({ figure, hot, ms }: Standing): string => {
  const connections = counted(figure, "connection");
  return `${hot ? "hot" : "cold"}, ${connections}${ms === undefined ? "" : `, ${ms.toFixed(1)} ms`}`;
};

/** Cold pods by response time, then hot ones by connections. */
export const prequal: PoolStrategy = {
  order: "cold pods by response time, then hot ones by connections",
  pickBy: "turn",
  rank: (candidates, { seed, traits }) =>
    rankMeasured(
      candidates,
      seed,
      (candidate: Candidate): Standing | undefined => {
        const connections = candidate.sample?.connections;
        if (connections === undefined) return undefined;
        const { hot = false, responseMs } = traits.get(candidate.pod.uid) ?? {};
        const ms = responseMs ?? candidate.response?.ms;
        const keys = hot ? [1, connections, 0] : [0, ms ?? Number.MAX_VALUE, connections];
        return { figure: connections, hot, ms, keys };
      },
      say,
    ),
  weigh,
};
