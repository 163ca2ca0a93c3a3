import { FigureTable } from "../basics/figure-table.ts";
import { meanOf } from "../basics/mean.ts";
import { median } from "../basics/median.ts";
import type { Candidate } from "../membership/eligible.ts";
import type { Computed, Evidence } from "../weights/compute.ts";
import type { Steps } from "../weights/working.ts";

/** How far a share may lie from an even one: what one sample can be trusted with. */
const bounds = { least: 0.5, most: 2 };

/**
 * The square root of (mean + 1) / (figure + 1), between half and twice an even share. The root halves the gain of the
 * loop through the published list, so that clients that all follow it do not chase each other (Mitzenmacher, "How
 * Useful Is Old Information?", 2000).
 */
const inverseRoot = (figure: number, mean: number): number =>
  Math.min(bounds.most, Math.max(bounds.least, Math.sqrt((mean + 1) / (figure + 1))));

const shareFormula = `within(sqrt((average + 1) / (connections + 1)), ${bounds.least}, ${bounds.most})`;
const steps: Steps = {
  pool: [
    { figure: "average", formula: "mean(connections)" },
    { figure: "usual", formula: `median(${shareFormula})` },
  ],
  pod: [
    { figure: "share", formula: shareFormula, otherwise: "usual" },
    { figure: "weight", formula: "sqrt(before * share)" },
  ],
};

/**
 * Half the way, by ratio, from the weights in force to the inverse roots of a figure: what queues alone can tell
 * without a rate of requests. All the way, the loop would swing as soon as an interval holds many requests.
 */
export function halfWay(evidence: Evidence, figureOf: (candidate: Candidate) => number | undefined): Computed {
  const { candidates, roster, inForce: before } = evidence;
  const figures = candidates.map(figureOf);
  const known = figures.filter((figure) => figure !== undefined);
  const average = meanOf(known);
  const middle = known.length > 0 ? median(known.map((figure) => inverseRoot(figure, average))) : 1;
  const share = figures.map((figure) => (figure === undefined ? middle : inverseRoot(figure, average)));
  const weight = share.map((part, place) => Math.sqrt(part * before[place]!));
  return {
    weights: weight,
    working: {
      steps,
      pool: { average, usual: middle },
      pods: new FigureTable(roster, { connections: figures, before, share, weight }),
    },
  };
}
