import { type Column, columnOf, rosterOf } from "../basics/by-pod.ts";
import { FigureTable } from "../basics/figure-table.ts";
import type { Candidate } from "../membership/eligible.ts";
import type { Observation } from "../world.ts";
import { floor, readyForMs, slowStart } from "./slow-start.ts";
import type { Steps, Working } from "./working.ts";

/** An even share of the traffic, in published weights. */
export const evenWeight = 1_000;

/** Weights as the lists tell them, made anew with every plan. In the order of the candidates. */
export interface PublishedWeights {
  /** Whole, 1000 being an even share. */
  readonly weights: Column;
  /** The share of its weight that each pod gets in its slow start; 1 after it. */
  readonly slowStart: Column;
  readonly working: Working;
}

/** From the weight in force to the published one. */
const steps: Steps = {
  pool: [{ figure: "totalTraffic", formula: "sum(traffic)" }],
  pod: [
    { figure: "slowStart", formula: `readyFor >= ramp ? 1 : max(${floor}, readyFor / ramp)`, otherwise: "1" },
    { figure: "traffic", formula: "inForce * slowStart" },
    { figure: "published", formula: `max(1, round(${evenWeight} * traffic * endpoints / totalTraffic))` },
  ],
};

/** The ranks change, and sums in another order differ in the last digit: that must move no weight. */
const orderlessSum = (values: Column): number =>
  Float64Array.from(values)
    .sort()
    .reduce((total, value) => total + value, 0);

/** After the slow start, whole, and at least 1: a pod of the list gets traffic. */
export function publish(
  candidates: readonly Candidate[],
  weights: ReadonlyMap<string, number>,
  moment: Pick<Observation, "pool" | "now">,
): PublishedWeights {
  const roster = rosterOf(candidates, weights);
  const inForce = columnOf(weights, roster).map((weight) => weight ?? 1);
  const shares = candidates.map((candidate) => slowStart(candidate, moment));
  const traffic = inForce.map((weight, place) => weight * shares[place]!);
  const endpoints = candidates.length;
  const totalTraffic = orderlessSum(traffic);
  const published = traffic.map((own) => Math.max(1, Math.round((evenWeight * own * endpoints) / totalTraffic)));
  const readyMs = candidates.map((candidate) => readyForMs(candidate, moment.now));
  const rampS = moment.pool.spec.strategy.slowStart / 1_000;
  return {
    weights: published,
    slowStart: shares,
    working: {
      steps,
      pool: endpoints > 0 ? { endpoints, totalTraffic } : {},
      pods: new FigureTable(roster, {
        inForce,
        readyFor: readyMs.map((ms) => (ms === undefined ? undefined : ms / 1_000)),
        ramp: readyMs.map((ms) => (ms === undefined ? undefined : rampS)),
        slowStart: shares,
        traffic,
        published,
      }),
    },
  };
}
