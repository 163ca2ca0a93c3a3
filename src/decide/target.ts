/** The workload that a pool scales. */
export interface Target {
  readonly uid: string;
  readonly replicas: number;
  /** The replicas were never written, and are taken for 1. */
  readonly isUnset?: true;
  /** Pods of a lower ordinal keep the template that they have: a rollout is to end without them. */
  readonly rollsFrom?: number;
  /** Who wrote the replicas last, where the API server tells. */
  readonly replicasBy?: ReplicasBy;
  /** It is being deleted. */
  readonly terminating?: boolean;
}

/** Who owns the field `spec.replicas` of a workload. */
export interface ReplicasBy {
  /** The field manager, as it calls itself. */
  readonly manager: string;
  /** It is this operator. */
  readonly isOwn: boolean;
}

/** A change of replicas that could not be written. Times are Unix milliseconds. */
export interface RefusedScale {
  readonly direction: "up" | "down";
  /** By a decision of the API server, or because it does not answer as it should. */
  readonly reason: "ScaleRefused" | "ScaleFailed";
  readonly message: string;
  /** Of the first attempt in a row. */
  readonly since: number;
  /** Of the last attempt. */
  readonly at: number;
  /** Until then nothing is tried in this direction. */
  readonly until: number;
}
