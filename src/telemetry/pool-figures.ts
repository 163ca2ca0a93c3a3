import type { Signals } from "../decide/signals/planned-signals.ts";

/** What the gauges of a pool show. */
export interface PoolFigures {
  /** Status of the condition Ready. */
  readonly ready: "True" | "False" | "Unknown";
  readonly eligible: number;
  readonly excluded: number;
  /** Ready pods that do not answer their probe, set aside or not; undefined where pods are not probed. */
  readonly unhealthy?: number | undefined;
  /** Percent. */
  readonly averageLoad?: number | undefined;
  /** Percent, above which replicas are added. */
  readonly maxAverageLoad?: number | undefined;
  readonly replicas?: number | undefined;
  readonly recommendedReplicas?: number | undefined;
  /** Who is published as ready; undefined where all that may get traffic are. */
  readonly readySet?: ReadySetFigures | undefined;
  /** When the oldest sample in use was taken, Unix milliseconds. */
  readonly oldestSampleAt?: number | undefined;
  /** Endpoints with a fresh sample; undefined where the pool reads none. */
  readonly measured?: number | undefined;
  readonly signals?: Signals | undefined;
}

export interface ReadySetFigures {
  readonly size: number;
  readonly floor: number;
  /** Connections of the pod that has most for what it can carry, and what would be even; absent: none is measured. */
  readonly fullest?: { readonly connections: number; readonly even: number };
}
