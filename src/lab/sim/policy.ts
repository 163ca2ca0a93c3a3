import type { Random } from "./random.ts";

/** What a look at all pods gives. Arrays have one entry per pod. */
export interface FleetReading {
  readonly time: number;
  /** Requests there; the last known number where the sample is missing. */
  readonly queues: Float64Array;
  /** Requests done since the start. */
  readonly requests: Float64Array;
  /** Requests done in the interval that ends now. */
  readonly completions: Float64Array;
  /** Share of the interval in which the processor was in use. */
  readonly busy: Float64Array;
  /** Mean response time of these; NaN of none. */
  readonly responses: Float64Array;
  /** 1 where the sample is missing: nothing but the old queue is known. */
  readonly missing: Uint8Array;
}

/** When a pod is there: `readyAt` is 0 for those of the beginning, `leavesAt` infinite for those that stay. */
export interface Life {
  readonly readyAt: number;
  readonly leavesAt: number;
}

/** What a policy is made for. */
export interface Setting {
  readonly pods: number;
  /** Arrivals per service time, over all pods: what only a simulation knows. */
  readonly arrivalRate: number;
  /** Between two readings, in service times; 0 for a look at each arrival. */
  readonly interval: number;
  /** From a reading until what follows from it is in force. */
  readonly delay: number;
  /** Independent schedulers or dispatchers among which arrivals are split at random. */
  readonly dispatchers: number;
  /** Gain of the rules that have one. */
  readonly gain: number;
  /** A service time in milliseconds, for rules that have constants in seconds. */
  readonly serviceTimeMs: number;
  /** Time over which a pod that comes is let in, where a rule does so. */
  readonly slowStart: number;
  /** When a pod comes and goes. */
  lifeOf(pod: number): Life;
  readonly random: Random;
  /** The truth of this moment, for policies that need no readings and for oracles. */
  queueNow(pod: number): number;
  capacityNow(pod: number): number;
}

/** Decides where requests go, from readings that are old when they are used. */
export interface Policy {
  /** What is published after a reading: one number per pod. The array may be reused by the next call. */
  publish(reading: FleetReading): Float64Array;
  /** The same when a pod came or went, without a new reading. Without: the policy does not mind. */
  replan?(now: number): Float64Array;
  /** What was published is in force from now. */
  install(values: Float64Array, readAt: number): void;
  /** The pod of the request that arrives now. */
  pick(now: number): number;
}

/** Weights from a reading and the shares that are in force. */
export type WeightRule = (reading: FleetReading, shares: Float64Array) => Float64Array;

/** Follows weights, one request after the other. */
export interface Picker {
  install(weights: Float64Array): void;
  pick(): number;
}
