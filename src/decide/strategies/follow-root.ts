import { defined } from "../../api/defined.ts";
import { ByPod, type Column, columnOf, wholeColumnOf } from "../basics/by-pod.ts";
import { FigureTable } from "../basics/figure-table.ts";
import { meanOf } from "../basics/mean.ts";
import { wasServing } from "../samples/serving.ts";
import type { Computed, Evidence, Learned } from "../weights/compute.ts";
import { furthest } from "../weights/root-rule/capacities.ts";
import { leastPart } from "../weights/root-rule/fill.ts";
import { type RootWeights, rootWeights } from "../weights/root-rule/root-weights.ts";
import { samplesToInterval } from "../weights/root-rule/samples-to-interval.ts";
import type { Steps, Working } from "../weights/working.ts";
import { newestSamples } from "./newest-samples.ts";

/** What the root rule makes of an interval. */
export interface RootStep {
  readonly result: RootWeights;
  readonly remember: Pick<Learned, "samples" | "root">;
}

/** Mean age of the samples, in milliseconds: how long ago the queues were as they tell. */
export const delayOf = ({ candidates, now }: Evidence): number =>
  Math.max(0, meanOf(candidates.flatMap(({ sample }) => (sample ? [now - sample.takenAt] : []))));

/**
 * Tells the root rule what the pods did since their samples before, and what weights it is to take over, if they are such
 * as it gives.
 */
export function followRoot(evidence: Evidence, inherited?: ReadonlyMap<string, number>): RootStep {
  const { candidates, roster, learned, now, pool, servings, shares } = evidence;
  const before = columnOf(learned.samples, roster);
  const result = rootWeights(learned.root, {
    intervalS: pool.spec.metrics!.interval / 1_000,
    delayS: delayOf(evidence) / 1_000,
    pods: candidates.map(({ pod, sample }, place) => {
      const known = before[place];
      const previous = known && known.takenAt <= now && wasServing(servings, pod.uid, known) ? known : undefined;
      return { id: pod.uid, ...samplesToInterval(previous, sample) };
    }),
    shares: new ByPod(roster, shares),
    ...defined({ inherited }),
  });
  return { result, remember: { samples: newestSamples(evidence), root: result.state } };
}

/** Service rates of the pods over that of the fleet; 1 while nothing is known of them. */
export const relativeCapacities = ({ capacities, fleetCapacity }: RootWeights, { roster }: Evidence): Column =>
  wholeColumnOf(capacities, roster).map((capacity) => (fleetCapacity ? capacity / fleetCapacity : 1));

/** The arithmetic of weights that stay. */
export const asBefore = ({ roster, inForce }: Evidence): Working => ({
  steps: { pool: [], pod: [{ figure: "weight", formula: "before" }] },
  pool: {},
  pods: new FigureTable(roster, { before: inForce, weight: inForce }),
});

/** Weights that hold for any time, once it is known what pods can serve. */
export const lastingOf = (
  { lasting, fleetCapacity, state }: RootWeights,
  { roster }: Evidence,
): Pick<Computed, "lasting"> =>
  fleetCapacity !== undefined && state.lambda !== undefined ? { lasting: wholeColumnOf(lasting, roster) } : {};

const plausible = (capacity: string): string => `within(${capacity}, fleet / ${furthest}, fleet * ${furthest})`;

/** The steps of the root rule; times in seconds, rates per second. */
const steps: Steps = {
  pool: [
    { figure: "fleet", formula: "sum(longCompletions) / sum(longBusy)" },
    { figure: "poured", formula: "min(lambda, sum(capacity))" },
    // The level is the one with which this holds.
    { figure: "poured", formula: "sum(rate)" },
    { figure: "meanRate", formula: "mean(rate)" },
    { figure: "meanPart", formula: "mean(part)" },
  ],
  pod: [
    {
      figure: "longTerm",
      formula: plausible("(longCompletions * spread + fleet) / (longBusy * spread + 1)"),
    },
    {
      figure: "capacity",
      formula: plausible("(recentCompletions * drift + longTerm) / (recentBusy * drift + 1)"),
      otherwise: "1 / serviceTime",
    },
    { figure: "queue", formula: "relax(sampled, lambda * share, capacity, delay)" },
    { figure: "spare", formula: "capacity - (queue + 1) / interval" },
    { figure: "rate", formula: "max(0, spare + level * sqrt(capacity))" },
    { figure: "part", formula: `meanRate > 0 ? max(${leastPart}, rate / meanRate) : 1` },
    { figure: "weight", formula: "part / meanPart" },
  ],
};

const meanIn = (values: ReadonlyMap<string, number>): number => meanOf([...values.values()]);

/** The arithmetic of the root rule. */
export function rootWorking(result: RootWeights): Working {
  const { fleetCapacity: fleet, state, capacities } = result;
  const { roster } = capacities;
  const told = state.pods;
  return {
    steps,
    pool: {
      interval: result.horizonS,
      delay: result.delayS,
      lambda: result.lambda,
      serviceTime: result.serviceTimeS,
      ...(fleet !== undefined && { fleet, spread: result.spread, drift: result.drift }),
      poured: result.poured,
      level: result.level,
      meanRate: meanIn(result.rates),
      meanPart: meanIn(result.parts),
    },
    pods: new FigureTable(roster, {
      ...(fleet !== undefined && {
        longCompletions: told.map(({ long }) => long.completions),
        longBusy: told.map(({ long }) => long.busyS),
        longTerm: result.longTerm.column,
        recentCompletions: told.map(({ recent }) => recent.completions),
        recentBusy: told.map(({ recent }) => recent.busyS),
      }),
      capacity: capacities.column,
      sampled: told.map(({ queue }) => queue),
      share: result.shares.column,
      queue: result.queues.column,
      spare: result.spare.column,
      rate: result.rates.column,
      part: result.parts.column,
      weight: result.weights.column,
    }),
  };
}
