import type { Working } from "../weights/working.ts";
import type { Pod } from "../world.ts";
import type { RebalanceState } from "./rebalance.ts";

/** A pod that is to be asked. */
export interface RebalanceAsk {
  readonly pod: Pod;
  readonly connections: number;
}

/** What pods should close in this period. */
export interface RebalancePlan {
  readonly state: RebalanceState;
  readonly period: number;
  readonly periodMs: number;
  /** Unix milliseconds; absent where it is not decided in this period. */
  readonly decidedAt?: number;
  /** Of every endpoint, by UID; empty where it is not decided. */
  readonly surplus: ReadonlyMap<string, number>;
  /** How it came about; absent where it is not decided. */
  readonly working?: Working;
  /** Whom to ask, by the plan that decides it and no other. */
  readonly asks: readonly RebalanceAsk[];
}
