import type { Lives } from "./lives.ts";

/** Who decides where a new connection goes. */
export const connectionPolicies = ["all", "leastBusy", "meanThreshold", "choices2", "leastConnections"] as const;
export type ConnectionPolicy = (typeof connectionPolicies)[number];

/** Parts of the pods that are published at least. */
export const readySetFloors = { half: 1 / 2, twoThirds: 2 / 3 } as const;

/** Whether decisions take the same time at all nodes, another each time, or another at each node: up to twice the mean. */
type Delays = "same" | "varying" | "nodes";

/** Pods that hold connections, how these come, and who is published as ready. Times are in seconds. */
export interface ConnectionScenario {
  readonly pods: number;
  /** Open connections of a pod in the mean. */
  readonly connections: number;
  /** Relative capacities, one per pod, scaled to mean 1; a pod's mean goes by them. Without: all equal. */
  readonly speeds?: readonly number[] | undefined;
  /** Mean time for which a connection is held. */
  readonly hold: number;
  /** Between two decisions on who is ready. */
  readonly period: number;
  /** From a decision until new connections heed it. */
  readonly delay: number;
  readonly delays: Delays;
  /** How the times differ for which connections are held. */
  readonly lives: Lives;
  /** Connections that come at once, each to whatever pod. */
  readonly burst: number;
  /** Between two samples of a pod, each pod's at its own time; without: with every look. */
  readonly interval?: number | undefined;
  readonly policy: ConnectionPolicy;
  /** Of the policies that publish a set: the share of the pods that is in it at least. */
  readonly floor: number;
  /** Probability that a pod's sample is missing, for each pod and sample. */
  readonly missing: number;
  /** Arrivals alternate between 2/3 and 4/3 of their mean every two hold times. */
  readonly alternate: boolean;
  /** `leastBusy` is told what part of the connections stays and how many come, and need not find out. */
  readonly told: boolean;
  /** `leastBusy` looks at every sample whether a crowd has come. */
  readonly brake: boolean;
  /** Every five hold times the fullest quarter loses all its connections, which come back at once. */
  readonly quarterFails: boolean;
  /** All connections are lost 3.7 s after a period began, and come back evenly within this time. */
  readonly crowd?: number | undefined;
  /** So many pods come later, empty. */
  readonly join?: number | undefined;
  /** Of a pod's connections, the share that it closes in a period at most, where it has too many; 0: none. */
  readonly rebalance: number;
  readonly seed: number;
}

/** Which slice names a pod: each has a hundred. */
export const sliceOf = (place: number): number => Math.floor(place / 100);

export const plainConnections = {
  pods: 20,
  connections: 20,
  hold: 300,
  period: 10,
  delay: 1,
  delays: "same",
  lives: "exponential",
  burst: 1,
  policy: "all",
  floor: readySetFloors.twoThirds,
  missing: 0,
  alternate: false,
  told: false,
  brake: true,
  quarterFails: false,
  rebalance: 0,
  seed: 1,
} as const satisfies ConnectionScenario;

/** What each pod can carry beside the others: mean 1 over those of the beginning. Pods that join are as the mean. */
export function capacitiesOf({ pods, speeds, join = 0 }: ConnectionScenario): Float64Array {
  const relative = speeds ?? Array<number>(pods).fill(1);
  const scale = pods / relative.reduce((sum, speed) => sum + speed, 0);
  return Float64Array.from({ length: pods + join }, (_, pod) => (relative[pod] ?? 1 / scale) * scale);
}

/** How many of the pods are published at least. */
export const leastOf = (floor: number, pods: number): number => Math.max(1, Math.ceil(floor * pods - 1e-9));
