import type { StrategyType } from "../../api/pool.ts";
import type { Phases } from "./pick-edf.ts";
import type { ServiceVariability } from "./service-times.ts";

/** A fleet, its load and how it is dispatched. Times without a unit are in mean service times of one request. */
export interface Scenario {
  readonly pods: number;
  /** Arrivals as a share of what the fleet can do in the long run. */
  readonly load: number;
  /** Relative speeds, one per pod; the simulation scales them to mean 1. Without: all equal. */
  readonly speeds?: readonly number[] | undefined;
  /** Requests that a pod serves at once at full speed; more share its processor. 1 serves first in, first out. */
  readonly concurrency: number;
  /** Squared coefficient of variation of the work of a request, or how it varies by name. */
  readonly cv2: ServiceVariability;
  readonly antagonist: boolean;
  readonly policy: PolicyName;
  readonly pick: "random" | "edf";
  readonly dispatchers: number;
  readonly phases: Phases;
  readonly updateInterval: number;
  readonly delay: number;
  /** Probability that a pod's sample is missing, for each pod and reading. */
  readonly missing: number;
  /** Until then none is. */
  readonly missingFrom: number;
  /** Of the rules that have one: how much a reading moves an average or a weight. */
  readonly gain: number;
  /** A service time on the operator's clock: it has constants in seconds. */
  readonly serviceTimeMs: number;
  /** Time over which the operator lets a pod in that comes. */
  readonly slowStart: number;
  /** The last pod comes later than the others. */
  readonly newcomer?: Newcomer | undefined;
  /** The first pod is taken away. */
  readonly leaver?: Leaver | undefined;
  readonly horizon: number;
  /** Share of the horizon that is not counted. */
  readonly warmUp: number;
  readonly seed: number;
}

/** A pod that comes, slow at first. */
export interface Newcomer {
  readonly at: number;
  readonly coldFor: number;
  /** Share of its speed that it has while it is cold. */
  readonly coldSpeed: number;
}

/** A pod that gets nothing new from some time on, and ends `grace` later with what it still has. */
export interface Leaver {
  readonly at: number;
  readonly grace: number;
}

/** What is compared: rules from the literature, oracles, and strategies of the operator by their own names. */
export type PolicyName =
  | "random"
  | "roundRobin"
  | `choices${number}`
  | "inverse"
  | "basicLI"
  | "aggressiveLI"
  | "strict"
  | "ownDispatches"
  | "uniform"
  | "capacity"
  | "capacityLI"
  | "oracleProportional"
  | "oracleOptimum"
  | "loadIntegrator"
  | "averageInverse"
  | "inverseResponse"
  | StrategyType;

/** Equal pods that serve one request after the other, and no faults. */
export const plainScenario = {
  pods: 100,
  load: 0.9,
  concurrency: 1,
  cv2: 1,
  antagonist: false,
  policy: "random",
  pick: "random",
  dispatchers: 1,
  phases: "drawn",
  updateInterval: 10,
  delay: 0,
  missing: 0,
  missingFrom: 0,
  gain: 0.25,
  serviceTimeMs: 50,
  slowStart: 0,
  horizon: 20_000,
  warmUp: 0.2,
  seed: 1,
} as const satisfies Scenario;
