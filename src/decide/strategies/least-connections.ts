import { wholeColumnOf } from "../basics/by-pod.ts";
import { counted } from "../basics/counted.ts";
import type { Candidate } from "../membership/eligible.ts";
import type { Computed, Evidence } from "../weights/compute.ts";
import { asBefore, followRoot, lastingOf, type RootStep, rootWorking } from "./follow-root.ts";
import { halfWay } from "./inverse-root.ts";
import { type PoolStrategy, rankByFigure } from "./rank.ts";

export const sayConnections = (connections: number, mean: string): string =>
  `${counted(connections, "connection")}, mean ${mean}`;

const connectionsOf = ({ sample }: Candidate) => sample?.connections;

/** The root rule; it needs a rate of requests, which takes two samples of a counter. */
export function weighByRoot(evidence: Evidence, { result, remember }: RootStep): Computed {
  const { candidates, roster, learned, inForce } = evidence;
  // Of one interval nobody can tell how much of its busy time is chance: what a life before had learned holds until the next.
  if (evidence.inherited && result.fleetCapacity !== undefined && result.state.jumps.expected === 0)
    return { weights: inForce, working: asBefore(evidence), remember };
  if (result.state.lambda !== undefined)
    return {
      weights: wholeColumnOf(result.weights, roster),
      working: rootWorking(result),
      ...lastingOf(result, evidence),
      remember,
    };
  // A counter tells a rate from its second sample on; what is in force may come from a life that knew one.
  const lacksRate = learned.samples.size === 0 && candidates.some(({ sample }) => sample?.requests !== undefined);
  return lacksRate
    ? { weights: inForce, working: asBefore(evidence), remember }
    : { ...halfWay(evidence, connectionsOf), remember };
}

/** Fewest open connections first; weights by the root rule. */
export const leastConnections: PoolStrategy = {
  order: "fewest connections first",
  pickBy: "connections",
  rank: (candidates, { seed }) => rankByFigure(candidates, seed, connectionsOf, sayConnections),
  weigh: (evidence) => weighByRoot(evidence, followRoot(evidence, evidence.inherited)),
};
